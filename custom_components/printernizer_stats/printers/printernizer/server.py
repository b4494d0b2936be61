"""Where an instance of Printernizer is: its address and, where a proxy wants them, a name and a password.

Pure. An address is `http(s)://host[:port][/path]`; anything else raises AddressError.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

CONF_URL: Final = "url"
CONF_USER: Final = "username"
CONF_PASSWORD: Final = "password"  # noqa: S105  # the name of a field
CONF_VERIFY: Final = "verify_ssl"
CONF_MODE: Final = "mode"
MODES: Final = ("docker", "homeassistant", "pi", "standalone")
"""How the app can run, in words of the dictionary: `homeassistant` is as an add-on."""
PORT: Final = 8000
_API: Final = "/api/v1"
_SOCKET: Final = "/ws"


class AddressError(ValueError):
    """The address is none; its text is not repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One instance; `mode` is how it runs, in a word of the dictionary."""

    url: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    verify: bool = True
    mode: str = "standalone"

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Server:
        """Return the instance that a sub-entry's data describe."""
        return cls(
            url=data[CONF_URL],
            user=data.get(CONF_USER, ""),
            password=data.get(CONF_PASSWORD, ""),
            verify=data.get(CONF_VERIFY, True),
            mode=data[CONF_MODE],
        )

    def api(self, path: str) -> str:
        """Return the address of something that is asked."""
        return f"{self.url}{_API}{path}"

    @property
    def socket(self) -> str:
        """The address of the socket."""
        return f"ws{self.url.removeprefix('http')}{_SOCKET}"


def normalized(typed: str) -> str:
    """Return what was typed as an address; a host alone is taken to be on the app's own port."""
    text = typed.strip()
    bare = "//" not in text
    try:
        parts = urlsplit(f"http://{text}" if bare else text)
        port = parts.port
    except ValueError as error:
        raise AddressError from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise AddressError
    if parts.query or parts.fragment or any(character.isspace() for character in text):
        raise AddressError
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is None and bare:
        port = PORT
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
