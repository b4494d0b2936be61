"""`/reports/*`: mails when somebody asks for them, to those whom the settings name."""

from datetime import UTC, datetime
import logging
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from aggregation.errors import ConflictError, InvalidError, UpstreamError
from aggregation.keeping.repository import Repository
from aggregation.mails.content import Kind, make_content, newest_judged
from aggregation.mails.render import letter_of
from aggregation.mails.smtp import Letter, Mailer, MailError
from aggregation.security import Guard
from aggregation.settings import Settings

LOGGER = logging.getLogger(__name__)

type Address = Annotated[str, Field(max_length=254)]

_RESPONSES: dict[int | str, dict[str, Any]] = {
    408: {"description": "The body did not arrive in time"},
    409: {"description": "Mail is not configured, or nobody to send it to"},
    413: {"description": "The body is longer than a report may be"},
    422: {"description": "A recipient is not one of those configured"},
    502: {"description": "The report could not be made or the mail server did not take it"},
}


class EmailStatus(BaseModel):
    """Whether mail can be sent."""

    enabled: bool
    configured: bool
    host: str | None
    from_email: str | None
    recipients_count: int
    use_tls: bool
    use_ssl: bool


class Recipients(BaseModel):
    """Whom to send to, of those configured; all of them when not given."""

    recipients: Annotated[list[Address], Field(max_length=100)] | None = None


class Sent(BaseModel):
    """What was sent to whom."""

    status: Literal["success"] = "success"
    message: str
    recipients: list[str]


type Request = Annotated[Recipients | None, Body()]


class Mails:
    """Makes and sends mails: test, weekly, monthly."""

    def __init__(self, repository: Repository, settings: Settings, mailer: Mailer) -> None:
        """Take what holds the rollups, the settings, and what sends."""
        self._repository = repository
        self._settings = settings
        self._mailer = mailer

    @property
    def status(self) -> EmailStatus:
        """Return whether mail can be sent."""
        settings = self._settings
        configured = bool(settings.smtp_host and settings.smtp_from)
        return EmailStatus(
            enabled=configured and bool(settings.report_recipients),
            configured=configured,
            host=settings.smtp_host,
            from_email=settings.smtp_from,
            recipients_count=len(settings.report_recipients),
            use_tls=settings.smtp_tls,
            use_ssl=settings.smtp_ssl,
        )

    def send_report(self, kind: Kind, request: Recipients | None) -> Sent:
        """Send a report; raises ServiceError. Blocks."""
        recipients = self._recipients(request)
        try:
            now = datetime.now(UTC)
            with self._repository.reading() as connection:
                content = make_content(connection, kind, newest_judged(connection, now), now)
            self._mailer.send(recipients, letter_of(content, "en", self._settings.base_url))
        except (MailError, SQLAlchemyError) as error:
            raise _failed(f"Failed to generate or send {kind} report", error) from None
        return Sent(message=f"{kind.capitalize()} report sent", recipients=recipients)

    def send_test(self, request: Recipients | None) -> Sent:
        """Send a mail that says only that mail works; raises ServiceError. Blocks."""
        recipients = self._recipients(request)
        text = "Mail from the aggregation service of Printernizer works."
        subject = "Printernizer usage statistics: test"
        try:
            self._mailer.send(recipients, Letter(subject=subject, text=text, html=f"<p>{text}</p>"))
        except MailError as error:
            raise _failed("Failed to send test email", error) from None
        return Sent(message="Test email sent", recipients=recipients)

    def _recipients(self, request: Recipients | None) -> list[str]:
        """Return whom to send to; raises ServiceError."""
        known = self._settings.report_recipients
        chosen = list(known) if request is None or request.recipients is None else request.recipients
        if not self.status.configured:
            raise ConflictError("E-mail is not configured")
        if not set(chosen) <= set(known):
            raise InvalidError("Only configured recipients may be given")
        if not chosen:
            raise ConflictError("No recipients are configured or given")
        return chosen


def mails_router(
    repository: Repository, settings: Settings, reading: Guard, sending: Guard, mailer: Mailer | None = None
) -> APIRouter:
    """Return the routes of reports, with the dependencies that guard them."""
    router = APIRouter(prefix="/reports", tags=["reports"])
    mails = Mails(repository, settings, mailer or Mailer(settings))

    @router.get("/email-status", dependencies=[Depends(reading)])
    def read_status() -> EmailStatus:
        """Tell whether mail can be sent."""
        return mails.status

    @router.post("/test-email", dependencies=[Depends(sending)], responses=_RESPONSES)
    def send_test(request: Request = None) -> Sent:
        """Send a mail that says only that mail works."""
        return mails.send_test(request)

    @router.post("/weekly", dependencies=[Depends(sending)], responses=_RESPONSES)
    def send_weekly(request: Request = None) -> Sent:
        """Send the report of the last whole week."""
        return mails.send_report(Kind.WEEKLY, request)

    @router.post("/monthly", dependencies=[Depends(sending)], responses=_RESPONSES)
    def send_monthly(request: Request = None) -> Sent:
        """Send the report of the last four whole weeks."""
        return mails.send_report(Kind.MONTHLY, request)

    return router


def _failed(detail: str, error: Exception) -> UpstreamError:
    """Log why a report failed, and return the answer."""
    LOGGER.error("%s: %s", detail, error if isinstance(error, MailError) else type(error).__name__)
    return UpstreamError(detail)
