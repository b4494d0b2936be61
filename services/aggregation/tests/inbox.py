"""What a mail server of the tests takes in."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import Envelope


class Inbox:
    """Keeps every mail, and for whom each was."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, _: object, __: object, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"
