"""Sending mail through the server that the settings name."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from smtplib import SMTP, SMTP_SSL, SMTPException
import ssl

from aggregation.settings import Settings

TIMEOUT_SECONDS = 20.0


class MailError(Exception):
    """The mail was not sent; the message holds no address."""


class Mailer:
    """Sends mail."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        """Take the settings, and what to trust instead of the machine's certificates."""
        self._settings = settings
        self._tls = tls or ssl.create_default_context()

    def send(
        self, recipients: Sequence[str], subject: str, text: str, html: str, identifier: str | None = None
    ) -> None:
        """Send each a mail of its own, so that none sees the others; raises MailError. Blocks.

        Mails with the same identifier are the same mail: who gets one twice keeps it once.
        """
        try:
            with self._connected() as server:
                for recipient in recipients:
                    server.send_message(self._message(recipient, subject, text, html, identifier))
        except (OSError, SMTPException) as error:
            raise MailError(type(error).__name__) from None

    def _message(
        self, recipient: str, subject: str, text: str, html: str, identifier: str | None
    ) -> EmailMessage:
        """Return a mail to one recipient."""
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = self._settings.smtp_from
        message["To"] = recipient
        message["Date"] = formatdate(usegmt=True)
        name = (
            f"<{identifier}@aggregation.invalid>" if identifier else make_msgid(domain="aggregation.invalid")
        )
        message["Message-ID"] = name
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        return message

    def _connected(self) -> SMTP:
        """Return a connection that is logged in where the settings have a user."""
        settings = self._settings
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_ssl:
            server: SMTP = SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=self._tls)
        else:
            server = SMTP(host, port, timeout=TIMEOUT_SECONDS)
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
            server.starttls(context=self._tls)
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
