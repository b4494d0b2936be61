"""The settings, read from environment variables that begin with AGGREGATION_."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "AGGREGATION_"
PUBLIC_CLIENT_KEY = "printernizer-stats-api-key"
"""The constant that every existing client sends; it is public and protects nothing."""


class SettingsError(Exception):
    """A setting is wrong; the message is one line that names it."""


class Settings(BaseSettings):
    """Everything that an operator may choose."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    api_key: SecretStr = SecretStr(PUBLIC_CLIENT_KEY)
    database_url: str = "sqlite:///./aggregation.db"
    database_timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds to wait for a lock that another process holds on the database."""
    log_level: Annotated[
        Literal["critical", "error", "warning", "info", "debug"], BeforeValidator(str.lower)
    ] = "info"

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
        """Refuse anything but an SQLite file."""
        try:
            url = make_url(value)
        except ArgumentError:
            url = None
        if url is None or url.drivername != "sqlite" or url.database in {None, "", ":memory:"}:
            message = "must name an SQLite file, for example sqlite:///./aggregation.db"
            raise ValueError(message)
        return value

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises SettingsError."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(describe(error)) from None


def describe(error: ValidationError) -> str:
    """Return one line that names each wrong setting, without its value."""
    return "; ".join(
        f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_url=False, include_input=False)
    )
