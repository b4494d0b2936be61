"""The developer guide's recipe for a printer integration, followed to the letter in a copy of everything."""

import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from typing import Any, Final

import pytest

from .replaying import REPLAYS

ROOT: Final = Path(__file__).parents[1]
GUIDE: Final = ROOT / "docs" / "developer_guide.md"
COPIED: Final = ("custom_components", "docs", "script", "tests", "services/aggregation/aggregation")
FILES: Final = ("README.md", "setup.cfg")
RESULTS: Final = "benchmarks/results"
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "images", "e2e", "*.png", "*.db")


def recipe() -> str:
    """Return the recipe's text."""
    _, _, rest = GUIDE.read_text(encoding="utf-8").partition("## Add a printer integration\n")
    return rest.partition("\n## ")[0]


def block(language: str) -> str:
    """Return the recipe's example in a language, without the indent of its list item."""
    (found,) = re.findall(rf"   ```{language}\n(.*?)   ```", recipe(), re.DOTALL)
    return "\n".join(line.removeprefix("   ") for line in str(found).splitlines()) + "\n"


def named(pattern: str) -> list[str]:
    """Return the paths or commands in backticks that match."""
    return re.findall(rf"`({pattern})`", recipe())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what the recipe changes and runs."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT_OUT)
    shutil.copytree(ROOT / RESULTS, tmp_path / RESULTS)
    for file in FILES:
        shutil.copyfile(ROOT / file, tmp_path / file)
    return tmp_path


def run(tree: Path, *command: str) -> str:
    """Run Python in the copy; returns what it said, and fails when it failed.

    Its tests try all that they usually try, whatever is tried here.
    """
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "PRINTERNIZER_FAST_PROOFS": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_recipe_for_a_printer_integration_works(tree: Path) -> None:
    """Its example is found, counted and shown in the documentation, and no other file is touched."""
    entry: dict[str, Any] = json.loads(f"{{{block('json')}}}")
    ((domain, _),) = entry.items()
    (data,) = named(r"custom_components/\S+\.json")
    profiles = json.loads((tree / data).read_text(encoding="utf-8"))
    assert domain not in profiles["integrations"]
    profiles["integrations"] |= entry
    (tree / data).write_text(json.dumps(profiles), encoding="utf-8")

    (replay,) = named(r"tests/printers/replay/\S+\.yaml")
    assert not (tree / replay).exists()
    (tree / replay).write_text(block("yaml"), encoding="utf-8")

    (tests,) = named(r"script/test tests/[^`]+")
    others = "not test_scenario and not test_nothing_of_a_printer_s_identity_is_kept"
    said = run(tree, "-m", "pytest", "-v", "-k", f"{domain} or ({others})", *tests.split()[1:])
    for name in re.findall(r"- name: (.*)", block("yaml")):
        assert len(re.findall(rf"\[{domain}: {name}\] PASSED", said)) == 3, said

    (simulate,) = named(r"script/simulate [^`]+")
    run(tree, "-m", "tests.simulation", *simulate.split()[1:])
    (script,) = named("script/generate")
    run(tree, f"{script}.py")
    for page in ("README.md", "docs/printers.md"):
        assert f"| Acme | `{domain}` |" in (tree / page).read_text(encoding="utf-8"), page
    assert "time and filament drop to zero at the end | completed, zeroed at the end |" in (
        tree / "docs/printers.md"
    ).read_text(encoding="utf-8")


def test_the_recipe_names_the_folder_of_the_replays() -> None:
    assert (ROOT / named(r"tests/printers/replay/\S+\.yaml")[0]).parent == REPLAYS
