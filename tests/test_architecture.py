"""The house's rules, read from the imports: data flows one way, and sharing sees no single event."""

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1] / "custom_components" / "printernizer_stats"

# A room may import from floors below its own. A folder is one room; of flows/, each page is one.
FLOORS: Final = {
    "const": 1,
    "instants": 2,
    "markdown": 2,
    "dictionary": 3,
    "models": 2,
    "prints": 4,
    "counters": 4,
    "intervals": 4,
    "sources": 5,
    "store": 5,
    "sharing": 6,
    "tracker": 6,
    "replay": 6,
    "retention": 7,
    "printers": 6,
    "maintenance": 6,
    "consent_head": 6,
    "devices": 6,
    "issues": 6,
    "coordinator": 7,
    "following": 7,
    "clockwork": 7,
    "flows/page": 5,
    "portable": 7,
    "answers": 7,
    "flows/printer_forms": 6,
    "flows/manual": 6,
    "flows/dashboard": 7,
    "flows/energy": 7,
    "flows/consent_texts": 6,
    "flows/sharing_forms": 7,
    "flows/sharing": 8,
    "flows/maintenance": 9,
    "flows/guard": 9,
    "flows/report": 9,
    "flows/data": 11,
    "flows/options": 12,
    "config_flow": 13,
    "runtime": 8,
    "measures": 8,
    "readings": 9,
    "sharing_readings": 9,
    "report_view": 9,
    "repairs": 8,
    "entity": 9,
    "targets": 9,
    "history": 9,
    "backup": 9,
    "diagnostics": 9,
    "http": 10,
    "system_health": 10,
    "websocket": 10,
    "binary_sensor": 10,
    "button": 10,
    "event": 10,
    "condition": 10,
    "trigger": 10,
    "logbook": 10,
    "number": 10,
    "sensor": 10,
    "statistics": 10,
    "calls": 9,
    "deleting": 9,
    "importing": 9,
    "past_statistics": 11,
    "dashboard": 11,
    "data_actions": 11,
    "actions": 12,
    "backfill": 12,
    "": 14,
}
_SUMS: Final = (
    ("store",),
    ("store", "consents"),
    ("store", "counts"),
    ("store", "settings"),
    ("store", "spans"),
    ("store", "tables"),
)
PURE: Final = ("const", "dictionary", "instants", "markdown", "models", "counters", "intervals")
PURE_IN_FOLDERS: Final = (
    "dashboard/cards.py",
    "dashboard/home.py",
    "dashboard/sharing_view.py",
    "dashboard/tables.py",
    "dashboard/texts.py",
    "dashboard/views.py",
    "sharing/consent.py",
    "sharing/client.py",
    "sharing/courier.py",
    "sharing/deletion.py",
    "sharing/explain.py",
    "sharing/freezing.py",
    "sharing/history.py",
    "sharing/identity.py",
    "sharing/outbox.py",
    "sharing/receipts.py",
    "sharing/receipts.py",
    "sharing/renewal.py",
    "sharing/report.py",
    "sharing/service.py",
    "sharing/settings.py",
    "sharing/schedule.py",
    "sharing/status.py",
    "sharing/tally.py",
    "prints/evidence.py",
    "prints/job.py",
    "prints/progress.py",
    "prints/result.py",
    "prints/rules.py",
    "prints/session.py",
    "prints/sight.py",
    "sources/profiles.py",
    "sources/country.py",
    "sources/lifecycle.py",
)


def _files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def _room(module: tuple[str, ...]) -> str:
    path = "/".join(module[:2])
    return path if path in FLOORS else "".join(module[:1])


def _imports(file: Path) -> set[tuple[str, ...]]:
    """Every module of ours that the file imports at run time, as its path below the package."""
    found: set[tuple[str, ...]] = set()
    folder = file.relative_to(ROOT).parent.parts
    tree = ast.parse(file.read_text(encoding="utf-8"))
    only_for_types = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level or node in only_for_types:
            continue
        base = folder[: len(folder) - node.level + 1]
        module = (*base, *(node.module.split(".") if node.module else ()))
        found |= {module} if node.module else {(*module, alias.name) for alias in node.names}
    return found


@pytest.mark.parametrize("file", _files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_from_the_floors_below(file: Path) -> None:
    room = _room(tuple(each for each in file.relative_to(ROOT).with_suffix("").parts if each != "__init__"))
    for module in _imports(file):
        other = _room(module)
        assert other == room or FLOORS[other] < FLOORS[room], f"{room} must not import {other}"


def test_pure_rooms_know_no_home_assistant() -> None:
    files = [ROOT / f"{room}.py" for room in PURE] + [ROOT / each for each in PURE_IN_FOLDERS]
    files += [*(ROOT / "store").glob("*.py"), *(ROOT / "portable").glob("*.py")]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "from homeassistant" not in text, file.name
        assert "import homeassistant" not in text, file.name


def test_sharing_cannot_see_events() -> None:
    """Of the store, sharing may import its facade's type and the sums; nothing that reads events."""
    for file in (ROOT / "sharing").glob("*.py"):
        for module in _imports(file):
            if module[0] == "store":
                assert module in _SUMS, file.name
    for _, *room in _SUMS[1:]:
        file = ROOT / "store" / f"{room[0]}.py"
        assert not _imports(file) & {("store", "schema"), ("store", "queries"), ("store", "ledger")}
        assert "event_data" not in file.read_text(encoding="utf-8")


def test_sources_and_platforms_do_not_touch_the_store() -> None:
    platforms = ("binary_sensor", "button", "condition", "event", "number", "sensor", "trigger")
    shown = ("measures", "readings", "sharing_readings")
    files = [*(ROOT / "sources").glob("*.py"), *(ROOT / f"{name}.py" for name in (*platforms, *shown))]
    for file in files:
        assert not any(module[0] == "store" for module in _imports(file)), file.name
