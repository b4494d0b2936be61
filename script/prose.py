"""Prose style: the terms that texts of the interface and pages of the documentation avoid.

Prints `file:line: found -> instead` and exits with 1 when there is any. The list is script/prose.toml.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
import sys
import tomllib
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
_TEXTS: Final = ("**/printernizer_stats/translations/en.json", "**/printernizer_stats/**/dictionary.json")
_PAGES: Final = ("README.md", "docs/**/*.md", ".github/**/*.md", "services/aggregation/README.md")
_FENCE: Final = re.compile(r"^\s*```")
# What is made from data is looked at where it comes from; tables of printers quote the words of others.
_GENERATED: Final = re.compile(r"<!-- (end of )?generated ")
# Code, the target of a link, HTML comments and addresses.
_NOT_PROSE: Final = re.compile(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|https?://\S+")


def style() -> dict[re.Pattern[str], str]:
    """Return what to say instead, by the pattern of what is avoided."""
    rules: Mapping[str, str] = tomllib.loads((ROOT / "script" / "prose.toml").read_text("utf-8"))["instead"]
    return {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in rules.items()}


def prose_of_page(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, prose) of a Markdown page, without its code and its generated tables."""
    fenced = generated = False
    for number, line in enumerate(text.splitlines(), 1):
        if mark := _GENERATED.search(line):
            generated = not mark[1]
        elif _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not generated:
            yield number, _NOT_PROSE.sub(" ", line)


def prose_of_texts(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, prose) of the texts of the interface."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from prose_of_texts(value, f"{path}{key}.")
        elif isinstance(value, str) and " " in value:
            yield f"{path}{key}", _NOT_PROSE.sub(" ", value)


def findings(root: Path = ROOT) -> Iterator[str]:
    """Yield one line for each term that is avoided."""
    rules = style()
    places: list[tuple[str, str]] = []
    for page in sorted({page for pattern in _PAGES for page in root.glob(pattern)}):
        name = page.relative_to(root).as_posix()
        places += [(f"{name}:{number}", text) for number, text in prose_of_page(page.read_text("utf-8"))]
    for file in sorted({file for pattern in _TEXTS for file in (root / "custom_components").glob(pattern)}):
        tree = json.loads(file.read_text("utf-8"))
        places += [(f"{file.relative_to(root)}:{path}", text) for path, text in prose_of_texts(tree)]
    for place, text in places:
        for pattern, instead in rules.items():
            for found in pattern.finditer(text):
                yield f"{place}: {found[0]} -> {instead}"


def main() -> int:
    """Print what is avoided."""
    found = list(findings())
    print("\n".join(found) or "Prose: nothing to change.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
