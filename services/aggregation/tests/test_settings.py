import pytest

from aggregation.settings import PUBLIC_CLIENT_KEY, Settings, SettingsError


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGGREGATION_PORT", raising=False)
    settings = Settings.load()
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 8080, "info")
    assert settings.api_key.get_secret_value() == PUBLIC_CLIENT_KEY
    assert settings.database_url == "sqlite:///./aggregation.db"


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_PORT", "9000")
    monkeypatch.setenv("AGGREGATION_LOG_LEVEL", "WARNING")
    settings = Settings.load()
    assert (settings.port, settings.log_level) == (9000, "warning")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "http"),
        ("HOST", ""),
        ("API_KEY", ""),
        ("API_KEY", "two words"),
        ("API_KEY", "schlüssel"),
        ("DATABASE_URL", "aggregation.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://localhost/x"),
        ("DATABASE_TIMEOUT", "0"),
        ("LOG_LEVEL", "trace"),
    ],
)
def test_wrong_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"AGGREGATION_{name}", value)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    message = str(caught.value)
    assert message.startswith(f"AGGREGATION_{name}: ")
    assert "\n" not in message
    assert len(value) < 5 or value not in message.partition("for example")[0]


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_PORT", "-1")
    monkeypatch.setenv("AGGREGATION_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match=r"AGGREGATION_PORT: .*; AGGREGATION_LOG_LEVEL: "):
        Settings.load()


def test_key_is_not_shown() -> None:
    settings = Settings(api_key="a-secret")
    assert "a-secret" not in repr(settings)
