"""The prose style: what it finds, what it leaves alone, and that the project keeps it."""

from pathlib import Path
import sys

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "script"))
from prose import findings, prose_of_page, prose_of_texts


def _page(root: Path, text: str) -> list[str]:
    (root / "README.md").write_text(text, encoding="utf-8")
    return list(findings(root))


@pytest.mark.parametrize(
    "text",
    [
        "The print was cancelled.",
        "Tick the box.",
        "It is kept for ever.",
        "Switch sharing on.",
        "in order to print",
    ],
)
def test_a_term_that_is_avoided_is_found_with_what_to_say_instead(tmp_path: Path, text: str) -> None:
    (found,) = _page(tmp_path, f"# Title\n\n{text}\n")
    assert found.startswith("README.md:3: ")
    assert " -> " in found


@pytest.mark.parametrize(
    "text",
    [
        "The key `prints_cancelled` is public.",
        "```yaml\nstate: cancelled\n```",
        "[a link](docs/cancelled.md) and https://example.org/cancelled",
        "<!-- generated printers: change the data -->\n| cancelled |\n<!-- end of generated printers -->",
        "The print was canceled; the cancellation is sent.",
    ],
)
def test_code_links_and_generated_tables_are_left_alone(tmp_path: Path, text: str) -> None:
    assert _page(tmp_path, text) == []


def test_prose_goes_on_after_a_block(tmp_path: Path) -> None:
    page = "```\ncancelled\n```\n<!-- generated a: b -->\nanew\n<!-- end of generated a -->\nanew"
    assert [number for number, text in prose_of_page(page) if text] == [7]
    assert len(_page(tmp_path, page)) == 1


def test_texts_are_named_by_their_path_and_words_alone_are_no_prose() -> None:
    tree = {"a": {"b": "Two words", "key": "cancelled"}, "c": 3}
    assert list(prose_of_texts(tree)) == [("a.b", "Two words")]


def test_the_texts_and_pages_of_the_project_keep_the_style() -> None:
    assert list(findings()) == []
