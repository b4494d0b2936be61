"""What a mail server of the tests takes in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.certificates import certificate
from tests.postgres import free_port
from tests.support import SECONDS

USER, PASSWORD = "reporter", "a password of the tests"
SENDER = "stats@example.org"
TAKEN = "250 OK"


class Inbox:
    """Keeps every mail, and for whom each was."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answer: Callable[[], str] = lambda: TAKEN
        """What is said to a mail; those that are not taken are not kept."""

    async def handle_DATA(self, _: object, __: object, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answer()
        if answer == TAKEN:
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        return answer

    def mailboxes(self) -> dict[tuple[str, str], EmailMessage]:
        """Return what mailboxes hold that keep mails of the same Message-ID once."""
        pairs = zip(self.recipients, self.mails, strict=True)
        return {(recipient, str(mail["Message-ID"])): mail for recipient, mail in pairs}


def authenticate(_: object, __: object, ___: object, ____: object, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=False)


@contextmanager
def taking(inbox: Inbox, **options: Any) -> Iterator[int]:
    """Run a mail server that puts into an inbox what it takes, and give its port."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), ready_timeout=SECONDS, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def mail_server(inbox: Inbox, folder: Path) -> Iterator[dict[str, Any]]:
    """Run a mail server that wants STARTTLS and a login, and give the settings for it.

    Processes trust it by SSL_CERT_FILE, which is the file `certificate` of the settings.
    """
    path, tls, _ = certificate(folder)
    options = {"authenticator": authenticate, "auth_required": True}
    with taking(inbox, tls_context=tls, require_starttls=True, **options) as port:
        yield {
            "smtp_host": "localhost",
            "smtp_port": port,
            "smtp_user": USER,
            "smtp_password": PASSWORD,
            "smtp_from": SENDER,
            "certificate": path,
        }


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Return the text and the HTML of a mail."""
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()
