"""What a home is like in a week: how the properties of its rows are counted, and the scopes that it is in."""

from collections.abc import Iterator, Mapping, Sequence
import re
from typing import Any

from aggregation.dictionary import DICTIONARY
from aggregation.protocol.fields import V2, V2_FIELDS
from aggregation.rollups.scopes import PAIR, Scope
from aggregation.rollups.values import OTHER, country, home_assistant_version, python_version

type Row = Mapping[str, Any]
"""A row of `submissions` by column name; columns that are not there are as good as empty."""

NONE = "none"
MIGRATION = ">"
SAME = "same"
"""In place of the version that a home has changed to: it has the one of its report before."""
LONG_GAP_WEEKS = 14
_AGE = re.compile(r"(\d+)-(\d+)([wmy])")
_WEEKS_OF = {"w": 1.0, "m": 26 / 6, "y": 52.0}
_UNTOLD_DEPLOYMENT = V2_FIELDS["installation.deployment_mode"].untold


def _age_buckets() -> list[tuple[float, str]]:
    """Return where the buckets of ages end, in weeks, as the dictionary names them; the last has no end."""
    found = (_AGE.fullmatch(name) for name in DICTIONARY.enums["age_bucket"])
    return sorted((int(one[2]) * _WEEKS_OF[one[3]], one[0]) for one in found if one)


_AGE_BUCKETS = _age_buckets()
_OLDEST = next(name for name in DICTIONARY.enums["age_bucket"] if name.endswith("+"))


def scopes(group: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield what the home can be filtered by; one that is counted apart is nowhere else."""
    if all(row["is_apart"] for row in group):
        yield Scope.APART, ""
        return
    first, last = group[0], group[-1]
    yield Scope.ALL, ""
    yield Scope.GAP, gap(first)
    yield Scope.AGE, age(first)
    yield Scope.PLATFORM, last["platform"]
    yield Scope.PYTHON_VERSION, python_version(last["python_version"])
    yield from filters(last)
    if mode := deployment(last):
        yield Scope.VERSION_MODE, f"{version(last)}{PAIR}{mode}"
    if last.get("ha_version"):
        yield Scope.HA_VERSION, home_assistant_version(last["ha_version"])
    yield from _beside(last)
    if len(kinds := printer_types(last)) == 1:
        yield Scope.ONLY_PRINTER_TYPE, kinds[0]
    if changed := change_of_version(first, last):
        yield Scope.CHANGED_TO, changed
    if variant := experiment(last):
        yield Scope.EXPERIMENT, variant
    for feature in features_on(last):
        yield Scope.FEATURE, feature
    for feature in last.get("features_first_used") or ():
        yield Scope.FEATURE_FIRST, feature


def _beside(row: Row) -> Iterator[tuple[Scope, str]]:
    """Yield what is told of the Printernizer that is connected to a home's integration."""
    if row.get("printernizer_version"):
        yield Scope.PRINTERNIZER_VERSION, printernizer_version(row)
    if row.get("printernizer_mode"):
        yield Scope.PRINTERNIZER_MODE, row["printernizer_mode"]


def filters(row: Row) -> Iterator[tuple[Scope, str]]:
    """Yield the properties by which also the days of receipt can be filtered."""
    yield Scope.PROTOCOL, row["protocol"]
    yield Scope.APP_VERSION, version(row)
    if mode := deployment(row):
        yield Scope.DEPLOYMENT_MODE, mode
    if code := country(row["country_code"]):
        yield Scope.COUNTRY, code
    for kind in printer_types(row):
        yield Scope.PRINTER_TYPE, kind


def deployment(row: Row) -> str | None:
    """Return how it is installed; None of a report of 2.0 about a week in which that is not told."""
    mode: str | None = row["deployment_mode"]
    is_untold = row["protocol"] == V2 and mode == _UNTOLD_DEPLOYMENT
    return None if is_untold else mode or OTHER


def gap(row: Row) -> str:
    """Return the weeks since the report before: exact, or a bucket where a client of 2.0 tells one."""
    text: str = row["weeks_since_previous_report"] or NONE
    return f"{LONG_GAP_WEEKS}+" if text.isdecimal() and int(text) >= LONG_GAP_WEEKS else text


def age(row: Row) -> str:
    """Return how old a home is, as the buckets of 2.0 say it."""
    text: str = row["age_bucket"] or "0"
    if not text.isdecimal():
        return text
    return next((name for weeks, name in _AGE_BUCKETS if int(text) < weeks), _OLDEST)


def version(row: Row) -> str:
    """Return the version of a home, as it is counted."""
    return OTHER if row["app_version_as"] == OTHER else row["app_version"] or OTHER


def previous_version(row: Row) -> str:
    """Return the version of a home in the report before, as it is counted; untold it is the same one."""
    if row["previous_app_version"] is None:
        return version(row)
    return OTHER if row["previous_version_as"] == OTHER else row["previous_app_version"]


def printernizer_version(row: Row) -> str:
    """Return the version of Printernizer that is connected to a home's integration, as it is counted."""
    text: str = row["printernizer_version"]
    return OTHER if row["printernizer_as"] == OTHER else text


def migration(first: Row, last: Row) -> str:
    """Return from which version a home came to which; only recent ones have names here."""
    told = first["previous_app_version"] is not None
    before = OTHER if first["previous_version_as" if told else "app_version_as"] else previous_version(first)
    return f"{before}{MIGRATION}{OTHER if last['app_version_as'] else version(last)}"


def change_of_version(first: Row, last: Row) -> str | None:
    """Return the version that a home has changed to since its report before, or SAME; None without one."""
    if gap(first) == NONE:
        return None
    before = first["previous_app_version"] or first["app_version"]
    return SAME if before == last["app_version"] else version(last)


def printer_types(row: Row) -> list[str]:
    """Return the types of printers of a home, each once."""
    counted = [kind for kind, count in (row["printer_type_counts"] or {}).items() if count]
    return sorted({*counted, *(row["printer_types"] or ())})


def features_on(row: Row) -> list[str]:
    """Return the features that are in use."""
    return [feature for feature, enabled in (row["feature_usage"] or {}).items() if enabled]


def experiment(row: Row) -> str | None:
    """Return the experiment that a home takes part in, with its variant."""
    name, variant = row.get("experiment"), row.get("variant")
    return f"{name}{PAIR}{variant}" if name and variant else None
