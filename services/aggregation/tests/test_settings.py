from pathlib import Path

from pydantic import ValidationError
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


def test_what_no_environment_shall_tell_is_read_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "postgresql+psycopg://service:secret@database/service"
    (tmp_path / "aggregation_database_url").write_text(f"{url}\n")
    monkeypatch.setattr("aggregation.settings.SECRETS", tmp_path)
    assert Settings.load().database_url == url


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
        ("CLICKHOUSE_URL", "clickhouse:8123"),
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
    assert len(value) < 5 or value not in message.partition("e.g.")[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "stats.example.org"])
def test_no_open_network_without_tls(host: str) -> None:
    with pytest.raises(ValidationError, match="HOST must be a loopback address"):
        Settings(host=host)
    assert Settings(host=host, behind_proxy=True).host == host
    assert Settings(host=host, tls_certificate="c.pem", tls_key="k.pem").host == host
    with pytest.raises(ValidationError, match="belong together"):
        Settings(host=host, tls_certificate="c.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert Settings(host=host).is_loopback


def test_tls_rule_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_HOST", "0.0.0.0")
    with pytest.raises(SettingsError, match=r"^AGGREGATION_HOST must be .*BEHIND_PROXY is true$"):
        Settings.load()


def test_origins_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    assert Settings.load().allowed_origins == ("https://a.example", "https://b.example")
    monkeypatch.setenv("AGGREGATION_ALLOWED_ORIGINS", "")
    assert Settings.load().allowed_origins == ()


@pytest.mark.parametrize(
    "url", ["stats.example.org", "https://a.example/", "https://a.example/?x", "ftp://a"]
)
def test_public_url(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_url=url)
    assert Settings(public_url="https://a.example/stats").public_url == "https://a.example/stats"


def test_clickhouse_needs_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_CLICKHOUSE_URL", "https://clickhouse.example:8443/stats")
    assert Settings.load().clickhouse_url
    monkeypatch.setattr("aggregation.settings.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"^AGGREGATION_CLICKHOUSE_URL: needs .* clickhouse-connect$"):
        Settings.load()


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_PORT", "-1")
    monkeypatch.setenv("AGGREGATION_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match=r"AGGREGATION_PORT: .*; AGGREGATION_LOG_LEVEL: "):
        Settings.load()


def test_key_is_not_shown() -> None:
    settings = Settings(api_key="a-secret")
    assert "a-secret" not in repr(settings)
