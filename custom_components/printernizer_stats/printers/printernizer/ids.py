"""Our ids of Printernizer's printers: the sub-entry's id, and a hash of the app's own.

The app's ids may be serial numbers; the hash is salted with the sub-entry's random id.
"""

from hashlib import sha256
from typing import Final

_SEPARATOR: Final = ":"
_LENGTH: Final = 16


def printer_id(instance: str, printer: str) -> str:
    """Return our id of a printer of an instance."""
    digest = sha256(f"{instance}{_SEPARATOR}{printer}".encode(errors="replace")).hexdigest()
    return f"{instance}{_SEPARATOR}{digest[:_LENGTH]}"


def instance_of(printer: str) -> str | None:
    """Return the sub-entry that a printer is of, None if it is no printer of Printernizer."""
    instance, separator, _ = printer.partition(_SEPARATOR)
    return instance if separator else None
