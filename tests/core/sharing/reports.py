"""What tests of reports have in common: an installation, who agreed to what, and a week."""

from datetime import date, timedelta
from typing import Any

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing.report import (
    Agreement,
    InstallationInfo,
    ReportIdentity,
    Supplement,
    everything,
)

MONDAY = date(2026, 11, 16)
IDENTITY = "550e8400-e29b-41d4-a716-446655440000"
AUTHOR = ReportIdentity(installation_id=IDENTITY, agreement=everything())


def facts(**changes: Any) -> InstallationInfo:
    known: dict[str, Any] = {
        "app_version": "0.1.0",
        "python_version": "3.14",
        "platform": "linux",
        "deployment_mode": "homeassistant",
        "country_code": "NL",
        "fleet": PrinterFleet(types={"octoprint": 2, "prusa": 1}),
        "ha_version": "2026.11",
    }
    return InstallationInfo(**known | changes)


def agreement(*categories: str) -> Agreement:
    return Agreement(version=1, categories=("base", *categories), text_sha256="ab" * 32)


SUPPLEMENT = Supplement(
    first_report=False,
    weeks_since_previous_report="3",
    previous_app_version=None,
    age_bucket="3-6m",
    features={"dashboard_enabled": True, "energy_enabled": False},
    features_first_used=("dashboard_enabled",),
)
COUNTRY, PRINTERS, FEATURES, SYSTEM = DICTIONARY.turns
EVERY = ("errors", "features", "printers", "usage")
WEEK = (MONDAY, MONDAY + timedelta(days=7))


def author(*categories: str, turn: str = COUNTRY, supplement: Supplement = SUPPLEMENT) -> ReportIdentity:
    """An author of the second protocol, in a week of that turn."""
    return ReportIdentity(
        installation_id=f"{IDENTITY[:-1]}{DICTIONARY.turns.index(turn)}",
        agreement=agreement(*categories),
        supplement=supplement,
    )


BY_TYPE = {
    "type.job_completed.prusa": 3,
    "type.job_failed.prusa": 1,
    "type.job_cancelled.octoprint": 2,
    "type.error_occurred.prusa": 4,
}
TOLD_BY_TYPE = {
    "completed_by_type": {"prusa": 3},
    "failed_by_type": {"prusa": 1},
    "cancelled_by_type": {"octoprint": 2},
    "errors_by_type": {"prusa": 4},
}
