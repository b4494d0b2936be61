"""Homes to show, and what is found in the views of them."""

from collections.abc import Iterator
from dataclasses import replace
import re
from typing import Any, Final

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.community.comparison import Comparison, Figure, Range
from custom_components.printernizer_stats.core.community.kept import Reception
from custom_components.printernizer_stats.dashboard.cards import Card
from custom_components.printernizer_stats.dashboard.home import Community, Home, Owner, Sharing, Weeks
from custom_components.printernizer_stats.dashboard.texts import Texts

from ..helpers import EN
from ..texts import leaves

KEYS: Final = tuple(EN["entity"]["sensor"])
ENGLISH: Final = {f"component.{DOMAIN}.{path}": text for path, text in leaves(EN)}
TEXTS: Final = Texts(ENGLISH)
COUNTS: Final = {
    "job_completed": 8,
    "job_failed": 1,
    "print_seconds": 7260,
    "filament_mm": 2500,
    "error_type.print_failed": 1,
    "error_type.connection_error": 3,
}
SHARING: Final = Sharing(
    state="on",
    body='{"a":{"b":1}}',
    sha256="abc",
    can_submit=True,
    export_link="/export?authSig=x",
    prints_link="/prints?authSig=x",
)
FLEET: Final = Owner(entities={key: f"sensor.all_{key}" for key in KEYS}, counts=COUNTS)


def printers(number: int) -> list[Owner]:
    """Return printers of two kinds that have everything."""
    return [
        Owner(
            name=f"Printer {index:02}",
            kind=("prusa", "klipper")[index % 2],
            device_id=f"device{index}",
            entities={
                **{key: f"sensor.p{index}_{key}" for key in KEYS},
                "maintenance_due": f"binary_sensor.p{index}_due",
            },
            counts={"print_seconds": index},
        )
        for index in range(number)
    ]


def print_row(**changed: Any) -> dict[str, Any]:
    row = {
        "ended": "2026-10-14 10:00",
        "name": "MK4",
        "result": "completed",
        "duration_seconds": 5400,
        "filament_mm": None,
        "filament_g": None,
    }
    return row | changed


HOME: Final = Home(
    fleet=FLEET,
    printers=printers(2),
    prints=[
        print_row(filament_g=12, filament_mm=4000),
        print_row(name=None, result="failed", duration_seconds=None, filament_mm=1234),
        print_row(result="cancelled", duration_seconds=59),
    ],
    month={"error_type.connection_error": 2},
    weeks=Weeks(this=COUNTS, last_by_now={}, last={"job_cancelled": 2}),
    has_statistics=True,
    sharing=SHARING,
)


ALL: Final = Range(80, 94, 1000, "2026-W47")
SUCCESS: Final = Comparison(figure=Figure.SUCCESS_RATE, own=91.4, before=88.0, homes=ALL)
COMMUNITY: Final = Community(
    source="https://stats.example/public/latest.json",
    reception=Reception.RECEIVED,
    ever=40,
    compared=(
        SUCCESS,
        replace(SUCCESS, before=None),
        replace(SUCCESS, own=None, homes=ALL._replace(printer_type="prusa")),
        Comparison(figure=Figure.PRINT_HOURS, own=11.4, before=2.0, homes=Range(1, 19, 900, "2026-W46")),
    ),
)


def walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from walk(value)


def cards(config: Card, kind: str = "") -> list[Card]:
    """Return all cards of that kind, or all."""
    found = [card for view in config["views"] for each in view["sections"] for card in each["cards"]]
    return [card for card in found if not kind or card["type"] == kind]


def entities(config: Card) -> set[str]:
    """Return all entities that are mentioned."""
    return {each["entity"] for each in walk(config) if "entity" in each}


def view(config: Card, path: str) -> Card:
    return next(each for each in config["views"] if each["path"] == path)


def contents(config: Card) -> str:
    """Return all texts, with the cells of tables between bars."""
    text = "\n".join(card["content"] for card in cards(config, "markdown"))
    return re.sub(r'<t[hd] align="(?:left|right)">(.*?)</t[hd]>', r"| \1 ", text).replace("</tr>", "|")
