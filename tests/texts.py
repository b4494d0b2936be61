"""The texts of every language, and whether a page has all that it shows."""

from collections.abc import Iterator, Mapping
import json
import string
from typing import Any, Final

from .helpers import INTEGRATION

LANGUAGES: Final[dict[str, Any]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((INTEGRATION / "translations").glob("*.json"))
}


def placeholders(text: str) -> set[str]:
    """Return the names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, text) of every text."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def assert_step_is_translated(result: Any, flow: Mapping[str, Any]) -> None:
    """Compare a form or a menu with its texts: all that it shows has one, and all placeholders."""
    step = flow["step"][result["step_id"]]
    given = set(result.get("description_placeholders") or {})
    for path, text in leaves(step):
        assert placeholders(text) <= given, path
    if result["type"] == "menu":
        assert list(step["menu_options"]) == list(result["menu_options"])
        assert (
            step.get("menu_option_descriptions", step["menu_options"]).keys() == step["menu_options"].keys()
        )
        return
    fields = result["data_schema"].schema
    sections = {str(key): value.schema.schema for key, value in fields.items() if hasattr(value, "options")}
    plain = {str(key) for key in fields} - sections.keys()
    assert set(step.get("data", {})) == set(step.get("data_description", {})) >= plain
    assert step.get("sections", {}).keys() == sections.keys()
    for name, section in sections.items():
        texts = step["sections"][name]
        assert texts["name"]
        assert set(texts["data"]) == set(texts["data_description"]) == {str(key) for key in section}
