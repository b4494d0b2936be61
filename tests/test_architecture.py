"""The house's rules, read from the imports: data flows one way, and sharing sees no single event."""

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1] / "custom_components" / "printernizer_stats"

# Lowest first. A module may import from its own layer and from those below.
LAYERS: Final = (
    ("clock", "const", "issues"),
    ("core",),
    ("printers",),
    ("background",),
    ("coordinator", "runtime"),
    (
        "automation_targets",
        "binary_sensor",
        "button",
        "data_deletion",
        "data_import",
        "entity",
        "event",
        "history",
        "http",
        "number",
        "sensor",
        "sensor_descriptions",
        "sensor_measures",
        "service_calls",
        "sharing_sensor_descriptions",
    ),
    (
        "backup",
        "condition",
        "dashboard",
        "data_services",
        "diagnostics",
        "flows",
        "logbook",
        "repairs",
        "services",
        "system_health",
        "trigger",
        "websocket",
    ),
    ("", "config_flow"),
)
LAYER_OF: Final = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}
_SUMS: Final = (
    ("core", "store"),
    ("core", "store", "consent_ledger"),
    ("core", "store", "counts"),
    ("core", "store", "marks"),
    ("core", "store", "report_intervals"),
    ("core", "store", "settings"),
    ("core", "store", "tables"),
)
PURE: Final = (
    "const.py",
    "core/**/*.py",
    "background/lifecycle.py",
    "dashboard/cards.py",
    "dashboard/home.py",
    "dashboard/sharing_view.py",
    "dashboard/tables.py",
    "dashboard/texts.py",
    "dashboard/views.py",
    "printers/profile*.py",
)


def _files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


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
def test_a_module_imports_from_its_layer_and_those_below(file: Path) -> None:
    first = file.relative_to(ROOT).with_suffix("").parts[0].replace("__init__", "")
    for module in _imports(file):
        other = "".join(module[:1])
        assert LAYER_OF[other] <= LAYER_OF[first], f"{first} must not import {other}"


def test_pure_rooms_know_no_home_assistant() -> None:
    for file in {file for pattern in PURE for file in ROOT.glob(pattern)}:
        text = file.read_text(encoding="utf-8")
        assert "from homeassistant" not in text, file.name
        assert "import homeassistant" not in text, file.name


def test_sharing_cannot_see_events() -> None:
    """Of the store, sharing may import its facade's type and the sums; nothing that reads events."""
    for file in (ROOT / "core" / "sharing").glob("*.py"):
        for module in _imports(file):
            if module[:2] == ("core", "store"):
                assert module in _SUMS, file.name
    for module in _SUMS[1:]:
        file = ROOT.joinpath(*module).with_suffix(".py")
        events = ("schema", "queries", "counter_cache")
        assert not _imports(file) & {("core", "store", each) for each in events}
        assert "event_data" not in file.read_text(encoding="utf-8")


def test_platforms_do_not_touch_the_store() -> None:
    platforms = ("binary_sensor", "button", "condition", "event", "number", "sensor", "trigger")
    shown = ("sensor_measures", "sensor_descriptions", "sharing_sensor_descriptions")
    for file in (ROOT / f"{name}.py" for name in (*platforms, *shown)):
        assert not any(module[:2] == ("core", "store") for module in _imports(file)), file.name


def test_in_printers_the_tracker_alone_touches_the_store() -> None:
    for file in (ROOT / "printers").glob("*.py"):
        stores = any(module[:2] == ("core", "store") for module in _imports(file))
        assert stores == (file.name == "tracker.py"), file.name
