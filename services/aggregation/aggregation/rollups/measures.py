"""Measures: what a sum is about, each declared once.

A sum is named `measure:value`. From here follow what `/stats/weekly` takes, the table in
docs/service/questions.md, the titles of exports and pages, and what may be published.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """How a measure counts."""

    HOMES = "homes"
    """Each home once in a week, for each value at most."""
    SUM = "sum"
    """What homes tell, added up."""
    DAY = "by day"
    """Reports by the day on which they came, under that day's week; the value begins with the weekday."""


class Values(StrEnum):
    """How the values of a measure go together."""

    NONE = "none"
    """There is one sum, of the value "", and no other."""
    ONE = "one"
    """Each home has one: they add up to the homes."""
    SEVERAL = "several"
    """A home may have several, or none: they add up to nothing."""
    PARTS = "parts"
    """They add up to a whole."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of a measure."""

    kind: Kind
    label: str
    """Its title in tables, exports and pages."""
    values: Values = Values.NONE
    of: tuple[str, ...] = ("active",)
    """The measures that count the homes which could have been counted; of several, of the same value."""
    unit: str = "homes"
    most: int | None = 1
    """The most that one home adds in a week, all values together; None where only the possible bounds it."""
    is_public: bool = False
    """Whether it may be published: each home is in one place."""
    tellers: str = ""
    """What the homes with one of its values are called, where not all have one."""


def _homes(
    label: str, values: Values = Values.NONE, of: tuple[str, ...] = ("active",), *, is_public: bool = False
) -> Declared:
    """Declare a measure that counts homes."""
    return Declared(Kind.HOMES, label, values, of, is_public=is_public)


def _told(name: str, label: str, tellers: str, *, is_public: bool = True) -> Declared:
    """Declare a measure of the one value that a home tells, of the homes that tell it."""
    return Declared(Kind.HOMES, label, Values.ONE, (name,), is_public=is_public, tellers=tellers)


def _sum(label: str, unit: str, of: str, most: int | None = None, values: Values = Values.NONE) -> Declared:
    """Declare a measure that adds up."""
    return Declared(Kind.SUM, label, values, (of,), unit, most)


def _by_type(label: str, unit: str, most: int) -> Declared:
    """Declare a measure that adds up what homes tell of each type of printer."""
    return Declared(Kind.SUM, label, Values.PARTS, ("printer_type_homes",), unit, most)


def _day(label: str, unit: str, most: int | None = None) -> Declared:
    """Declare a measure of the day on which a report came."""
    return Declared(Kind.DAY, label, Values.PARTS, (), unit, most)


MOST_HOURS_UP = 216
"""The largest of the bounds of usage: a week of eight days, and one."""
_ONE, _SEVERAL, _PARTS = Values.ONE, Values.SEVERAL, Values.PARTS
_FEATURES = ("feature_on", "feature_off")


class Measure(StrEnum):
    """What the sums of a week hold."""

    declared: Declared

    def __new__(cls, name: str, declared: Declared) -> Self:
        """Take a name and what is said of it."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.declared = declared
        return member

    ACTIVE = "active", _homes("Homes that report", is_public=True)
    PROTOCOL = "protocol", _homes("Protocol", _ONE)
    APP_VERSION = "app_version", _homes("Version", _ONE, is_public=True)
    PYTHON_VERSION = "python_version", _homes("Python", _ONE, is_public=True)
    PLATFORM = "platform", _homes("Platform", _ONE, is_public=True)
    DEPLOYMENT_MODE = (
        "deployment_mode",
        _told("deployment_mode", "Deployment", "Homes that tell their deployment"),
    )
    COUNTRY = "country", _told("country", "Country", "Homes that tell their country")
    GAP = "gap", _homes("Weeks since the report before", _ONE)
    AGE = "age", _homes("Time since the first report", _ONE)
    FIRST_REPORT = "first_report", _homes("New homes", is_public=True)
    PREVIOUS_VERSION = "previous_version", _homes("Version in the report before", _SEVERAL)
    MIGRATION = "migration", _homes("Version before > version now", _SEVERAL)
    PRINTERS = "printers", _sum("Printers", "printers", "printer_homes", 100)
    CAPPED_PRINTERS = "capped_printers", _sum("Printers, bounded", "printers", "printer_homes", 20)
    CAPPED_PRINTERS_SQUARES = "capped_printers_squares", _sum("Printers, squared", "", "printer_homes", 400)
    PRINTER_HOMES = "printer_homes", _homes("Homes that share their printers")
    HOME_SIZE = "home_size", _homes("Printers of a home", _ONE, ("printer_homes",), is_public=True)
    PRINTER_TYPE = "printer_type", _sum("Printers by type", "printers", "printer_homes", 100, _PARTS)
    CAPPED_PRINTER_TYPE = (
        "capped_printer_type",
        _sum("Printers by type, bounded", "printers", "printer_homes", 20, _PARTS),
    )
    PRINTER_TYPE_HOMES = (
        "printer_type_homes",
        _homes("Homes with a type of printer", _SEVERAL, ("printer_homes",)),
    )
    FEATURE_ON = "feature_on", _homes("Feature on", _SEVERAL, _FEATURES)
    FEATURE_OFF = "feature_off", _homes("Feature off", _SEVERAL, _FEATURES)
    USAGE = "usage", _sum("Prints, hours and files", "", "usage_homes", None, _SEVERAL)
    CAPPED_USAGE = (
        "capped_usage",
        _sum("Prints, hours and files, bounded", "", "usage_homes", MOST_HOURS_UP, _SEVERAL),
    )
    CAPPED_USAGE_SQUARES = (
        "capped_usage_squares",
        _sum("Prints, hours and files, squared", "", "usage_homes", MOST_HOURS_UP**2, _SEVERAL),
    )
    USAGE_HOMES = "usage_homes", _homes("Homes that share what they print")
    JOBS_HOMES = "jobs_homes", _homes("Prints of a home", _ONE, ("usage_homes",), is_public=True)
    SUCCESS_HOMES = (
        "success_homes",
        _told("success_homes", "Success rate of a home", "Homes that share how their prints ended"),
    )
    HOURS_HOMES = "hours_homes", _homes("Hours printed by a home", _ONE, ("usage_homes",), is_public=True)
    ERRORS = "errors", _sum("Errors", "errors", "error_reporting", None, _PARTS)
    CAPPED_ERRORS = "capped_errors", _sum("Errors, bounded", "errors", "error_reporting", 10, _PARTS)
    CAPPED_ERRORS_SQUARES = (
        "capped_errors_squares",
        _sum("Errors, squared", "", "error_reporting", 100, _SEVERAL),
    )
    ERROR_HOURS = (
        "error_hours",
        _sum("Hours of failed prints in homes with an error", "hours", "error_reporting", 96, _SEVERAL),
    )
    ERROR_HOMES = "error_homes", _homes("Homes with an error", _SEVERAL, ("error_reporting",))
    ERROR_REPORTING = "error_reporting", _homes("Homes that share errors")
    ERROR_HOMES_4W = "error_homes_4w", _homes("Homes with an error in four weeks", of=("error_reporting_4w",))
    ERROR_REPORTING_4W = "error_reporting_4w", _homes("Homes whose errors of four weeks are known")
    ERRORS_OF_HOME = "errors_of_home", _homes("Errors of a home", _ONE, ("error_reporting",), is_public=True)
    TYPE_COMPLETED = "type_completed", _by_type("Completed prints by type of printer", "prints", 24)
    TYPE_FAILED = "type_failed", _by_type("Failed prints by type of printer", "prints", 24)
    TYPE_CANCELLED = "type_cancelled", _by_type("Canceled prints by type of printer", "prints", 24)
    TYPE_ERRORS = "type_errors", _by_type("Errors by type of printer", "errors", 10)
    TYPE_ERROR_HOMES = (
        "type_error_homes",
        _homes("Homes with an error of a type of printer", _SEVERAL, ("printer_type_homes",)),
    )
    FEATURE_FIRST = "feature_first", _homes("Feature used for the first time", _SEVERAL, _FEATURES)
    HA_VERSION = (
        "ha_version",
        _told("ha_version", "Home Assistant", "Homes that tell their version of Home Assistant"),
    )
    PRINTERNIZER_VERSION = (
        "printernizer_version",
        _told("printernizer_version", "Printernizer", "Homes that tell their Printernizer", is_public=False),
    )
    PRINTERNIZER_MODE = (
        "printernizer_mode",
        _told("printernizer_mode", "How Printernizer runs", "Homes that tell how it runs", is_public=False),
    )
    EXPERIMENT = (
        "experiment",
        _told("experiment", "Experiment and variant", "Homes that take part in one", is_public=False),
    )
    CONSENT = "consent", _homes("Categories that are shared", _SEVERAL)
    CONSENT_VERSION = "consent_version", _homes("Version of the consent", _SEVERAL)
    DELAY = "delay", _homes("Days from the end of the week to the report", _ONE)
    CLIPPED = "clipped", _homes("Homes that count for less than they tell", _SEVERAL)
    RECEIVED = "received", _day("Reports received", "reports")
    RECEIVED_ERRORS = "received_errors", _day("Errors in reports received, bounded", "errors")
    NEW_HOMES = "new_homes", _day("Homes heard of for the first time", "homes", 1)
    SEEN = "seen", _day("Homes heard of, by the days since before", "homes")

    @property
    def has_own_total(self) -> bool:
        """Tell whether a sum of the value "" counts homes with any of the values."""
        return self in {Measure.ERROR_HOMES, Measure.CAPPED_ERRORS_SQUARES}

    @property
    def population(self) -> str:
        """Return whose share or amount a rate is."""
        counted = (MEASURES[name].declared for name in self.declared.of)
        return " or ".join(declared.tellers or declared.label for declared in counted)

    @property
    def has_total(self) -> bool:
        """Tell whether all values together mean something."""
        return self.declared.values is not Values.SEVERAL or self.has_own_total


MEASURES = {measure.value: measure for measure in Measure}
UNITS = {
    "job_count": "prints",
    "completed_count": "prints",
    "failed_count": "prints",
    "cancelled_count": "prints",
    "print_hours": "hours",
    "file_count": "files",
    "upload_count": "files",
    "uptime_hours": "hours",
}
"""The units of the values of `usage`, which have none together."""
