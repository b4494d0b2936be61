"""Who may call: API keys and what each may do."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from aggregation.errors import ForbiddenError, UnprovenError
from aggregation.keys import KeyStore, digest
from aggregation.settings import PUBLIC_CLIENT_KEY
from aggregation.storage.records import KeyScope

API_KEY_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
BEARER = HTTPBearer(auto_error=False, description="An API key, for programs that can send no X-API-Key")
type Guard = Callable[..., Awaitable[None]]
"""A dependency of FastAPI that lets only some callers pass."""
_INCLUDED = {
    KeyScope.SUBMIT: {KeyScope.SUBMIT},
    KeyScope.READ: {KeyScope.SUBMIT, KeyScope.READ},
    KeyScope.ADMIN: {KeyScope.SUBMIT, KeyScope.READ, KeyScope.ADMIN},
}


class Access:
    """The keys that are valid now; only hashes are held."""

    def __init__(self, store: KeyStore, client_key: str) -> None:
        """Take where keys are kept, and the key that all clients share."""
        self._store = store
        self._shared = {digest(client_key): KeyScope.SUBMIT}
        self._scopes = dict(self._shared)

    def load(self) -> None:
        """Read the keys anew. Blocks: never call it on the event loop."""
        rows = [row for row in self._store.api_keys() if row.revoked_day is None]
        public = {digest(PUBLIC_CLIENT_KEY)}
        kept = {row.sha256: row.scope for row in rows if row.sha256 not in public}
        self._scopes = kept | self._shared

    def check(self, given: str | None, scope: KeyScope) -> None:
        """Raise ForbiddenError without a key or for one of less scope, UnprovenError for an unknown one."""
        if not given:
            raise ForbiddenError("Not authenticated")
        held = self._scopes.get(digest(given))
        if held is None:
            raise UnprovenError("Invalid API key")
        if scope not in _INCLUDED[held]:
            raise ForbiddenError(f"This API key has no {scope} scope")

    def require(self, scope: KeyScope) -> Guard:
        """Return what lets only keys of a scope pass."""

        async def dependency(
            key: Annotated[str | None, Security(API_KEY_HEADER)],
            bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
        ) -> None:
            """Take the key from either header; nothing of it blocks."""
            self.check(key or (bearer.credentials if bearer else None), scope)

        return dependency
