"""Simulates prints of one integration through every disturbance, and sums up how they were counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
import json
from math import ceil
from pathlib import Path
from typing import Final

from custom_components.printernizer_stats.printers.profiles import PROFILES

from .catalog import DISTURBANCES, Disturbance
from .drive import Drive
from .judge import Judge, Verdict

RESULTS: Final = Path(__file__).parent / "results.json"
PRINTS: Final = 1000


@dataclass(slots=True)
class Score:
    """How the prints of one integration came through one disturbance; faults by the seed of their course."""

    prints: int = 0
    exact: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)

    def add(self, seed: str, verdict: Verdict) -> None:
        """Take in one course."""
        self.prints += verdict.prints
        self.exact += verdict.exact
        if verdict.faults:
            self.faults[seed] = verdict.faults

    @property
    def percent(self) -> int:
        """The part that was counted as it was; 100 is all of them."""
        return 100 * self.exact // self.prints


def seeds(key: str, disturbance: Disturbance, prints: int) -> Iterator[str]:
    """Return the seeds of as many courses as make so many prints."""
    for number in range(ceil(prints / disturbance.habits.prints)):
        yield f"{key}:{disturbance.name}:{number}"


@cache
def simulate(key: str, prints: int) -> Mapping[str, Score]:
    """Return the score of every disturbance that can happen to that integration, by its name."""
    profile = PROFILES[key]
    applying = [each for each in DISTURBANCES if each.applies(profile)]
    scores = {each.name: Score() for each in applying}
    for disturbance in applying:
        for seed in seeds(key, disturbance, ceil(prints / len(applying))):
            made = disturbance.course(profile, seed)
            events = Drive(key).run(made.steps())
            scores[disturbance.name].add(seed, Judge(made).judge(events))
    return scores


def percents(key: str, prints: int = PRINTS) -> dict[str, int]:
    """Return how many of so many prints of an integration are counted exactly, in percent."""
    return {name: score.percent for name, score in simulate(key, prints).items()}


def write(keys: Iterable[str]) -> None:
    """Simulate these integrations, or all, and write the results for script/generate."""
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["exact"] if RESULTS.exists() else {}
    now = {key: percents(key) for key in keys or PROFILES}
    exact = {key: now.get(key) or known.get(key, {}) for key in PROFILES}
    document = {"prints": PRINTS, "disturbances": [each.name for each in DISTURBANCES], "exact": exact}
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
