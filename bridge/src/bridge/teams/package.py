"""The app package: the zip file that a Teams administrator uploads."""

import io
import json
import zipfile

from bridge.teams.icons import colour_icon, outline_icon
from bridge.teams.manifest import COLOUR_ICON, OUTLINE_ICON, TeamsApp, manifest

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of all files in it, so that the same app gives the same bytes."""


def package(app: TeamsApp) -> bytes:
    """Give the zip file of an app without problems: manifest and icons, all at its top as Teams wants them."""
    written = json.dumps(manifest(app), indent=2, ensure_ascii=False) + "\n"
    files = {
        "manifest.json": written.encode(),
        COLOUR_ICON: colour_icon(app.accent_colour),
        OUTLINE_ICON: outline_icon(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
