"""Receipts: what a stored one proves of its report, checked whenever it is shown."""

from enum import StrEnum

from .outbox import StoredReport
from .service_info import ServiceInfo, echoes


class Evidence(StrEnum):
    """From nothing to the best."""

    NONE = "none"
    NUMBER = "number"
    """The service only gave a number."""
    NAMED = "named"
    """The receipt names the SHA-256 of exactly these bytes."""
    SIGNED = "signed"
    """And it is signed by a key that the service has published."""


def evidence(known: ServiceInfo, report: StoredReport) -> Evidence:
    """Return what the receipt of a report proves."""
    if report.receipt is None:
        return Evidence.NONE
    claims = {name: value for name, value in report.receipt.items() if name != "submission_id"}
    if not echoes(claims, report.body):
        return Evidence.NUMBER
    return Evidence.SIGNED if known.is_signed(claims) else Evidence.NAMED
