"""What every answer says to a browser; Content-Security-Policy foremost.

The pages of the dashboard may load what lies beside them, and nothing else on the service is a page.
"""

from http import HTTPStatus

PREFIX = "/dashboard"
STATIC = f"{PREFIX}/static/"
PUBLIC = "/public"
MAIL_LINKS = "/mails"
"""What the links in mails lead to."""
MAILS_SHOWN = f"{PREFIX}/mails/shown/"
"""Mails as they are: with their styles in them, and so apart from everything else."""
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none';"
    " base-uri 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
)
_YEAR = 31_536_000
_HOUR = 3600

type Headers = list[tuple[bytes, bytes]]


def _headers(policy: str, cache: str, referrer: str) -> Headers:
    """Return headers as ASGI sends them."""
    return [
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", referrer.encode()),
        (b"cache-control", cache.encode()),
    ]


_API = _headers(_CLOSED, "no-store", "no-referrer")
# The browser tells the origin of a form that is sent only where the page it is on may be told.
_PAGE = _headers(_PAGES, "no-store", "same-origin")
_LINK = _headers(_PAGES, "no-store", "no-referrer")
_SHOWN_MAIL = _headers(_MAIL, "no-store", "no-referrer")
_FILE = _headers(_PAGES, f"public, max-age={_YEAR}, immutable", "same-origin")
_PUBLISHED = _headers(_PAGES, f"public, max-age={_HOUR}", "no-referrer")
_WEEKLY = _headers(_PAGES, f"public, max-age={_YEAR}, immutable", "no-referrer")


def headers_of(path: str, status: int) -> Headers:
    """Return the headers of an answer; files of the pages never change, their address does."""
    if status == HTTPStatus.OK and path.startswith(f"{PUBLIC}/weekly/"):
        return _WEEKLY
    if path == PUBLIC or path.startswith(f"{PUBLIC}/"):
        return _PUBLISHED if status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED} else _PAGE
    if path.startswith(MAILS_SHOWN) and status == HTTPStatus.OK:
        return _SHOWN_MAIL
    if path.startswith(f"{MAIL_LINKS}/"):
        return _LINK
    if path.startswith(STATIC) and status == HTTPStatus.OK:
        return _FILE
    return _PAGE if path == PREFIX or path.startswith(f"{PREFIX}/") else _API
