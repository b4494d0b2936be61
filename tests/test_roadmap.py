"""The roadmap: no row or item is missing, and each test, command, and page that shows one is there."""

import re
from typing import Final

import pytest

from .test_docs import ROOT

PAGE: Final = (ROOT / "docs" / "roadmap.md").read_text(encoding="utf-8")
ITEMS: Final = {
    "1.1": 6, "1.2": 6, "1.3": 7, "1.4": 9, "1.5": 7, "1.6": 7, "1.7": 7, "1.8": 6, "1.9": 6, "1.10": 7,
    "2.1": 5, "2.2": 6, "2.3": 7, "2.4": 6, "2.5": 5, "2.6": 6, "2.7": 5, "2.8": 6,
    "3.1": 5, "3.2": 6, "3.3": 5, "3.4": 4, "3.5": 4,
    "4.1": 4, "4.2": 4, "4.3": 4, "4.4": 4, "4.5": 4,
}  # fmt: skip
"""How many items each row of the roadmap has."""
CANNOT: Final = ("in production under a domain", "99.9 %", "SQL Server")
_ROW: Final = re.compile(
    r"^### (\d\.\d+) .*\n\n\| item \| shown by \|\n\| --- \| --- \|\n((?:\|.*\n)+)", re.MULTILINE
)
_CELLS: Final = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
_TESTS: Final = re.compile(r"`((?:services/aggregation/)?tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)")
_COMMAND: Final = re.compile(r"`((?:script|benchmarks)/[\w ]+)`")
_PAGE: Final = re.compile(r"\]\(([\w./]+)(?:#[\w-]+)?\)")


def proofs(cell: str) -> list[str]:
    """Return what a cell names, as tests, commands, and pages; whatever is none of these raises."""
    found = [
        f"{file}::{name}" for file, names in _TESTS.findall(cell) for name in re.findall(r"test_\w+", names)
    ]
    found += _COMMAND.findall(cell)
    found += [str((ROOT / "docs" / page).resolve().relative_to(ROOT)) for page in _PAGE.findall(cell)]
    assert len(found) >= len(cell.split("; ")), f"not all of it is a test, a command, or a page: {cell}"
    return found


def is_there(proof: str) -> bool:
    """Tell whether a test is defined, or a command or page is a file."""
    file, _, test = proof.partition("::")
    if test:
        return f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")
    if file.startswith("benchmarks/run "):
        return (ROOT / "benchmarks" / f"{file.removeprefix('benchmarks/run ')}.py").is_file()
    return (ROOT / file).is_file()


def test_each_row_and_item_is_in_it() -> None:
    assert {row: len(_CELLS.findall(table)) for row, table in _ROW.findall(PAGE)} == ITEMS


@pytest.mark.parametrize("row", ITEMS)
def test_what_shows_an_item_is_there(row: str) -> None:
    table = dict(_ROW.findall(PAGE))[row]
    for item, cell in _CELLS.findall(table):
        assert [proof for proof in proofs(cell) if not is_there(proof)] == [], item


def test_what_cannot_be_shown_says_what_was_done_instead() -> None:
    _, _, rest = PAGE.partition("## What cannot be shown here")
    rows = [line.strip("| ").split(" | ") for line in rest.splitlines() if line.startswith("| ")][2:]
    assert all(len(cells) == 3 and all(cells) for cells in rows)
    asked = " ".join(cells[0] for cells in rows)
    assert [each for each in CANNOT if each not in asked] == []
    assert [done for *_, done in rows if not re.search(r"`(?:services|tests)/|\]\(", done)] == []
