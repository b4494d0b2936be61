"""Simulated homes whose weekly reports the integration's own code makes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
import json
from pathlib import Path
import sys
from typing import Any, Final, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from custom_components.printernizer_stats.core.counters import (
    COUNTED_BY_TYPE,
    ERROR_PREFIX,
    PRINT_SECONDS,
    TYPE_PREFIX,
    UPTIME_SECONDS,
)
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing.history import age_bucket
from custom_components.printernizer_stats.core.sharing.identity import derive
from custom_components.printernizer_stats.core.sharing.report import (
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
    everything,
)

WEEK: Final = timedelta(days=7)
WEEK_SECONDS: Final = 7 * 24 * 3600
FIRST: Final = date(2026, 1, 5)
# Assumed shares: countries roughly as in Home Assistant's public analytics, printers as in shop statistics.
COUNTRIES: Final = {
    "US": 19, "DE": 18, "NL": 8, "FR": 8, "GB": 8, "XX": 5, "IT": 4, "ES": 4, "SE": 3, "BE": 3, "AU": 3,
    "CA": 3, "PL": 3, "AT": 2, "CH": 2, "DK": 2, "NO": 2, "FI": 1, "CZ": 1, "PT": 1, "NZ": 0.5, "IE": 0.5,
    "HU": 0.5, "SI": 0.3, "EE": 0.2, "IS": 0.1,
}  # fmt: skip
TYPES: Final = {
    "bambu_lab": 36, "octoprint": 18, "klipper": 18, "prusa": 12, "creality": 6, "elegoo": 3, "anycubic": 3,
    "flashforge": 2, "ultimaker": 0.8, "snapmaker": 0.7, "repetier": 0.3, "dremel": 0.2,
}  # fmt: skip
FLEET_SIZES: Final = {1: 68, 2: 19, 3: 7, 4: 3, 5: 1.2, 6: 0.7, 8: 0.5, 10: 0.3, 14: 0.2, 30: 0.1}
VERSIONS: Final = ("1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.3.0")
RELEASED_EVERY: Final = 3  # weeks
MOVES: Final = 0.004  # of the homes buy or retire a printer in a week
DEPLOYMENTS: Final = {
    "homeassistant_os": 70, "homeassistant_container": 20, "homeassistant_supervised": 6,
    "homeassistant_core": 4,
}  # fmt: skip
FEATURES: Final = {
    "automations_used": 0.3, "backfill_used": 0.4, "dashboard_enabled": 0.55, "described_printers_used": 0.12,
    "energy_enabled": 0.2, "exports_used": 0.08, "maintenance_enabled": 0.25,
}  # fmt: skip
BESIDE: Final = 0.2  # of the homes connect Printernizer
APP_MODES: Final = {"docker": 45, "homeassistant": 35, "pi": 12, "standalone": 8}
APP_VERSIONS: Final = ("2.40.0", "2.41.0", "2.41.1", "2.42.0", "2.43.0", "2.44.0")
BEGINS, ENDS = 0.004, 0.002  # of the homes begin or end to use a feature in a week
LATE_WEEKS, MONTHS_LATE, UP_TO_DATE = 1.2, 2.0, 0.45  # of installing what Home Assistant releases each month
WEEKS_OF_MONTH: Final = 4.35
BY_TYPE: Final = ("completed_by_type", "failed_by_type", "cancelled_by_type", "errors_by_type")


@dataclass(slots=True, kw_only=True)
class Home:
    """What stays of a home over the weeks, and what it tends to do."""

    secret: bytes
    country: str
    types: dict[str, int]
    lag: float
    first: date
    prints: float
    hours: float
    failing: float
    slot: int
    deployment: str
    features: set[str]
    months_late: float
    variant: int
    app_mode: str | None
    app_lag: float
    version: str = VERSIONS[0]
    reported: bool = False


class Seen(NamedTuple):
    """One report: whose it is, when it comes (second of the week), what it tells and what it could have.

    Both by name; what is not told is not there.
    """

    home: int
    arrival: int
    content: dict[str, Any]
    told: dict[str, Any]
    all: dict[str, Any]


def choose(random: np.random.Generator, shares: Mapping[Any, float]) -> Any:
    """Draw a key with its share as weight."""
    weights = np.array(list(shares.values()), dtype=float)
    return list(shares)[int(random.choice(len(weights), p=weights / weights.sum()))]


def settle(random: np.random.Generator) -> Home:
    """Make up one home."""
    size = choose(random, FLEET_SIZES)
    favorite = choose(random, TYPES)
    apart = random.spawn(1)[0]  # so that all else of the homes is as it was before Printernizer was told of
    drawn = [favorite if random.random() < 0.6 else choose(random, TYPES) for _ in range(size)]  # noqa: PLR2004
    return Home(
        secret=random.bytes(32),
        country=choose(random, COUNTRIES),
        types=dict(sorted(Counter(drawn).items())),
        lag=float(random.exponential(1.5)),
        first=FIRST - timedelta(days=int(random.integers(0, 300))),
        prints=size * float(random.lognormal(1.0, 0.9)),
        hours=float(random.lognormal(1.1, 0.6)),
        failing=float(random.beta(1.5, 14)),
        slot=int(random.integers(WEEK_SECONDS)),
        deployment=choose(random, DEPLOYMENTS),
        features={name for name, share in FEATURES.items() if random.random() < share},
        months_late=0.0 if random.random() < UP_TO_DATE else float(random.exponential(MONTHS_LATE)),
        variant=int(random.integers(2)),
        app_mode=choose(apart, APP_MODES) if apart.random() < BESIDE else None,
        app_lag=float(apart.exponential(4.0)),
    )


def weekly(random: np.random.Generator, homes: list[Home], weeks: int) -> Iterator[list[Seen]]:
    """Yield what the service gets, week by week."""
    for week in range(weeks):
        start = FIRST + week * WEEK
        seen = []
        for number, home in enumerate(homes):
            change(random, home, week)
            new = turn_on(random, home, week)
            counts = counted(random, home)
            content = report(home, counts, new, start)
            could = everything_of(home, counts, new, start)
            seen.append(Seen(number, home.slot, content, told(content), could))
        yield seen


def turn_on(random: np.random.Generator, home: Home, week: int) -> tuple[str, ...]:
    """Let a home begin to use features, and end to; return those that are new to it."""
    new = tuple(name for name in FEATURES if week and name not in home.features and random.random() < BEGINS)
    home.features = {name for name in sorted(home.features) if random.random() > ENDS} | {*new}
    return new


def month_of(home: Home, start: date) -> int:
    """Return the version of Home Assistant, in months since the first."""
    weeks = (start - FIRST).days / 7 + 2 * WEEKS_OF_MONTH - LATE_WEEKS * home.lag / 1.5
    return int(weeks / WEEKS_OF_MONTH - home.months_late)


def app_of(home: Home, start: date) -> tuple[str, int] | None:
    """Return how Printernizer runs and which of its versions, where it is connected."""
    if home.app_mode is None:
        return None
    released = 3 + (start - FIRST).days // 7 / RELEASED_EVERY
    return home.app_mode, int(min(len(APP_VERSIONS) - 1, max(0, released - home.app_lag / RELEASED_EVERY)))


def change(random: np.random.Generator, home: Home, week: int) -> None:
    """Let a week pass: some buy a printer, some retire one."""
    if random.random() < MOVES and week:
        kind = choose(random, TYPES)
        home.types[kind] = home.types.get(kind, 0) + 1
    elif random.random() < MOVES and sum(home.types.values()) > 1:
        kind = str(random.choice(list(home.types)))
        home.types[kind] -= 1
        home.types = {each: count for each, count in home.types.items() if count}


def report(home: Home, counts: dict[str, int], new: tuple[str, ...], start: date) -> dict[str, Any]:
    """Return the decoded body of a home's week."""
    week = (start - FIRST).days // 7
    version = VERSIONS[min(len(VERSIONS) - 1, int(max(0, week - home.lag)) // RELEASED_EVERY)]
    supplement = Supplement(
        first_report=not home.reported,
        weeks_since_previous_report="1" if home.reported else "none",
        previous_app_version=home.version if home.reported and home.version != version else None,
        age_bucket=age_bucket(home.first, start),
        features={name: name in home.features for name in FEATURES},
        features_first_used=new,
    )
    month = month_of(home, start) + 11
    app = app_of(home, start)
    installation = InstallationInfo(
        app_version=version,
        python_version="3.14",
        platform="linux",
        deployment_mode=home.deployment,
        country_code=home.country,
        fleet=PrinterFleet(types=home.types),
        ha_version=f"{2025 + month // 12}.{month % 12 + 1}",
        printernizer_version=APP_VERSIONS[app[1]] if app else None,
        printernizer_mode=app[0] if app else None,
    )
    author = ReportIdentity(
        installation_id=derive(home.secret, start).id, agreement=everything(), supplement=supplement
    )
    home.version, home.reported = version, True
    made = build(installation, counts, author, start, start + WEEK)
    content: dict[str, Any] = json.loads(made.body)
    return content


def told(content: dict[str, Any]) -> dict[str, Any]:
    """Return what a report tells that differs from home to home."""
    installation, usage = content["installation"], content["usage_stats"]
    found: dict[str, Any] = {"age": content["history"]["age_bucket"]}
    if installation["country_code"] != "XX":
        found["country"] = installation["country_code"]
    if fleet := content["printer_fleet"]:
        found["printers"] = fleet["printer_type_counts"]
        found["by_type"] = {name: usage.get(name, {}) for name in BY_TYPE}
    if "feature_usage" in usage:
        found["features"] = {name for name, used in usage["feature_usage"].items() if used}
        found["first_used"] = {*usage.get("features_first_used", ())}
    if "ha_version" in installation:
        year, month = map(int, installation["ha_version"].split("."))
        found["ha_version"] = 12 * year + month
        found["deployment"] = installation["deployment_mode"]
        version = installation.get("printernizer_version")
        found["app"] = (installation["printernizer_mode"], APP_VERSIONS.index(version)) if version else None
    return found


def everything_of(home: Home, counts: dict[str, int], new: tuple[str, ...], start: date) -> dict[str, Any]:
    """Return all that a report could tell; the age in days."""
    return {
        "age": (start - home.first).days,
        "country": home.country,
        "printers": dict(home.types),
        "by_type": {
            name: {kind: counts.get(f"{TYPE_PREFIX}{event}.{kind}", 0) for kind in home.types}
            for name, event in zip(BY_TYPE, COUNTED_BY_TYPE, strict=True)
        },
        "features": set(home.features),
        "first_used": {*new},
        "ha_version": month_of(home, start),
        "deployment": home.deployment,
        "app": app_of(home, start),
        "variant": home.variant,
    }


def counted(random: np.random.Generator, home: Home) -> dict[str, int]:
    """Draw what a home counted in a week; prints come in bursts."""
    prints = int(random.poisson(random.gamma(2.0, home.prints / 2.0)))
    failed = int(random.binomial(prints, home.failing))
    cancelled = int(random.binomial(prints - failed, 0.05))
    ended = {
        "job_completed": prints - failed - cancelled,
        "job_failed": failed,
        "job_cancelled": cancelled,
        "error_occurred": failed,
    }
    errors = int(random.poisson(0.2))
    counts = {
        **ended,
        PRINT_SECONDS: int(random.gamma(max(prints, 0.01), home.hours) * 3600),
        UPTIME_SECONDS: int((168 - random.exponential(0.7)) * 3600) if random.random() < 0.97 else 100 * 3600,  # noqa: PLR2004
        f"{ERROR_PREFIX}print_failed": failed,
        f"{ERROR_PREFIX}connection_error": errors,
    }
    shares = np.array(list(home.types.values()), dtype=float) / sum(home.types.values())
    for event, count in ended.items():
        for kind, part in zip(home.types, random.multinomial(count, shares), strict=True):
            counts[f"{TYPE_PREFIX}{event}.{kind}"] = int(part)
    return {metric: max(0, amount) for metric, amount in counts.items()}
