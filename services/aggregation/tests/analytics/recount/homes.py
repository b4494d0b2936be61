"""Measures that count homes, and kinds of homes: what each home is counted as."""

from collections.abc import Callable, Mapping, Sequence

from packaging.version import Version

from aggregation import __version__
from aggregation.fleet.plan import all_versions
from aggregation.rollups.measures import MEASURES, Measure
from aggregation.rollups.scopes import Scope
from aggregation.weeks import monday
from tests.analytics.recount.amounts import capped_usage, possible_errors, usage
from tests.analytics.recount.plans import PLAN
from tests.analytics.recount.told import Told

OTHER = "other"
PAIRED = 30
"""So many of the newest versions have names in pairs of versions."""
BANDS = (0, 50, 70, 80, 90, 95, 100)

RELEASED = sorted({*all_versions(PLAN), __version__}, key=Version, reverse=True)
NAMED, NAMED_IN_PAIRS = frozenset(RELEASED), frozenset(RELEASED[:PAIRED])

type Names = Sequence[str | None]


def version(name: object) -> str:
    """Return a released version; one that a home made up is another one."""
    return str(name) if name in NAMED else OTHER


def in_pair(name: object) -> str:
    """Return a version as pairs have it."""
    return str(name) if name in NAMED_IN_PAIRS else OTHER


def deployment(each: Told) -> str | None:
    """Return how it is installed, unless it is not the week to tell that."""
    mode = str(each.last["deployment_mode"])
    return None if each.protocol == "2.0" and mode == "homeassistant" else mode


def country(each: Told) -> str | None:
    """Return its country, if it tells that."""
    return None if each.last["country_code"] == "XX" else str(each.last["country_code"])


def printer_types(each: Told) -> list[str]:
    """Return the types of its printers."""
    return [kind for kind, count in (each.last.get("printer_type_counts") or {}).items() if count]


def features(each: Told, *, on: bool) -> list[str]:
    """Return the features that are on, or off."""
    return [name for name, enabled in (each.last.get("feature_usage") or {}).items() if enabled is on]


def beside(each: Told) -> str | None:
    """Return the version of the Printernizer that is connected."""
    name = each.last.get("printernizer_version")
    return None if name is None else version(name)


def experiment(each: Told) -> str | None:
    """Return the experiment that it takes part in, and its variant."""
    name = each.last.get("experiment")
    return None if name is None else f"{name} {each.last['variant']}"


def changed_to(each: Told) -> str | None:
    """Return the version that it has now and had not before."""
    if each.gap is None:
        return None
    is_same = each.version_before == each.last["app_version"]
    return "same" if is_same else version(each.last["app_version"])


def bucket(each: Told, name: str) -> Names:
    """Return the power of two that a count of prints or hours reaches."""
    return [_power(usage(each)[name])] if each.is_told(name) else []


def _power(count: int) -> str:
    return str(min(1024, 1 << count.bit_length() - 1) if count > 0 else 0)


def success(each: Told) -> Names:
    """Return the band of the completed prints, in percent of all that ended."""
    ends = [usage(each)[f"{name}_count"] for name in ("completed", "failed", "cancelled")]
    return [str(max(low for low in BANDS if low * sum(ends) <= 100 * ends[0]))] if any(ends) else []


def clipped(each: Told) -> Names:
    """Return why less is counted than is told."""
    found = usage(each)
    impossible = any(each.total(name) > count for name, count in found.items())
    return ["impossible"] * impossible + ["bounded"] * (found != capped_usage(each))


def delay(each: Told) -> Names:
    """Return how many days after the end of the week the first report came."""
    return [str(min(35, max(-7, (each.received - monday(each.week + 1)).days)))]


HOMES: dict[Measure, Callable[[Told], Names]] = {
    Measure.PROTOCOL: lambda each: [each.protocol],
    Measure.APP_VERSION: lambda each: [version(each.last["app_version"])],
    Measure.PYTHON_VERSION: lambda each: [str(each.last["python_version"]).removesuffix(".0")],
    Measure.PLATFORM: lambda each: [each.last["platform"]],
    Measure.DEPLOYMENT_MODE: lambda each: [deployment(each)],
    Measure.COUNTRY: lambda each: [country(each)],
    Measure.GAP: lambda each: [{None: "none", 14: "14+"}.get(each.gap, str(each.gap))],
    Measure.AGE: lambda each: [each.age],
    Measure.PREVIOUS_VERSION: lambda each: [None if each.gap is None else version(each.version_before)],
    Measure.MIGRATION: lambda each: [
        None if each.gap is None else f"{in_pair(each.version_before)}>{in_pair(each.last['app_version'])}"
    ],
    Measure.HA_VERSION: lambda each: [each.last.get("ha_version")],
    Measure.PRINTERNIZER_VERSION: lambda each: [beside(each)],
    Measure.PRINTERNIZER_MODE: lambda each: [each.last.get("printernizer_mode")],
    Measure.EXPERIMENT: lambda each: [experiment(each)],
    Measure.HOME_SIZE: lambda each: (
        [str(min(20, each.last["printer_count"]))] if each.last.get("printer_count") is not None else []
    ),
    Measure.PRINTER_TYPE_HOMES: printer_types,
    Measure.FEATURE_ON: lambda each: features(each, on=True),
    Measure.FEATURE_OFF: lambda each: features(each, on=False),
    Measure.FEATURE_FIRST: lambda each: each.last.get("features_first_used") or [],
    Measure.ERROR_HOMES: lambda each: [*(found := each.counts("error_summary")), *[""][: len(found)]],
    Measure.TYPE_ERROR_HOMES: lambda each: list(each.counts("errors_by_type")),
    Measure.ERRORS_OF_HOME: lambda each: (
        [_power(sum(possible_errors(each).values()))] if each.is_told("error_summary") else []
    ),
    Measure.JOBS_HOMES: lambda each: bucket(each, "job_count"),
    Measure.HOURS_HOMES: lambda each: bucket(each, "print_hours"),
    Measure.SUCCESS_HOMES: success,
    Measure.CLIPPED: clipped,
    Measure.CONSENT: lambda each: each.last.get("consent_categories") or [],
    Measure.CONSENT_VERSION: lambda each: [
        None if each.last.get("consent_version") is None else str(each.last["consent_version"])
    ],
    Measure.DELAY: delay,
}
PLAIN: dict[Measure, Callable[[Told], bool]] = {
    Measure.ACTIVE: lambda _: True,
    Measure.FIRST_REPORT: lambda each: each.gap is None,
    Measure.ERROR_REPORTING: lambda each: each.is_told("error_summary"),
    Measure.USAGE_HOMES: lambda each: each.is_told("job_count"),
    Measure.PRINTER_HOMES: lambda each: each.last.get("printer_count") is not None,
    Measure.ERROR_REPORTING_4W: lambda each: each.protocol == "1.0" and each.is_told("error_summary"),
    Measure.ERROR_HOMES_4W: lambda each: (
        each.protocol == "1.0" and each.weeks_since_error is not None and each.weeks_since_error < 4
    ),
}
SCOPES: dict[Scope, Callable[[Told], Names]] = {
    **{scope: HOMES[MEASURES[scope]] for scope in Scope if MEASURES.get(scope) in HOMES},
    Scope.PRINTER_TYPE: printer_types,
    Scope.ONLY_PRINTER_TYPE: lambda each: kinds if len(kinds := printer_types(each)) == 1 else [],
    Scope.FEATURE: lambda each: features(each, on=True),
    Scope.VERSION_MODE: lambda each: (
        [f"{version(each.last['app_version'])} {mode}"] if (mode := deployment(each)) else []
    ),
    Scope.CHANGED_TO: lambda each: [changed_to(each)],
}


def counted_as(each: Told) -> Mapping[Measure, Mapping[str, int]]:
    """Return the values of all measures of homes that a home counts for once."""
    found = {measure: dict.fromkeys(some(values(each)), 1) for measure, values in HOMES.items()}
    return found | {measure: {"": 1} for measure, holds in PLAIN.items() if holds(each)}


def some(values: Names) -> list[str]:
    """Return the values that are told."""
    return [value for value in values if value is not None]
