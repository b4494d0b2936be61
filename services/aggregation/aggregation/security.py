"""Who may call: the shared key of protocol v1."""

from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus

from fastapi import HTTPException
from fastapi.security import APIKeyHeader

API_KEY_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)


class ApiKey:
    """The key that callers must present; only its hash is kept."""

    def __init__(self, key: str) -> None:
        """Take the key as text of printable ASCII."""
        self._digest = sha256(key.encode("ascii")).digest()

    def check(self, given: str | None) -> None:
        """Raise a 403 when no key is given and a 401 when it is another one."""
        if not given:
            raise HTTPException(HTTPStatus.FORBIDDEN, "Not authenticated")
        if not compare_digest(sha256(given.encode("latin-1")).digest(), self._digest):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "Invalid API key")
