"""quality_scale.yaml against the rules as Home Assistant's own integrations list them, with the evidence."""

from collections import Counter
from pathlib import Path
import re
from typing import Any, Final

import homeassistant
from homeassistant.util.yaml import load_yaml_dict
import pytest

from .helpers import INTEGRATION

ROOT: Final = INTEGRATION.parents[1]
RULES: Final[dict[str, dict[str, str]]] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
_REFERENCE: Final = re.compile(r"`([^`]+)`")


def model_rules() -> set[str]:
    """Return the rules of an integration that reached the highest tier, and so lists all."""
    components = Path(homeassistant.__file__).parent / "components"
    model: dict[str, Any] = load_yaml_dict(str(components / "energyid" / "quality_scale.yaml"))
    return set(model["rules"])


def headings(file: Path) -> set[str]:
    """Return the anchors of a Markdown file."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def assert_exists(reference: str) -> None:
    """Compare a reference, `file`, `file::test` or `file#heading`, with what there is."""
    path, _, test = reference.partition("::")
    path, _, anchor = path.partition("#")
    file = ROOT / path
    assert file.is_file(), path
    if test:
        assert re.search(
            rf"^(async )?def {re.escape(test)}\(", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    if anchor:
        assert anchor in headings(file)


def test_all_rules_are_listed() -> None:
    assert len(model_rules()) == 54
    assert set(RULES) == model_rules()


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_done_and_shown_or_says_why_not(rule: str) -> None:
    stated = RULES[rule]
    assert stated.keys() == {"status", "comment"}
    assert stated["status"] in ("done", "exempt")
    references = _REFERENCE.findall(stated["comment"])
    for reference in references:
        assert_exists(reference)
    assert references or stated["status"] == "exempt"
    assert re.match(r"[A-Z0-9].*\.", _REFERENCE.sub("", stated["comment"])), "a sentence of why or how"


def test_few_rules_are_exempt() -> None:
    counted = Counter(stated["status"] for stated in RULES.values())
    assert counted["done"] >= 49
    assert counted["done"] + counted["exempt"] == 54
