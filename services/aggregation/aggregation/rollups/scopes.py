"""Scopes: the homes that a sum is over, each declared once."""

from enum import StrEnum
from typing import Self

PAIR = " "
"""Between the two values of a pair."""


class Scope(StrEnum):
    """All homes, or those with one property; those that are counted apart are in no other."""

    label: str

    def __new__(cls, name: str, label: str) -> Self:
        """Take a declaration."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.label = label
        return member

    ALL = "all", "All homes"
    APART = "apart", "Homes that are counted apart"
    PROTOCOL = "protocol", "Protocol"
    APP_VERSION = "app_version", "Version"
    DEPLOYMENT_MODE = "deployment_mode", "Deployment"
    COUNTRY = "country", "Country"
    PRINTER_TYPE = "printer_type", "Homes with a type of printer"
    GAP = "gap", "Weeks since the report before"
    AGE = "age", "Time since the first report"
    PLATFORM = "platform", "Platform"
    PYTHON_VERSION = "python_version", "Python"
    HA_VERSION = "ha_version", "Home Assistant"
    PRINTERNIZER_VERSION = "printernizer_version", "Printernizer beside the integration"
    PRINTERNIZER_MODE = "printernizer_mode", "How Printernizer runs beside the integration"
    FEATURE = "feature", "Feature in use"
    FEATURE_FIRST = "feature_first", "Feature used for the first time"
    ONLY_PRINTER_TYPE = "only_printer_type", "Type of all its printers"
    VERSION_MODE = "version_mode", "Version and deployment, with a blank between"
    CHANGED_TO = "changed_to", "Version that it has changed to since its report before, or `same`"
    EXPERIMENT = "experiment", "Experiment and variant, with a blank between"
    RECEIVED = "received", "All homes by the day of receipt, or `apart`, or `scope=value`"


BY_DAY = (Scope.PROTOCOL, Scope.APP_VERSION, Scope.DEPLOYMENT_MODE, Scope.COUNTRY, Scope.PRINTER_TYPE)
"""The scopes by which also the days of receipt can be filtered."""
