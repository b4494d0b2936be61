"""What is watched, and what counts as a change of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from aggregation.judging.calendar import HOMES, USE, Spread
from aggregation.judging.mixes import LEVEL as MIX_LEVEL
from aggregation.judging.returns import RULE as RETURN_RULE
from aggregation.judging.verdicts import Rule, Side


class Cause(StrEnum):
    """What lies behind a change, as far as the figure tells."""

    HOMES = "homes"
    """Homes fall silent."""
    ERRORS = "errors"
    """A kind of error spreads."""
    USE = "use"
    """Homes print more or less, or fail more often."""
    SUBMISSIONS = "submissions"
    """Reports come that nobody would expect: maybe of homes that nobody has."""
    MIX = "mix"
    """Homes are of other countries, versions, printers than before."""
    RELEASE = "release"
    """A version makes a kind of error more common."""
    SILENCE = "silence"
    """No report comes at all."""


class Watched(NamedTuple):
    """Something that is watched: each week and, where it has values, each of them."""

    title: str
    cause: Cause
    rule: Rule
    spread: Spread = USE


SHARES: Final[Mapping[str, Watched]] = {
    "return": Watched("Homes of the week before that report again", Cause.HOMES, RETURN_RULE, HOMES),
    "errors": Watched("Homes with an error, of those that share errors", Cause.ERRORS, Rule(Side.HIGH, 1.0)),
    "apart": Watched("Homes that are counted apart, of all", Cause.SUBMISSIONS, Rule(Side.HIGH, 1.0), HOMES),
}
"""Shares of homes."""
COUNTS: Final[Mapping[str, Watched]] = {
    "prints": Watched("Prints for each home that shares them", Cause.USE, Rule(Side.BOTH, 0.5)),
    "hours": Watched("Hours printed for each home that shares them", Cause.USE, Rule(Side.BOTH, 0.5)),
    "failures": Watched("Failed prints, of all prints", Cause.USE, Rule(Side.HIGH, 0.5)),
    "trouble": Watched("Errors for each home that shares them", Cause.ERRORS, Rule(Side.HIGH, 1.0)),
    "new": Watched("New homes", Cause.SUBMISSIONS, Rule(Side.BOTH, 1.0)),
    "received": Watched("Reports received", Cause.SUBMISSIONS, Rule(Side.BOTH, 0.5)),
}
"""Counts, some for each of something."""
MIXES: Final[Mapping[str, Watched]] = {
    "country": Watched("Mix of countries", Cause.MIX, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
    "app_version": Watched("Mix of versions", Cause.MIX, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
    "deployment_mode": Watched("Mix of deployments", Cause.MIX, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
    "printer_type_homes": Watched("Mix of printers", Cause.MIX, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
    "jobs_homes": Watched("Mix of prints of a home", Cause.SUBMISSIONS, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
    "hours_homes": Watched(
        "Mix of hours printed by a home", Cause.SUBMISSIONS, Rule(Side.HIGH, 0.2, MIX_LEVEL)
    ),
    "home_size": Watched("Mix of sizes of homes", Cause.SUBMISSIONS, Rule(Side.HIGH, 0.2, MIX_LEVEL)),
}
"""Mixes of homes, by the measure that they are of."""
WATCHED: Final[Mapping[str, Watched]] = {**SHARES, **COUNTS, **MIXES}
PAIRED: Final = ("app_version", "deployment_mode", "printer_type")
"""Properties by which the paired return test looks at homes, beside all together."""
FEWEST_HOMES: Final = 10
"""Groups that had fewer homes are not looked at."""


def name_of(watched: str, *value: str) -> str:
    """Return the name of a series: what is watched, and whose or which it is."""
    return "/".join((watched, *value))


def watched_of(series: str) -> Watched:
    """Return what a series is one of."""
    return WATCHED[series.partition("/")[0]]


def with_levels(levels: Mapping[str, float]) -> Mapping[str, Rule]:
    """Return the rules with other levels; one whose level is 0 is left out."""
    rules = {
        name: Rule(each.rule.side, each.rule.worth, levels.get(name, each.rule.level))
        for name, each in WATCHED.items()
    }
    return {name: rule for name, rule in rules.items() if rule.level > 0}
