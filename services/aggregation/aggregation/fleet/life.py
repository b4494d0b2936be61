"""Life of a simulated home: the truth about each week in which it is on, told or not."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from msgspec import Struct

from aggregation.fleet.chance import choose, generator, geometric, poisson
from aggregation.fleet.homes import APP_FEATURES, OWN_FEATURES, TYPES, Home
from aggregation.fleet.plan import (
    APP_MAJOR,
    INTEGRATION_MAJOR,
    Plan,
    Release,
    incidents_of,
    is_summer,
    newest,
    releases,
    season,
)
from aggregation.protocol.fields import V1

WEEK_HOURS = 168
MOVING = 0.004
"""The share of homes that buy a printer in a week, and of those that retire one."""
AWAY = 0.12
"""The share of homes that go away in a week of summer."""
BREAKING = 0.008
"""The share of homes in which a printer breaks in a week."""
BROKEN_FAILING, BROKEN_ERRORS = 4.0, 8.0
FAILING_MOST = 0.9
CANCELLED = 0.05
_OFF_WEEKS = 1.6
_AWAY_WEEKS = 1.8
_BROKEN_WEEKS = 2.0
_INCIDENT_FREE = 1.0
OF_PRINTERS = ("connection_error", "connection_timeout", "printer_error")
_KINDS = {"connection_error": 50, "connection_timeout": 25, "printer_error": 15, "authentication_error": 4,
          "file_download_failed": 3, "store_error": 1, "setup_error": 2}  # fmt: skip


class Outcomes(NamedTuple):
    """How many prints ended how."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def ended(self) -> int:
        """Return how many prints ended."""
        return self.completed + self.failed + self.cancelled


class Week(Struct, frozen=True, kw_only=True):
    """What a home did in a week, and was at its end."""

    home: int
    week: int
    protocol: str
    version: str
    printers: dict[str, int]
    prints: dict[str, Outcomes]
    """By type of printer."""
    print_hours: int
    file_count: int
    upload_count: int
    uptime_hours: int
    errors: dict[str, int]
    errors_by_type: dict[str, int]
    """Of printers, by their type; other errors are of none."""
    features: dict[str, bool]
    experiment: tuple[str, str] | None = None
    """The trial that it takes part in, and the variant that it drew."""
    printernizer: str | None = None
    """The version of Printernizer that is connected to the integration."""

    @property
    def outcomes(self) -> Outcomes:
        """Return the prints of all printers."""
        return Outcomes(*map(sum, zip(Outcomes(), *self.prints.values(), strict=True)))


class _State:
    """What lasts: how long a home is still off, away, or has a broken printer."""

    def __init__(self) -> None:
        """Begin with all well."""
        self.off = self.away = self.broken = 0

    def pass_week(self, chance: Random, home: Home, week: int) -> None:
        """Let a week begin."""
        self.off, self.away, self.broken = (max(0, left - 1) for left in (self.off, self.away, self.broken))
        if not self.off and chance.random() < home.silence:
            self.off = geometric(chance, _OFF_WEEKS)
        if not self.away and is_summer(week) and chance.random() < AWAY:
            self.away = geometric(chance, _AWAY_WEEKS)
        if not self.broken and chance.random() < BREAKING:
            self.broken = geometric(chance, _BROKEN_WEEKS)


def live(plan: Plan, home: Home) -> Iterator[Week]:
    """Yield the weeks of the plan in which a home is on, the oldest first."""
    chance = generator(plan.seed, "life", home.number)
    state = _State()
    printers = dict(home.printers)
    end = plan.last_week + 1 if home.end is None else home.end
    for week in range(max(plan.first_week, home.begin), end):
        state.pass_week(chance, home, week)
        printers = _move(chance, printers)
        if not state.off:
            yield _lived(plan, home, chance, state, week, printers)


def release_in(plan: Plan, home: Home, week: int) -> Release:
    """Return what is installed in a home in a week."""
    major = APP_MAJOR if home.protocol_in(week) == V1 else INTEGRATION_MAJOR
    known = releases(plan, major)
    since = max(home.begin, home.switch or home.begin) if major == INTEGRATION_MAJOR else home.begin
    at_first = newest(known, since)
    return max(at_first, newest(known, int(max(since, week - home.lag))), key=lambda release: release.week)


def _beside(plan: Plan, home: Home, week: int) -> str | None:
    """Return the version of Printernizer beside the integration; it is installed as late as that."""
    if home.app_mode_in(week) is None:
        return None
    return newest(releases(plan, APP_MAJOR), int(max(home.begin, week - home.lag))).version


def _move(chance: Random, printers: dict[str, int]) -> dict[str, int]:
    """Let some buy a printer, and some retire one."""
    draw = chance.random()
    if draw < MOVING:
        kind = choose(chance, TYPES)
        return {**printers, kind: printers.get(kind, 0) + 1}
    if draw < 2 * MOVING and sum(printers.values()) > 1:
        kind = chance.choice(list(printers))
        left = {**printers, kind: printers[kind] - 1}
        return {name: count for name, count in left.items() if count}
    return printers


def _lived(
    plan: Plan, home: Home, chance: Random, state: _State, week: int, printers: dict[str, int]
) -> Week:
    """Draw what happens in a week; prints come in bursts."""
    release = release_in(plan, home, week)
    more = fewer = _INCIDENT_FREE
    variant = home.variant_in(plan, week)
    for incident in incidents_of(plan, week):
        more, fewer = more * incident.errors, fewer * incident.prints
    pace = 0.0 if state.away else home.prints * season(week) * fewer * chance.gammavariate(2.0, 0.5)
    failing = min(FAILING_MOST, home.failing * release.failures * (BROKEN_FAILING if state.broken else 1.0))
    prints = {kind: _outcomes(chance, pace * count, failing) for kind, count in printers.items()}
    prints = {kind: found for kind, found in prints.items() if found.ended}
    ended = sum(found.ended for found in prints.values())
    hours = int(chance.gammavariate(ended, home.hours)) if ended else 0
    failed = {kind: found.failed for kind, found in prints.items() if found.failed}
    if plan.trial and variant:
        more *= dict(plan.trial.effects)[variant]
    errors = home.errors * release.errors * more * (BROKEN_ERRORS if state.broken else 1.0)
    return Week(
        home=home.number,
        week=week,
        protocol=home.protocol_in(week),
        version=release.version,
        printers=printers,
        prints=prints,
        print_hours=min(hours, WEEK_HOURS * sum(printers.values())),
        file_count=ended,
        upload_count=ended // 2,
        uptime_hours=max(0, WEEK_HOURS - int(chance.expovariate(1 / 1.5))),
        errors=(by_kind := _errors(chance, errors, sum(failed.values()))),
        errors_by_type=_by_type(chance, printers, by_kind, failed),
        features=_features(home, week),
        experiment=(plan.trial.name, variant) if plan.trial and variant else None,
        printernizer=_beside(plan, home, week),
    )


def _outcomes(chance: Random, mean: float, failing: float) -> Outcomes:
    """Draw how many prints end, and how."""
    ended = poisson(chance, mean)
    if not ended:
        return Outcomes()
    failed = chance.binomialvariate(ended, failing)
    cancelled = chance.binomialvariate(ended - failed, CANCELLED)
    return Outcomes(ended - failed - cancelled, failed, cancelled)


def _errors(chance: Random, mean: float, failed: int) -> dict[str, int]:
    """Draw errors by kind."""
    found = {"print_failed": failed} if failed else {}
    for _ in range(poisson(chance, mean)):
        kind = choose(chance, _KINDS)
        found[kind] = found.get(kind, 0) + 1
    return found


def _by_type(
    chance: Random, printers: dict[str, int], errors: dict[str, int], failed: dict[str, int]
) -> dict[str, int]:
    """Draw of which printers the errors are."""
    found = dict(failed)
    for kind in OF_PRINTERS:
        for _ in range(errors.get(kind, 0)):
            name = choose(chance, printers)
            found[name] = found.get(name, 0) + 1
    return found


def _features(home: Home, week: int) -> dict[str, bool]:
    """Return which features are in use."""
    names = APP_FEATURES if home.protocol_in(week) == V1 else OWN_FEATURES
    never = week + 1
    return {name: home.features.get(name, never) <= week for name in names}
