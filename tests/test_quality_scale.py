"""quality_scale.yaml against the rules as Home Assistant's own integrations list them."""

from pathlib import Path
from typing import Any, Final

import homeassistant
from homeassistant.util.yaml import load_yaml_dict
import pytest

from .helpers import INTEGRATION

RULES: Final[dict[str, Any]] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]


def model_rules() -> set[str]:
    """Return the rules of an integration that reached the highest tier, and so lists all."""
    components = Path(homeassistant.__file__).parent / "components"
    return set(load_yaml_dict(str(components / "energyid" / "quality_scale.yaml"))["rules"])


def test_all_rules_are_listed() -> None:
    assert len(model_rules()) == 54
    assert set(RULES) == model_rules()


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_done_or_says_why_not(rule: str) -> None:
    stated = RULES[rule]
    if isinstance(stated, str):
        assert stated in ("done", "todo")
        return
    assert stated.keys() <= {"status", "comment"}
    assert stated["status"] in ("done", "exempt", "todo")
    assert stated["status"] == "done" or stated["comment"].strip()
