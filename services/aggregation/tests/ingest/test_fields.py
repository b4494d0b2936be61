from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
import pytest

from aggregation.dictionary import BoolField, EnumField, IntField, ListField, MapField, TextField
from aggregation.ingest.fields import annotation

INT_MAP = MapField(type="map", enum="printer_type", value=IntField(type="int", min=0, max=1000))
BOOL_MAP = MapField(type="map", enum="printer_type", value=BoolField(type="bool"))


def checked(spec: Any, value: object) -> Any:
    """Return a value as the field's type leaves it."""
    return TypeAdapter(annotation(spec)).validate_python(value, strict=True)


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-11-15T00:00:00Z", datetime(2026, 11, 15, tzinfo=UTC)),
        ("2026-11-15T00:00", datetime(2026, 11, 15, tzinfo=UTC)),
        ("2026-11-15T00:00:00.123456789", datetime(2026, 11, 15, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-15T00:00:00+05:00", datetime(2026, 11, 14, 19, tzinfo=UTC)),
        ("2026-11-15T00:00:00-0130", datetime(2026, 11, 15, 1, 30, tzinfo=UTC)),
        (1794700800, datetime(2026, 11, 15, tzinfo=UTC)),
        (1794700800.5, datetime(2026, 11, 15, 0, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_instant(given: object, instant: datetime) -> None:
    assert checked(TextField(type="instant"), given) == instant


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-15",
        "2026-11-15 00:00:00",
        "2026-W47-1T00:00:00",
        "20261115T000000",
        "2026-02-30T00:00:00Z",
        "2026-11-15T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-11-15T00:00:00Z\n",
        "٢٠٢٦-11-15T00:00:00Z",
        "1794700800",
        "",
        True,
        None,
        [],
        1e300,
        float("inf"),
        float("nan"),
        10**30,
    ],
)
def test_no_instant(given: object) -> None:
    with pytest.raises(ValidationError, match="ISO 8601"):
        checked(TextField(type="instant"), given)


@pytest.mark.parametrize(
    ("given", "version"),
    [
        ("2.42.0", "2.42.0"),
        ("v2.42.0-dev", "2.42.0.dev0"),
        ("2026.11.0b3", "2026.11.0b3"),
        ("2026.12.0.dev202611220226", "2026.12.0.dev202611220226"),
        ("3.13.1+a.name", "3.13.1"),
    ],
)
def test_version(given: str, version: str) -> None:
    assert checked(TextField(type="version"), given) == version


@pytest.mark.parametrize("given", ["", "unknown", "1.0 of Jane", "1" * 51, "1.0\x00", 1.0, None])
def test_no_version(given: object) -> None:
    with pytest.raises(ValidationError):
        checked(TextField(type="version"), given)


def test_uuid_in_lower_case() -> None:
    given = "550E8400-E29B-41D4-A716-446655440000"
    assert checked(TextField(type="uuid"), given) == given.lower()


@pytest.mark.parametrize(
    "given",
    [
        "550e8400e29b41d4a716446655440000",
        "{550e8400-e29b-41d4-a716-446655440000}",
        "550e8400-e29b-41d4-a716-44665544000g",
        "550e8400-e29b-41d4-a716-446655440000\n",
        "",
        5,
    ],
)
def test_no_uuid(given: object) -> None:
    with pytest.raises(ValidationError):
        checked(TextField(type="uuid"), given)


@pytest.mark.parametrize("given", ["de", "DEU", "", "Ü1", "D\n", "ÄÖ", 49, None])
def test_no_country(given: object) -> None:
    with pytest.raises(ValidationError):
        checked(TextField(type="country"), given)


def test_enum() -> None:
    spec = EnumField(type="enum", enum="printer_type")
    assert checked(spec, "prusa_core") == "prusa"
    with pytest.raises(ValidationError):
        checked(spec, "Prusa")


@pytest.mark.parametrize("given", [True, False, "7", 7.0, 7.5, None, -1, 1001, 10**400])
def test_no_int(given: object) -> None:
    with pytest.raises(ValidationError):
        checked(IntField(type="int", min=0, max=1000), given)


def test_list_is_folded() -> None:
    spec = ListField(type="list", enum="printer_type", max_items=3)
    assert checked(spec, ["prusa_core", "bambu_lab", "prusa"]) == ["bambu_lab", "prusa"]
    with pytest.raises(ValidationError, match="at most 3 items"):
        checked(spec, ["prusa"] * 4)


def test_map_is_folded() -> None:
    assert checked(INT_MAP, {"prusa": 1, "other": 4, "prusa_core": 2}) == {"other": 4, "prusa": 3}
    assert checked(BOOL_MAP, {"prusa": False, "prusa_core": True}) == {"prusa": True}
    assert checked(INT_MAP, {}) == {}


@pytest.mark.parametrize(
    "given", [{"prusa": 600, "prusa_core": 401}, {"prusa": True}, {"prusa": -1}, {"x": 1}, []]
)
def test_no_map(given: object) -> None:
    with pytest.raises(ValidationError):
        checked(INT_MAP, given)
