"""The map of the service in docs/service/architecture.md holds: floors, no circles, HTTP at the door."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
import re

import pytest

PACKAGE = "aggregation"
ROOT = Path(__file__).parents[1] / PACKAGE
MAP = Path(__file__).parents[3] / "docs" / "service" / "architecture.md"
WEB = {"fastapi", "starlette", "uvicorn"}
DOORS = {
    "__main__",
    "analytics/v1/endpoints",
    "body",
    "cli",
    "ingest/deletion",
    "ingest/submit",
    "main",
    "observability",
    "security",
    "server",
    "status",
    "transport",
    "web",
}
"""The modules that speak HTTP; further ones are `endpoints` of a room, or of the dashboard."""


def _modules() -> list[str]:
    files = (path for path in ROOT.rglob("*.py") if "versions" not in path.parts and path.stem != "__init__")
    return sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in files)


@cache
def _floors() -> dict[str, int]:
    """The floor of each room, as the map has it: a room is `name/` or a module."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", MAP.read_text(encoding="utf-8"), re.MULTILINE)
    return {room.rstrip("/"): int(floor) for floor, rooms in rows for room in re.findall(r"`(.+?)`", rooms)}


def _room(module: str) -> str:
    """The room of a module: the longest name of the map that it lies in."""
    parts = module.split("/")
    names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in _floors()), parts[0])


@cache
def _imported(module: str) -> frozenset[str]:
    """The modules of ours that one imports, also those that it imports late or for types only."""
    tree = ast.parse((ROOT / f"{module}.py").read_text(encoding="utf-8"))
    return frozenset(found for node in ast.walk(tree) for found in _of_node(node))


def _of_node(node: ast.AST) -> Iterator[str]:
    names: list[str] = []
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    elif isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    for name in names:
        path = name.removeprefix(f"{PACKAGE}.").replace(".", "/")
        if name.startswith(f"{PACKAGE}.") and (ROOT / f"{path}.py").exists():
            yield path


@pytest.mark.parametrize("module", _modules())
def test_a_room_imports_from_the_floors_below(module: str) -> None:
    room = _room(module)
    assert room in _floors(), f"{room} is not on the map, docs/service/architecture.md"
    for other in map(_room, _imported(module)):
        assert other == room or _floors()[other] < _floors()[room], f"{module} must not import from {other}"


def test_the_map_has_no_room_that_is_not_there() -> None:
    assert {_room(module) for module in _modules()} == _floors().keys()


def test_no_modules_import_each_other_in_a_circle() -> None:
    order = TopologicalSorter({module: _imported(module) for module in _modules()})
    assert set(order.static_order()) >= set(_modules())


@pytest.mark.parametrize("module", _modules())
def test_only_the_door_knows_http(module: str) -> None:
    if module in DOORS or module.endswith("/endpoints") or module.startswith("dashboard/"):
        return
    tree = ast.parse((ROOT / f"{module}.py").read_text(encoding="utf-8"))
    packages = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert not packages & WEB
