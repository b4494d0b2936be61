"""The documentation's tables and the service's dictionary follow from the integration's data files."""

import json
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
DICTIONARY: Final = Path("custom_components/printernizer_stats/core/dictionary.json")
PROFILES: Final = Path("custom_components/printernizer_stats/printers/printer_profiles.json")
PROFILE_SCHEMA: Final = Path("custom_components/printernizer_stats/printers/printer_profiles.schema.json")
QUALITY: Final = Path("custom_components/printernizer_stats/quality_scale.yaml")
COPY: Final = Path("services/aggregation/aggregation/dictionary.json")
TEXTS: Final = Path("custom_components/printernizer_stats/translations/en.json")
EXPORT: Final = Path("custom_components/printernizer_stats/core/export/export.json")
SCHEMA: Final = Path("docs/export.schema.json")
PAGES: Final = (Path("README.md"), *(file.relative_to(ROOT) for file in ROOT.glob("docs/**/*.md")))
REPLAYS: Final = Path("tests/printers/replay")
ROLLUPS: Final = [
    file.relative_to(ROOT) for file in ROOT.glob("services/aggregation/aggregation/rollups/*.py")
]
SIMULATION: Final = Path("tests/simulation/results.json")
RESULTS: Final = [file.relative_to(ROOT) for file in ROOT.glob("benchmarks/results/*.json")]
GENERATOR: Final = Path("script/generate.py")
PARTS: Final = [file.relative_to(ROOT) for file in ROOT.glob("script/*.py")]


def generate(root: Path, *options: str) -> tuple[int, str]:
    """Run the generator of a tree; returns its exit code and what it said."""
    command = [sys.executable, str(root / GENERATOR), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of everything that the generator reads and writes."""
    for file in (
        *(DICTIONARY, PROFILES, PROFILE_SCHEMA, TEXTS, QUALITY, EXPORT, SCHEMA, COPY),
        *(SIMULATION, *RESULTS, *PARTS, *PAGES, *ROLLUPS),
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, tmp_path / file)
    shutil.copytree(ROOT / REPLAYS, tmp_path / REPLAYS)
    return tmp_path


def change(file: Path, path: list[str], value: Any) -> None:
    """Set one value of a JSON file."""
    content = json.loads(file.read_text(encoding="utf-8"))
    node = content
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    file.write_text(json.dumps(content), encoding="utf-8")


def test_everything_is_up_to_date() -> None:
    code, said = generate(ROOT, "--check")
    assert code == 0, f"run script/generate\n{said}"


def test_the_service_has_the_same_dictionary() -> None:
    assert (ROOT / COPY).read_bytes() == (ROOT / DICTIONARY).read_bytes(), "run script/generate"


def test_a_new_purpose_reaches_every_page_that_shows_it(tree: Path) -> None:
    path = ["report", "fields", "usage_stats.print_hours", "purpose"]
    change(tree / DICTIONARY, path, "A purpose of its own.")
    code, said = generate(tree, "--check")
    assert code == 1
    assert {line.removeprefix("out of date: ") for line in said.splitlines()} == {
        str(COPY),
        "docs/dictionary.md",
        "docs/privacy.md",
    }
    assert "A purpose of its own." not in (tree / "docs/privacy.md").read_text(encoding="utf-8")

    assert generate(tree)[0] == 0
    assert "A purpose of its own." in (tree / "docs/privacy.md").read_text(encoding="utf-8")
    assert "A purpose of its own." in (tree / "docs/dictionary.md").read_text(encoding="utf-8")
    assert (tree / COPY).read_bytes() == (tree / DICTIONARY).read_bytes()
    assert generate(tree, "--check") == (0, "")


def test_a_renamed_printer_reaches_both_tables(tree: Path) -> None:
    change(tree / PROFILES, ["integrations", "octoprint", "name"], "Another printer")
    assert generate(tree)[0] == 0
    for page in ("README.md", "docs/printers.md"):
        assert "| Another printer |" in (tree / page).read_text(encoding="utf-8"), page


def test_a_renamed_trigger_reaches_its_table(tree: Path) -> None:
    change(tree / TEXTS, ["triggers", "print_failed", "name"], "A print went wrong")
    assert generate(tree)[0] == 0
    assert "| A print went wrong |" in (tree / "docs/automations.md").read_text(encoding="utf-8")


def test_a_new_unit_reaches_the_data_of_the_bus_event(tree: Path) -> None:
    change(tree / DICTIONARY, ["events", "app_shutdown", "keys", "uptime_seconds", "unit"], "fortnights")
    assert generate(tree)[0] == 0
    page = (tree / "docs/automations.md").read_text(encoding="utf-8")
    assert "`uptime_seconds` (fortnights)" in page


def test_a_new_word_reaches_the_schema_of_the_export(tree: Path) -> None:
    change(tree / EXPORT, ["sections", "reports", "fields", "state", "words"], ["pending", "lost"])
    assert generate(tree)[0] == 0
    assert "`pending`, `lost`" in (tree / "docs/export.md").read_text(encoding="utf-8")
    reports = json.loads((tree / SCHEMA).read_text(encoding="utf-8"))["properties"]["reports"]
    assert reports["items"]["properties"]["state"]["enum"] == ["pending", "lost"]


def test_text_between_the_tables_stays(tree: Path) -> None:
    before = (tree / "README.md").read_text(encoding="utf-8")
    (tree / "README.md").write_text(f"{before}\nA last line.\n", encoding="utf-8")
    assert generate(tree) == (0, "")
    assert (tree / "README.md").read_text(encoding="utf-8").endswith("\nA last line.\n")


def test_a_page_without_its_markers_is_an_error(tree: Path) -> None:
    (tree / "docs/printers.md").write_text("# Printers\n", encoding="utf-8")
    code, said = generate(tree)
    assert code != 0
    assert "the markers of printers are missing" in said
