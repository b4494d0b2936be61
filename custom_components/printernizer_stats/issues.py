"""Repair issues: what a user should know or decide, without a single name in it."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DATABASE_FILE, DOMAIN

ISSUE_NEW_PRINTERS: Final = "new_printers"
ISSUE_GONE: Final = "printer_gone"
ISSUE_DAMAGED: Final = "damaged_file"
ISSUE_TOO_NEW: Final = "file_too_new"
ISSUE_RENEWED: Final = "identity_renewed"
ISSUE_CONSENT: Final = "consent_outdated"
ISSUE_CLOCK: Final = "clock_wrong"
ISSUE_PROTOCOL_1: Final = "protocol_1"
ISSUE_APP_UNASKED: Final = "app_unasked"
ISSUE_APP_REFUSED: Final = "app_refused"
ISSUE_APP_SHARES: Final = "app_shares"


@callback
def async_report_damage(hass: HomeAssistant, kept: Path) -> None:
    """Tell that the file was damaged, and under which name it was kept."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_DAMAGED,
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_DAMAGED,
        translation_placeholders={"file": kept.name},
    )


@callback
def async_forget_damage(hass: HomeAssistant) -> None:
    """Take back that a damaged file was kept, once it is kept no longer."""
    ir.async_delete_issue(hass, DOMAIN, ISSUE_DAMAGED)


@callback
def async_report_too_new(hass: HomeAssistant, *, too_new: bool) -> None:
    """Tell that the file is of a newer version than this one, for as long as it is."""
    if not too_new:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_TOO_NEW)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_TOO_NEW,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_TOO_NEW,
        translation_placeholders={"file": DATABASE_FILE},
    )


@callback
def async_report_clock(hass: HomeAssistant, *, wrong: bool) -> None:
    """Tell that the clock was wrong, until the week in which that was seen is over."""
    if not wrong:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_CLOCK)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_CLOCK,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_CLOCK,
    )


@callback
def async_report_renewal(hass: HomeAssistant) -> None:
    """Tell that another installation goes by our identity, so that we had to take a new one."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_RENEWED,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_RENEWED,
    )


@callback
def async_offer_printers(hass: HomeAssistant, entry_id: str, count: int) -> None:
    """Offer printers that appeared after the set-up; an offer that is out of date goes away."""
    if not count:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_NEW_PRINTERS)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_NEW_PRINTERS,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_NEW_PRINTERS,
        translation_placeholders={"count": str(count)},
        data={"entry_id": entry_id},
    )


@callback
def async_report_gone(hass: HomeAssistant, entry_id: str, printer: str, *, kind: str, prints: int) -> None:
    """Tell that a printer that is counted is gone; `printer` is its id, `prints` how many it completed."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _gone_issue(printer),
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_GONE,
        data={"entry_id": entry_id, "printer": printer, "kind": kind, "prints": prints},
    )


@callback
def async_keep_gone(hass: HomeAssistant, gone: Collection[str]) -> None:
    """Take back what was told of printers that are not among those gone."""
    kept = {_gone_issue(each) for each in gone}
    for domain, issue in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue.startswith(f"{ISSUE_GONE}_") and issue not in kept:
            ir.async_delete_issue(hass, DOMAIN, issue)


def _gone_issue(printer: str) -> str:
    return f"{ISSUE_GONE}_{printer}"


@callback
def async_ask_again(hass: HomeAssistant, entry_id: str, *, outdated: bool) -> None:
    """Ask for consent to what a newer dictionary adds, for as long as there is no answer."""
    if not outdated:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_CONSENT)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_CONSENT,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_CONSENT,
        data={"entry_id": entry_id},
    )


@callback
def async_ask_for_protocol_1(hass: HomeAssistant, endpoint: str, *, needed: bool) -> None:
    """Ask for the agreement that a service's only protocol needs, for as long as there is none."""
    if not needed:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_PROTOCOL_1)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_PROTOCOL_1,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_PROTOCOL_1,
        translation_placeholders={"endpoint": endpoint},
    )


@callback
def async_report_apps(hass: HomeAssistant, *, unasked: int, refused: bool, shares: bool) -> None:
    """Tell what a person should know of Printernizer, for as long as it is so.

    `unasked` is how many printers it calls online without asking them, `refused` that a proxy before it wants
    other credentials, `shares` that it and we both send statistics.
    """
    told = {ISSUE_APP_UNASKED: unasked > 0, ISSUE_APP_REFUSED: refused, ISSUE_APP_SHARES: shares}
    for issue, holds in told.items():
        if not holds:
            ir.async_delete_issue(hass, DOMAIN, issue)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders={"count": str(unasked)} if issue == ISSUE_APP_UNASKED else None,
        )


@callback
def async_delete_issues(hass: HomeAssistant) -> None:
    """Take back all issues."""
    for domain, issue in list(ir.async_get(hass).issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, DOMAIN, issue)
