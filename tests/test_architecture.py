"""The house's rules, read from the imports: data flows one way, and sharing sees no single event."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path
import re
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1] / "custom_components" / "printernizer_stats"

DOCS: Final = Path(__file__).parents[1] / "docs" / "architecture.md"
PICTURE: Final = re.findall(r'^ +\w+\["(.+)"\]', DOCS.read_text(encoding="utf-8"), re.MULTILINE)
# The highest first, as in the picture. A folder ends with a slash.
LAYER_OF: Final = {
    room.removesuffix("/"): layer for layer, rooms in enumerate(PICTURE) for room in rooms.split(" · ")
}
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


def _is_module(*path: str) -> bool:
    there = ROOT.joinpath(*path)
    return there.with_suffix(".py").is_file() or (there / "__init__.py").is_file()


def _imports(file: Path) -> set[tuple[str, ...]]:
    """Every module of ours that the file imports, as its path below the package."""
    found: set[tuple[str, ...]] = set()
    folder = file.relative_to(ROOT).parent.parts
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder[: len(folder) - node.level + 1]
        module = (*base, *(node.module.split(".") if node.module else ()))
        found |= {
            (*module, alias.name) if _is_module(*module, alias.name) else module for alias in node.names
        }
    return found


def _room(module: tuple[str, ...]) -> str:
    """The longest name in the picture that a module belongs to."""
    path = "/".join(module) or "__init__"
    return next(each for each in (*_folders(path), "core") if each in LAYER_OF)


def _folders(path: str) -> list[str]:
    folder = path.rpartition("/")[0]
    return [path, folder, folder.partition("/")[0]]


def _module(file: Path) -> tuple[str, ...]:
    return tuple(part for part in file.relative_to(ROOT).with_suffix("").parts if part != "__init__")


@pytest.mark.parametrize("file", _files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_from_its_layer_and_those_below(file: Path) -> None:
    room = _room(_module(file))
    for module in _imports(file):
        other = _room(module)
        assert LAYER_OF[other] >= LAYER_OF[room], f"{room} must not import {other}"


def test_no_two_modules_import_each_other() -> None:
    """Not even for their types, and not by way of others."""
    modules = {_module(file) for file in _files()}
    imports = {_module(file): {each for each in _imports(file) if each in modules} for file in _files()}
    TopologicalSorter({module: found - {module} for module, found in imports.items()}).prepare()


def test_the_map_has_every_room_and_the_tests_to_run() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert {_room(_module(file)) for file in _files()} == LAYER_OF.keys()
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    listed = {room for row in rows for room in re.findall(r"`([\w/]+)`", row.split("|")[1])}
    assert {room.removesuffix("/") for room in listed} >= LAYER_OF.keys()
    for path in re.findall(r"`(tests/[\w/.]*)`", text):
        assert (DOCS.parents[1] / path).exists(), path


def test_the_glossary_names_files_that_are_there() -> None:
    text = DOCS.read_text(encoding="utf-8").partition("## Glossary")[2].partition("## ")[0]
    files = re.findall(r"\| `([\w/.]+)` \|$", text, re.MULTILINE)
    assert len(files) >= 12
    assert [each for each in files if not (ROOT / each).is_file()] == []


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
