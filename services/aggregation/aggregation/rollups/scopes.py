"""Scopes: the homes that a sum is over, each declared once."""

from enum import StrEnum
from typing import Self


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
