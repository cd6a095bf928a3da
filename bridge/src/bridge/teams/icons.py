"""The two icons of the Teams app: a suspension bridge, drawn here, so that no file has to be shipped."""

from dataclasses import dataclass

from bridge.teams.png import Pixel, png

COLOUR_SIZE = 192
OUTLINE_SIZE = 32
FINENESS = 3
"""Points per pixel and direction that are looked at in the coloured icon, for smooth edges."""
WHITE = (255, 255, 255)
NIGHT = (27, 27, 31)
"""The symbol's colour where the accent colour is so light that white would not be seen on it."""
LIGHT = 0.45
"""Relative luminance from which a colour is too light: white has a contrast of 2 to 1 there."""


@dataclass(frozen=True)
class Shape:
    """The bridge in a square of one by one, from the top left: as large and as fine as an icon wants it."""

    margin: float
    line: float

    def covers(self, x: float, y: float) -> bool:
        """Say whether a point belongs to it."""
        scale = 1 - 2 * self.margin
        aside, down = abs(x - 0.5) / scale, (y - self.margin) / scale
        if aside > 0.5:
            return False
        half = self.line / 2 / scale
        cable = _cable(aside)
        return (
            abs(down - DECK) <= half
            or (abs(aside - TOWER) <= half and TOP <= down <= GROUND)
            or (abs(down - cable) <= half * 1.3 and down <= DECK)
            or (abs(aside - ROPE) <= half * 0.7 and cable <= down <= DECK)
        )


TOP, LOWEST, DECK, GROUND = 0.09, 0.48, 0.66, 0.91
"""How far down the towers begin, the cable hangs between them, the roadway is, and the towers end."""
TOWER, ROPE = 0.28, 0.1
"""How far from the middle."""


def colour_icon(accent: str) -> bytes:
    """Give the large icon as PNG: the bridge on the accent colour (`#RRGGBB`), to its edges."""
    ground = _rgb(accent)
    symbol = NIGHT if _luminance(ground) > LIGHT else WHITE
    shape = Shape(margin=0.22, line=0.03)
    left = [
        [_mixed(shape, row, column, ground, symbol) for column in range(COLOUR_SIZE // 2)] for row in range(COLOUR_SIZE)
    ]
    return png([[*half, *reversed(half)] for half in left])


def outline_icon() -> bytes:
    """Give the small icon as PNG: pure white on transparent, no shade between, because Teams refuses others."""
    shape = Shape(margin=1 / OUTLINE_SIZE, line=2 / OUTLINE_SIZE)
    return png(
        [
            [
                (*WHITE, 255 if shape.covers((column + 0.5) / OUTLINE_SIZE, (row + 0.5) / OUTLINE_SIZE) else 0)
                for column in range(OUTLINE_SIZE)
            ]
            for row in range(OUTLINE_SIZE)
        ]
    )


def _cable(aside: float) -> float:
    """Give how far down the cable is: it hangs between the towers, and falls to the roadway outside of them."""
    if aside <= TOWER:
        return LOWEST - (LOWEST - TOP) * (aside / TOWER) ** 2
    return TOP + (DECK - TOP) * (aside - TOWER) / (0.5 - TOWER)


def _mixed(shape: Shape, row: int, column: int, ground: tuple[int, ...], symbol: tuple[int, ...]) -> Pixel:
    """Give one pixel of the large icon: as much of the symbol's colour as the symbol covers."""
    fine = COLOUR_SIZE * FINENESS
    covered = sum(
        shape.covers((column * FINENESS + right + 0.5) / fine, (row * FINENESS + below + 0.5) / fine)
        for below in range(FINENESS)
        for right in range(FINENESS)
    )
    share = covered / FINENESS**2
    red, green, blue = (round(under + (over - under) * share) for under, over in zip(ground, symbol, strict=True))
    return red, green, blue, 255


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _luminance(colour: tuple[int, int, int]) -> float:
    """Give the relative luminance, as WCAG defines it: 0 black, 1 white."""
    red, green, blue = (
        (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (v / 255 for v in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
