"""The documentation: no link leads nowhere, no test that it names is missing, no command is left unrun."""

from pathlib import Path
import re
import subprocess
from typing import Final

import pytest

from .test_quality_scale import headings

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted(
    [
        ROOT / "README.md",
        ROOT / "services" / "aggregation" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
    ]
)
_PROGRAMS: Final = {
    "integration": ROOT / "custom_components" / "printernizer_stats",
    "service": ROOT / "services" / "aggregation" / "aggregation",
}
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_TEST: Final = re.compile(r"`((?:services/aggregation/)?tests/[\w/]+(?:\.py)?)`")
_FUNCTIONS: Final = re.compile(r"`((?:services/aggregation/)?tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)")
_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SERVICE: Final = "services/aggregation/tests"
# What the blocks of commands may begin with, and what runs it: a test, a workflow, or the suite itself.
RUN_BY: Final = {
    "script/run": "tests/e2e/test_thin_line.py",
    "script/setup": ".ci/run",
    "script/test": ".ci/run",
    "script/lint": ".ci/run",
    "cairosvg": "docs/architecture.md",  # by hand, when the logo changes
    '"$(python3 ../../script/bootstrap.py service)" -m aggregation': f"{_SERVICE}/test_process.py",
    '"$(python3 ../../script/bootstrap.py service_test)" -m pytest': ".ci/run",
    "../../benchmarks/run": "tests/e2e/test_benchmarks.py",
    "cd ": ".ci/run",
    "DOMAIN=": ".github/workflows/service.yml",
    "docker compose": ".github/workflows/service.yml",
    "aggregation backup": f"{_SERVICE}/test_restore.py",
    "aggregation restore": f"{_SERVICE}/test_restore.py",
    "aggregation versions": f"{_SERVICE}/test_cli.py",
    "aggregation verify-rollups": f"{_SERVICE}/test_cli.py",
    "benchmarks/run": "tests/e2e/test_benchmarks.py",
    "pip install": ".github/workflows/service.yml",
    "AGGREGATION_": f"{_SERVICE}/test_settings.py",
}


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in headings(target), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_tests_that_are_named_exist(page: Path) -> None:
    for name in _TEST.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists() or (page.parent / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_functions_of_tests_that_are_named_exist(page: Path) -> None:
    for file, names in _FUNCTIONS.findall(page.read_text(encoding="utf-8")):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert [name for name in re.findall(r"test_\w+", names) if f"def {name}(" not in text] == [], file


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_are_run_by_something(page: Path) -> None:
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in filter(None, map(str.strip, block.splitlines())):
            known = [by for start, by in RUN_BY.items() if line.startswith(start)]
            assert line.startswith("#") or known, line
            assert all((ROOT / by).exists() for by in known), line


@pytest.mark.parametrize("program", ["run", "setup", "test", "lint", "format", "mutate"])
def test_programs_explain_themselves(program: str) -> None:
    shown = subprocess.run([ROOT / "script" / program, "--help"], check=True, capture_output=True, text=True)
    assert f"script/{program}" in shown.stdout


def test_the_rooms_of_the_guide_are_where_it_says() -> None:
    """Each row names a folder, files in it, and a test."""
    guide = (ROOT / "docs" / "developer_guide.md").read_text(encoding="utf-8")
    rows = guide.partition("## Find the room")[2].partition("\n## ")[0].splitlines()
    tasks = [row.split("|") for row in rows if row.startswith("| a ")]
    assert len(tasks) == 5
    for _, task, where, files, test, *_ in tasks:
        (name,) = re.findall(r"`(.+)`", where)
        program, _, room = name.partition("/")
        folder = _PROGRAMS[program] / room
        assert folder.is_dir(), task
        for named in re.findall(r"`(.+?)`", files + test):
            assert (folder / named).exists() or (ROOT / named).exists(), (task, named)
