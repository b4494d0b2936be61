"""Forms: what a browser sends, and whether it was sent from a page of ours."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

MOST_FIELDS = 10


class PageError(Exception):
    """What was asked for cannot be shown; the message is one line."""

    def __init__(self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Take the status of the answer, and what the page says."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form; raises PageError."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise PageError(HTTPStatus.BAD_REQUEST, "This is no form of the dashboard.") from None
    return dict(pairs)


def check_origin(headers: Mapping[str, str]) -> None:
    """Raise a PageError unless a form was sent from a page of this service.

    Browsers say it in Sec-Fetch-Site; where they do not (without TLS), in Origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        origin = urlsplit(headers.get("origin", "")).netloc
        is_ours = bool(origin) and origin == headers.get("host", "")
    if not is_ours:
        raise PageError(HTTPStatus.FORBIDDEN, "This form was not sent from a page of the dashboard.")
