"""Sending mail through the server that the settings name."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http import HTTPStatus
from smtplib import SMTP, SMTP_SSL, SMTPDataError, SMTPException, SMTPRecipientsRefused
import ssl

from aggregation.settings import Settings

TIMEOUT_SECONDS = 20.0
DOMAIN = "aggregation.invalid"
LONGEST_ADDRESS = 254
_FOR_GOOD = HTTPStatus.INTERNAL_SERVER_ERROR.value
"""From 500 on, in SMTP too, an answer will not be another one later."""


class MailError(Exception):
    """The mail was not sent; the message holds no address."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        """Take why, and whether trying again is of no use."""
        super().__init__(why)
        self.is_final = is_final


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent. Letters with the same identifier are the same mail: who gets one twice keeps it once."""

    subject: str
    text: str
    html: str
    language: str = "en"
    identifier: str | None = None
    leave: str | None = None
    """Where one POST ends these mails (RFC 8058)."""


class Mailer:
    """Sends mail."""

    def __init__(
        self, settings: Settings, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """Take the settings, what to trust instead of the machine's certificates, and how long to wait."""
        self._settings = settings
        self._trusted = tls
        self._timeout = timeout

    def send(
        self, recipients: Sequence[str], letter: Letter, taken: Callable[[], None] = lambda: None
    ) -> None:
        """Send each a mail of its own, so that none sees the others; raises MailError. Blocks.

        `taken` is called as soon as the server has taken one.
        """
        try:
            server = self._connected()
            try:
                for recipient in recipients:
                    server.send_message(self._message(recipient, letter))
                    taken()
            finally:
                # What was taken is sent, however the server says goodbye.
                with suppress(OSError, SMTPException):
                    server.quit()
                server.close()
        except (OSError, SMTPException, MessageError, ValueError) as error:
            raise MailError(type(error).__name__, is_final=_is_final(error)) from None

    def _tls(self) -> ssl.SSLContext:
        """Return what is trusted; the machine's certificates are read when they are needed."""
        return self._trusted or ssl.create_default_context()

    def _message(self, recipient: str, letter: Letter) -> EmailMessage:
        """Return a mail to one recipient."""
        message = EmailMessage()
        message["Subject"] = letter.subject
        message["From"] = self._settings.smtp_from
        message["To"] = recipient
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = (
            f"<{letter.identifier}@{DOMAIN}>" if letter.identifier else make_msgid(domain=DOMAIN)
        )
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"
        if letter.leave:
            message["List-Unsubscribe"] = f"<{letter.leave}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message

    def _connected(self) -> SMTP:
        """Return a connection that is logged in where the settings have a user."""
        settings = self._settings
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_ssl:
            server: SMTP = SMTP_SSL(host, port, timeout=self._timeout, context=self._tls())
        else:
            server = SMTP(host, port, timeout=self._timeout)
        try:
            self._introduce(server)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: SMTP) -> None:
        """Begin TLS and log in, as the settings say."""
        settings = self._settings
        if settings.smtp_tls and not settings.smtp_ssl:
            server.starttls(context=self._tls())
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())


def is_address(text: str) -> bool:
    """Tell whether a text is one plain address, and nothing that could end or add a header."""
    if not (text.isascii() and text.isprintable() and len(text) <= LONGEST_ADDRESS):
        return False
    try:
        address = Address(addr_spec=text)
    except MessageError, ValueError, IndexError:
        return False
    return bool(address.username and address.domain) and not set(text) & set(' "(),:;<>[\\]')


def _is_final(error: Exception) -> bool:
    """Tell whether the server will not take the mail later either."""
    match error:
        case SMTPRecipientsRefused():
            return all(code >= _FOR_GOOD for code, _ in error.recipients.values())
        case SMTPDataError():
            return error.smtp_code >= _FOR_GOOD
    return False
