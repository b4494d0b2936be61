"""The settings, read from environment variables that begin with AGGREGATION_, and from a container's secrets.

A secret is a file of /run/secrets named as the variable in small letters, such as aggregation_database_url.
"""

from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from aggregation.storage.records import Retention

PREFIX = "AGGREGATION_"
PUBLIC_CLIENT_KEY = "printernizer-stats-api-key"
"""The constant that every existing client sends; it is public and protects nothing."""
DRIVERS = ("sqlite", "postgresql+psycopg", "mssql+mssqlpython")
SECRETS = Path("/run/secrets")
EXAMPLE_URL = "sqlite:///./aggregation.db"


class SettingsError(Exception):
    """A setting is wrong; the message is one line that names it."""


class Settings(BaseSettings):
    """Everything that an operator may choose."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    api_key: SecretStr = SecretStr(PUBLIC_CLIENT_KEY)
    database_url: str = EXAMPLE_URL
    database_timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds to wait for a lock that another process holds on the database."""
    log_level: Annotated[
        Literal["critical", "error", "warning", "info", "debug"], BeforeValidator(str.lower)
    ] = "info"

    public_url: Annotated[str, Field(pattern=r"^https?://[^/?#]+(/[^?#]*[^/?#])?$")] | None = None
    """How clients reach the service, without a slash at the end; proofs must be made for it."""
    behind_proxy: bool = False
    """A proxy that terminates TLS and appends to X-Forwarded-For is in front; nothing else can reach us."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    clock_skew: Annotated[int, Field(ge=1, le=3600)] = 300
    """Seconds by which the clock of a client may be wrong."""
    v1_per_hour: Annotated[int, Field(ge=0)] = 10
    """New reports of an installation of protocol 1.0; 0 is no limit, here and below."""
    v2_per_hour: Annotated[int, Field(ge=0)] = 1
    network_per_minute: Annotated[int, Field(ge=0)] = 600
    """Requests of a client network (/24, /56) to submit."""
    network_homes: Annotated[int, Field(ge=0)] = 1
    """Homes of a public network that are counted in a day, where 0.2 % of all are fewer; 0 counts all."""
    deletions_per_hour: Annotated[int, Field(ge=0)] = 60
    """Deletions asked for by a client network."""

    retention_days: Annotated[int, Field(ge=31)] = 730
    """How long reports are kept; the rollups stay."""
    id_retention_days: Annotated[int, Field(ge=31, le=395)] = 395
    """How long reports keep the id of their installation."""
    tombstone_journal: Path | None = None
    """Where deletions are noted for a later restore; beside an SQLite file when not set."""

    clickhouse_url: str | None = None
    """A ClickHouse that gets a copy of the reports; none without it."""

    insight: bool = True
    """Whether `serve` starts the process that works out alarms; without it `aggregation insight` does."""
    public_numbers: bool = True
    """Whether the numbers of each settled week are published at /public."""
    alarm_webhook_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    """Where alarms are posted to, signed with the secret."""
    alarm_webhook_secret: SecretStr | None = None
    alertmanager_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    """An Alertmanager, without /api/v2/alerts."""

    smtp_host: str | None = None
    """Without it no mail is sent."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = True
    """STARTTLS; with smtp_ssl TLS from the beginning instead."""
    smtp_ssl: bool = False
    smtp_from: str | None = None
    report_recipients: Annotated[tuple[str, ...], NoDecode] = ()
    """To whom alone `/reports` sends; and who gets alarms until somebody on the page has chosen them."""
    mail_weekday: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        BeforeValidator(str.lower),
    ] = "monday"
    mail_hour: Annotated[int, Field(ge=0, le=23)] = 8
    mail_time_zone: str = "UTC"
    """When mails are sent, where their readers are."""

    @property
    def base_url(self) -> str:
        """Return how links begin: the address of this machine only where there is no other."""
        return self.public_url or f"{'https' if self.tls_certificate else 'http'}://{self.host}:{self.port}"

    @property
    def can_mail(self) -> bool:
        """Tell whether mails can be sent by themselves: they need a server, and an address for links."""
        return bool(self.smtp_host and self.smtp_from and self.public_url)

    @property
    def journal(self) -> Path | None:
        """Return where deletions are noted."""
        url = make_url(self.database_url)
        if self.tombstone_journal or url.get_backend_name() != "sqlite":
            return self.tombstone_journal
        return Path(f"{url.database}.tombstones")

    @property
    def retention(self) -> Retention:
        """Return how long reports and ids are kept."""
        return Retention(raw_days=self.retention_days, id_days=self.id_retention_days)

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can connect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_tls(self) -> bool:
        """Tell whether clients speak TLS, to us or to the proxy."""
        return self.behind_proxy or self.tls_certificate is not None

    @property
    def admin_key_file(self) -> Path | None:
        """Return where the first admin key is written: beside the SQLite file, or the journal."""
        if self.journal is None:
            return None
        return self.journal.with_name(f"{self.journal.name.removesuffix('.tombstones')}.admin-key")

    @model_validator(mode="after")
    def _check_webhook(self) -> Self:
        """Refuse a webhook that nobody could trust."""
        if (self.alarm_webhook_url is None) != (self.alarm_webhook_secret is None):
            raise ValueError("ALARM_WEBHOOK_URL and ALARM_WEBHOOK_SECRET belong together")
        return self

    @field_validator("allowed_origins", "report_recipients", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Take several values from a list with commas."""
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        """Refuse to serve the open network without TLS."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS_CERTIFICATE and TLS_KEY belong together")
        if not (self.is_loopback or self.tls_certificate or self.behind_proxy):
            needed = "TLS_CERTIFICATE and TLS_KEY are set or BEHIND_PROXY is true"
            raise ValueError(f"HOST must be a loopback address unless {needed}")
        return self

    @field_validator("api_key")
    @classmethod
    def _check_api_key(cls, value: SecretStr) -> SecretStr:
        """Refuse keys that cannot be sent as one header value."""
        key = value.get_secret_value()
        if not key or not all("!" <= character <= "~" for character in key):
            message = "must be printable ASCII without blanks, and not empty"
            raise ValueError(message)
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        """Refuse what no driver here can open, and databases that are gone with the process."""
        try:
            url = make_url(value)
        except ArgumentError:
            url = None
        if url is None or url.drivername not in DRIVERS or url.database in {None, "", ":memory:"}:
            message = f"must name a database with one of {', '.join(DRIVERS)}, e.g. {EXAMPLE_URL}"
            raise ValueError(message)
        return value

    @field_validator("mail_time_zone")
    @classmethod
    def _check_time_zone(cls, value: str) -> str:
        """Refuse what is no time zone."""
        try:
            ZoneInfo(value)
        except ZoneInfoNotFoundError, ValueError, OSError:
            raise ValueError("must be a time zone such as Europe/Berlin") from None
        return value

    @field_validator("clickhouse_url")
    @classmethod
    def _check_clickhouse_url(cls, value: str | None) -> str | None:
        """Refuse what the driver cannot open, and any while the driver is not there."""
        if value is not None and not value.startswith(("http://", "https://", "chdb://")):
            raise ValueError(
                "must begin with http:// or https://, e.g. https://user:password@host:8443/stats"
            )
        if value is not None and find_spec("clickhouse_connect") is None:
            raise ValueError("needs the package clickhouse-connect")
        return value

    @classmethod
    def load(cls) -> Self:
        """Read the environment and the secrets; raises SettingsError."""
        try:
            return cls(_secrets_dir=SECRETS if SECRETS.is_dir() else None)
        except ValidationError as error:
            raise SettingsError(describe(error)) from None


def describe(error: ValidationError) -> str:
    """Return one line that names each wrong setting, without its value."""
    return "; ".join(
        f"{PREFIX}{_named(item['loc'])}{item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_url=False, include_input=False)
    )


def _named(location: tuple[int | str, ...]) -> str:
    """Return the variable of a setting; a rule about several begins with the variable itself."""
    return f"{str(location[0]).upper()}: " if location else ""
