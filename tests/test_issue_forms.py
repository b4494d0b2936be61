"""What contributors meet first: issue forms as GitHub takes them, and the formatter for editors and git."""

from pathlib import Path
import shutil
import subprocess
from typing import Any, Final

from homeassistant.util.yaml import load_yaml_dict
import pytest

ROOT: Final = Path(__file__).parents[1]
FORMS: Final = sorted(
    file for file in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if file.stem != "config"
)
ATTRIBUTES: Final = {
    "markdown": {"value"},
    "input": {"label", "description", "placeholder", "value"},
    "textarea": {"label", "description", "placeholder", "value", "render"},
    "dropdown": {"label", "description", "multiple", "options", "default"},
}


def form(name: str) -> dict[str, Any]:
    return load_yaml_dict(str(FORMS[0].parent / f"{name}.yml"))


@pytest.mark.parametrize("name", [file.stem for file in FORMS])
def test_github_takes_the_form(name: str) -> None:
    described = form(name)
    assert described.keys() <= {"name", "description", "title", "labels", "body"}
    assert described["name"]
    assert described["description"]
    fields = [each for each in described["body"] if each["type"] != "markdown"]
    assert len({each["id"] for each in fields}) == len(fields) > 0
    assert len({each["attributes"]["label"] for each in fields}) == len(fields)
    for each in described["body"]:
        assert each.keys() <= {"type", "id", "attributes", "validations"}
        assert each["attributes"].keys() <= ATTRIBUTES[each["type"]], each
        assert each.get("validations", {}).keys() <= {"required"}
        options = each["attributes"].get("options", [])
        assert all(isinstance(option, str) for option in options)
        assert len(set(options)) == len(options)


def test_a_wrong_count_is_told_with_all_that_a_replay_needs() -> None:
    required = {
        each["id"] for each in form("wrong_count")["body"] if each.get("validations", {}).get("required")
    }
    assert {"domain", "unique_ids", "states", "truth"} <= required


def test_security_is_not_told_in_public() -> None:
    config = form("config")
    assert config["blank_issues_enabled"] is False
    assert any("/security/advisories/" in each["url"] for each in config["contact_links"])


def test_the_formatter_repairs_a_file_for_editors_and_git(tmp_path: Path) -> None:
    file = tmp_path / "untidy.py"
    file.write_text("import sys\nimport os\nprint( os.name,sys.path )\n", encoding="utf-8")
    shutil.copy(ROOT / ".ruff.toml", tmp_path)
    subprocess.run([ROOT / "script" / "format", file], check=True)
    assert file.read_text(encoding="utf-8") == "import os\nimport sys\n\nprint(os.name, sys.path)\n"
    (hook,) = load_yaml_dict(str(ROOT / ".pre-commit-config.yaml"))["repos"][0]["hooks"]
    assert hook["entry"] == "script/format"
