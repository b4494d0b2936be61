"""The sixth schema: a ledger of consent instead of one setting."""

from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection, delete

from ...const import FIRST_CONSENT
from .consent_ledger import ConsentEntry, append, entries
from .settings import get_setting, set_setting
from .tables import usage_consents, usage_settings

_CONSENT: Final = "consent"


def up(conn: Connection, _zone: tzinfo) -> None:
    """Begin the ledger with the consent that is in force."""
    usage_consents.create(conn)
    known = get_setting(conn, _CONSENT)
    if known is not None and known["share"]:
        append(conn, ConsentEntry(at=known["since"], decision="agreed", **FIRST_CONSENT))
    conn.execute(delete(usage_settings).where(usage_settings.c.key == _CONSENT))


def down(conn: Connection, _zone: tzinfo) -> None:
    """Back to the fifth schema: of the ledger, only the last word stays."""
    words = [entry for entry in entries(conn) if entry.decision != "declined"]
    if words:
        last = words[-1]
        value = {"share": last.decision == "agreed", "since": last.at, "version": last.version}
        set_setting(conn, _CONSENT, value)
    usage_consents.drop(conn)
