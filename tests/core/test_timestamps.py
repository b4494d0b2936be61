"""Instants as text lose nothing."""

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.timestamps import instant, seconds


@given(st.floats(min_value=1_000_000_000, max_value=200_000_000_000))
def test_there_and_back(at: float) -> None:
    assert seconds(instant(at)) == at


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1795345200.0, "2026-11-22T11:00:00+00:00"),
        (1795345200.1234567, "2026-11-22T11:00:00.1234567+00:00"),
        (1795345200.5, "2026-11-22T11:00:00.5+00:00"),
    ],
)
def test_as_text(at: float, text: str) -> None:
    assert instant(at) == text


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-22T11:00:00", "2026-11-22T11:00:00Z", "2026-13-22T11:00:00+00:00"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        seconds(text)
