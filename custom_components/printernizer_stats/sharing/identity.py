"""The random number that tells this installation's reports apart from others' (protocol v1: pseudonymous)."""

from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from ..store.settings import get_setting, set_setting

_KEY: Final = "installation_id"


def installation_id(conn: Connection) -> str:
    """Return the random id, made when it is first needed; it comes from no hardware and no account."""
    known = get_setting(conn, _KEY)
    if known is None:
        known = str(uuid4())
        set_setting(conn, _KEY, known)
    return str(known)
