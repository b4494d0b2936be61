"""What the study of the weeks' linkability says, and that the page says the same."""

from pathlib import Path
import re
import subprocess
import sys
from typing import Final

import pytest

from .proofs import FAST_PROOFS

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "linkability.md"
BEGIN, END = "<!-- study -->\n", "\n<!-- end of study -->"


def words(study: str) -> list[str]:
    """Return what is told of, without the figures: those of fewer homes are others."""
    return re.findall(r"[a-z]+", study)


@pytest.mark.timeout(1200)
def test_the_page_tells_what_the_study_finds() -> None:
    study = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "linkability.py", *(["--homes", "50"] if FAST_PROOFS else [])],
        check=True,
        capture_output=True,
        text=True,
    )
    assert study.stderr == ""
    page = PAGE.read_text(encoding="utf-8")
    written = page.partition(BEGIN)[2].partition(END)[0]
    found = study.stdout.partition("\n\n")[2].strip()
    if FAST_PROOFS:
        assert words(found) == words(written)
    else:
        assert found == written
