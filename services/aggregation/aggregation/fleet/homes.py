"""Simulated home: what stays the same of it over the years, and what it tends to do."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from aggregation.dictionary import DICTIONARY
from aggregation.fleet.chance import choose, generator, geometric
from aggregation.fleet.plan import Plan
from aggregation.protocol.fields import V1, V2
from aggregation.weeks import monday

# Assumed: countries roughly as in Home Assistant's public analytics, printers as in shops' statistics.
COUNTRIES = {
    "US": 19, "DE": 18, "NL": 8, "FR": 8, "GB": 8, "XX": 5, "IT": 4, "ES": 4, "SE": 3, "BE": 3, "AU": 3,
    "CA": 3, "PL": 3, "AT": 2, "CH": 2, "DK": 2, "NO": 2, "FI": 1, "CZ": 1, "PT": 1, "NZ": 0.5, "IE": 0.5,
    "HU": 0.5, "SI": 0.3, "EE": 0.2, "IS": 0.1,
}  # fmt: skip
TYPES = {
    "bambu_lab": 36, "octoprint": 18, "klipper": 18, "prusa": 12, "creality": 6, "elegoo": 3, "anycubic": 3,
    "flashforge": 2, "ultimaker": 0.8, "snapmaker": 0.7, "repetier": 0.3, "dremel": 0.2,
}  # fmt: skip
SIZES = {1: 68, 2: 19, 3: 7, 4: 3, 5: 1.2, 6: 0.7, 8: 0.5, 10: 0.3, 14: 0.2, 30: 0.1}
APP_MODES = {"docker": 45, "homeassistant": 35, "pi": 12, "standalone": 8}
OWN_MODES = {"homeassistant_os": 70, "homeassistant_container": 20, "homeassistant_supervised": 6,
             "homeassistant_core": 4}  # fmt: skip
HA_LAG_WEEKS = 5.0
PLATFORMS = {"linux": 97, "windows": 2, "darwin": 1}
PYTHONS = {"3.13": 30, "3.14": 70}
OPTIONAL = ("errors", "features", "printers", "usage")
APP_FEATURES = (
    "auto_job_creation_enabled",
    "library_enabled",
    "timelapse_enabled",
    "watch_folders_enabled",
)
"""What only Printernizer itself has; all other features are those of the integration."""
_UNTOLD = "sharing_enabled"
OWN_FEATURES = tuple(name for name in DICTIONARY.enums["feature"] if name not in {*APP_FEATURES, _UNTOLD})
_SAME_TYPE = 0.6
_DECLINING = 0.12
_BESIDE = 0.2
_NEVER_UPGRADES = 0.05
_OFTEN_OFF = 0.08
_FEATURE_WEEKS = 12.0
_OLD_WEEKS = 150
_PERCENT = 100


@dataclass(slots=True, kw_only=True)
class Home:
    """One home; weeks are numbers, and None where something never happens."""

    number: int
    is_made_up: bool
    begin: int
    """The week in which it was set up."""
    end: int | None
    """The first week in which it is gone for good."""
    switch: int | None
    """The first week in which it reports by protocol 2.0 instead of 1.0."""
    deletion: int | None
    """The week in which all that it sent before is deleted."""
    protocol: str
    """The one that it begins with."""
    country: str
    platform: str
    python: str
    mode: str
    printers: dict[str, int]
    prints: float
    """Prints of a printer in an average week."""
    hours: float
    """Of a print."""
    failing: float
    """The share of prints that fail."""
    errors: float
    """Errors in an average week beside those of failed prints."""
    lag: float
    """Weeks from a release to its installation."""
    silence: float
    late: float
    categories: tuple[str, ...]
    """What it agreed to share."""
    own_mode: str
    """How Home Assistant is installed there."""
    ha_lag: int
    """Weeks from a version of Home Assistant to its installation."""
    app_mode: str | None
    """How Printernizer runs beside the integration, of homes that began with protocol 2.0."""
    features: dict[str, int]
    """The week since which each feature that is in use at some time is."""
    variant: str | None
    """What it drew of the plan's trial, if it takes part."""

    def variant_in(self, plan: Plan, week: int) -> str | None:
        """Return the variant of the trial that it has in a week."""
        trial = plan.trial
        if trial is None or self.protocol_in(week) != V2 or not 0 <= week - trial.first < trial.weeks:
            return None
        return self.variant

    def first_used_in(self, week: int) -> list[str]:
        """Return the features of the integration that come into use in a week."""
        since = self.switch or self.begin
        return [
            name for name in OWN_FEATURES if name in self.features and max(since, self.features[name]) == week
        ]

    def ha_version_in(self, week: int) -> str:
        """Return the version of Home Assistant, one a month."""
        day = monday(week - self.ha_lag)
        return f"{day.year}.{day.month}"

    def app_mode_in(self, week: int) -> str | None:
        """Return how Printernizer runs beside the integration in a week, None where there is none."""
        if self.protocol_in(week) == V1:
            return None
        return self.mode if self.protocol == V1 else self.app_mode

    def protocol_in(self, week: int) -> str:
        """Return the protocol that it speaks in a week."""
        return V2 if self.switch is not None and week >= self.switch else self.protocol


def settle(plan: Plan, number: int) -> Home:
    """Return a home of a plan by its number; those beyond `plan.homes` are made up."""
    chance = generator(plan.seed, "home", number)
    is_made_up = number >= plan.homes
    protocol = V1 if chance.random() < plan.app_share else V2
    begin = _begin(plan, chance)
    size = choose(chance, SIZES)
    favorite = choose(chance, TYPES)
    kinds = Counter(favorite if chance.random() < _SAME_TYPE else choose(chance, TYPES) for _ in range(size))
    is_moody = chance.random() < _OFTEN_OFF
    return Home(
        number=number,
        is_made_up=is_made_up,
        begin=begin,
        end=_some_week(plan, chance, begin, plan.leaving),
        switch=_some_week(plan, chance, begin, plan.switching) if protocol == V1 else None,
        deletion=_some_week(plan, chance, begin, plan.deleting),
        protocol=protocol,
        country=choose(chance, COUNTRIES),
        platform=choose(chance, PLATFORMS) if protocol == V1 else "linux",
        python=choose(chance, PYTHONS),
        mode=choose(chance, APP_MODES) if protocol == V1 else "homeassistant",
        printers=dict(sorted(kinds.items())),
        prints=chance.lognormvariate(1.0, 0.9),
        hours=chance.lognormvariate(1.1, 0.6),
        failing=chance.betavariate(1.5, 14),
        errors=chance.expovariate(2.0),
        lag=float("inf") if chance.random() < _NEVER_UPGRADES else chance.expovariate(1 / 1.5),
        silence=0.6 if is_moody else plan.silence,
        late=plan.late,
        categories=_categories(chance),
        own_mode=choose(chance, OWN_MODES),
        ha_lag=int(chance.expovariate(1 / HA_LAG_WEEKS)),
        app_mode=None if protocol == V1 else _app_mode(plan, number),
        features=_features(chance, begin),
        variant=_variant(plan, number),
    )


def _variant(plan: Plan, number: int) -> str | None:
    """Draw what a home has of the plan's trial, as its own draw: all else is as without one."""
    if plan.trial is None:
        return None
    chance = generator(plan.seed, plan.trial.name, number)
    takes_part = chance.randrange(_PERCENT) < plan.trial.population
    return chance.choice(plan.trial.effects)[0] if takes_part else None


def _app_mode(plan: Plan, number: int) -> str | None:
    """Draw how Printernizer runs beside the integration, mostly not at all."""
    chance = generator(plan.seed, "app", number)
    return choose(chance, APP_MODES) if chance.random() < _BESIDE else None


def _begin(plan: Plan, chance: Random) -> int:
    """Draw when a home is set up: before the first week, or sometime in the years since."""
    if chance.random() < plan.from_the_beginning:
        return plan.first_week - chance.randrange(_OLD_WEEKS)
    return plan.first_week + chance.randrange(plan.weeks)


def _some_week(plan: Plan, chance: Random, begin: int, share: float) -> int | None:
    """Draw when something happens to a share of the homes, at least a week after they began."""
    first = max(plan.first_week, begin) + 1
    happens, part = chance.random() < share, chance.random()
    if not happens or first > plan.last_week:
        return None
    return first + int(part * (plan.last_week + 1 - first))


def _categories(chance: Random) -> tuple[str, ...]:
    """Draw what a home agrees to share: most share all."""
    if chance.random() >= _DECLINING:
        return tuple(sorted(DICTIONARY.categories))
    declined = chance.choice(OPTIONAL)
    return tuple(sorted(name for name in DICTIONARY.categories if name != declined))


def _features(chance: Random, begin: int) -> dict[str, int]:
    """Draw which features come into use, and when: many at once, others weeks after."""
    found: dict[str, int] = {}
    for rank, name in enumerate(DICTIONARY.enums["feature"], 1):
        if chance.random() < 1 / (1 + rank / 4):
            later = geometric(chance, _FEATURE_WEEKS) if chance.random() < 1 / 2 else 0
            found[name] = begin + later
    return found
