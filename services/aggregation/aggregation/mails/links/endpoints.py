"""`/mails/*`: what the links in mails lead to. Who has a link needs no key, and learns nothing of others.

Nothing happens by following a link, as mail programs follow links before their readers do: a form does it, or
the one POST of a mail program (RFC 8058).
"""

from http import HTTPStatus
import time

from fastapi import APIRouter, Request, Response

from aggregation.dashboard.answers import answered, html
from aggregation.dashboard.headers import MAIL_LINKS
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Opening
from aggregation.keys import digest
from aggregation.mails.recipients import Recipient, asked, confirm, holder, remove
from aggregation.mails.words import Words


class MailLinks:
    """Confirms and ends mails. Everything blocks."""

    def __init__(self, reading: Opening, writing: Opening) -> None:
        """Take how the database is opened."""
        self._reading = reading
        self._writing = writing

    def ask(self, request: Request) -> Response:
        """Ask whether somebody wants mails."""
        found = self._asked(request)
        return _page(found, "confirm", button="ask here") if found else _gone()

    def confirm(self, request: Request) -> Response:
        """Take the word."""
        found = self._asked(request)
        if found is None:
            return _gone()
        with self._writing() as connection:
            is_new = confirm(connection, _sha256(request), int(time.time()))
        return _page(found, "confirmed") if is_new else _gone()

    def ask_again(self, request: Request) -> Response:
        """Ask whether somebody wants no more mails, whoever that is."""
        return _page(self._holder(request), "leave", button="page leave here")

    def leave(self, request: Request) -> Response:
        """Forget whoever has the link; say the same where it is nobody (any more)."""
        found = self._holder(request)
        if found:
            with self._writing() as connection:
                remove(connection, found.id)
        return _page(found, "left")

    def _asked(self, request: Request) -> Recipient | None:
        """Return who was asked."""
        with self._reading() as connection:
            return asked(connection, _sha256(request), int(time.time()))

    def _holder(self, request: Request) -> Recipient | None:
        """Return who got the mail."""
        with self._reading() as connection:
            return holder(connection, _sha256(request))


def mail_links_router(reading: Opening, writing: Opening) -> APIRouter:
    """Return the routes of the links."""
    router = APIRouter(prefix=MAIL_LINKS, include_in_schema=False)
    links = MailLinks(reading, writing)
    for path, asking, doing in (
        ("/confirm/{token}", links.ask, links.confirm),
        ("/leave/{token}", links.ask_again, links.leave),
    ):
        router.add_api_route(path, answered(asking), methods=["GET"])
        router.add_api_route(path, answered(doing), methods=["POST"])
    return router


def _sha256(request: Request) -> str:
    """Return what is kept of the token of a link."""
    return digest(request.path_params["token"])


def _gone() -> Response:
    """Return the page of a link that is not valid."""
    return _page(None, "gone", HTTPStatus.NOT_FOUND)


def _page(
    found: Recipient | None, name: str, status: HTTPStatus = HTTPStatus.OK, *, button: str = ""
) -> Response:
    """Return a page in the language of its reader, where that is known."""
    words = Words(found.language if found else "en")
    text = page(
        "mail_link",
        title=words(f"page {name}"),
        text=words(f"page {name} text"),
        button=words(button) if button else "",
        language=words.language,
    )
    return html(text, status)
