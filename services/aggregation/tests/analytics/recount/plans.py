"""The fleet that is counted: small, or of full size with AGGREGATION_FULL_PROOFS=1."""

from aggregation.analytics.question import Weeks
from aggregation.fleet.plan import Trial
from aggregation.weeks import week_of_day
from tests.fleet.homes import UNTIL, awkward
from tests.proofs import FULL_PROOFS, tries

TRIAL = Trial(
    name="shorter_end",
    effects=(("as_before", 1.0), ("first", 1.5)),
    population=60,
    first=week_of_day(UNTIL) - 16,
    weeks=12,
)
PLAN = (
    awkward(homes=10_000, weeks=60, trial=TRIAL)
    if FULL_PROOFS
    else awkward(homes=tries(150, fast=80), trial=TRIAL)
)
WEEKS = Weeks(PLAN.first_week, PLAN.last_week + 1)
"""Those that reports are about, and the one in which the last came."""
FILTERED = tries(1, full=3)
"""So many kinds of homes of each scope are looked at."""
ONCE = tuple(Weeks.up_to(week_of_day(UNTIL) - 4, weeks) for weeks in (5, 13))
"""Weeks of which each home counts once."""
