"""How much is tried."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """Cases per part; of the API for each operation and each caller."""

    name: str
    api: int
    activities: int
    grammar: int
    webhooks: int
    intake: int
    cards: int
    consumers: int
    api_cases_at_least: int


SHORT = Form("short", 3, 200, 400, 300, 150, 200, 200, 300)
FULL = Form("full", 40, 4000, 20_000, 10_000, 3_000, 5_000, 5_000, 2_000)
