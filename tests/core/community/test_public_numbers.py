"""Public numbers: only what a trusted key has signed is read, whatever the bytes are."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.community.public_numbers import (
    MAX_BYTES,
    Fault,
    PublicNumbersError,
    read,
)

from .files import KEY, STRANGER, numbers, public, signed

TODAY = date(2026, 11, 26)
TRUSTED = [public(KEY)]
SHARES = {"80-89": 400, "90-94": 600}


def fault(body: bytes, trusted: list[str] | None = None, shown: str | None = None) -> Fault:
    """Return why a file is refused."""
    with pytest.raises(PublicNumbersError) as caught:
        read(body, TRUSTED if trusted is None else trusted, TODAY, shown)
    return caught.value.fault


def test_what_a_trusted_key_signed_is_read() -> None:
    found = read(signed(numbers({"success_rate": SHARES})), TRUSTED, TODAY)
    assert (found.week, found.homes, found.keys) == ("2026-W47", 1000, tuple(TRUSTED))
    assert found.tables["success_rate"].permille == SHARES


def test_the_first_key_is_trusted_until_it_names_others() -> None:
    content = numbers() | {"keys": [public(KEY), public(STRANGER)]}
    assert read(signed(content), [], TODAY).keys == (public(KEY), public(STRANGER))
    assert fault(signed(content, STRANGER), []) is Fault.UNTRUSTED
    later = read(signed(numbers(week="2026-W48"), STRANGER), read(signed(content), [], TODAY).keys, TODAY)
    assert later.week == "2026-W48"


def test_a_stranger_s_signature_shows_nothing() -> None:
    assert fault(signed(numbers(), STRANGER)) is Fault.UNTRUSTED


def test_a_changed_number_shows_nothing() -> None:
    document = json.loads(signed(numbers({"success_rate": SHARES})))
    document["numbers"]["homes"] += 1
    assert fault(json.dumps(document).encode()) is Fault.UNTRUSTED


def test_a_signature_of_another_kind_shows_nothing() -> None:
    document = json.loads(signed(numbers()))
    header, claims, signature = document["jws"].split(".")
    for jws in (f"{header}.{claims}.", f"eyJhbGciOiJub25lIn0.{claims}.", f"{header}.{claims}.{'A' * 86}", 7):
        assert fault(json.dumps(document | {"jws": jws}).encode()) is Fault.UNTRUSTED
    assert signature


@pytest.mark.parametrize(("week", "shown"), [("2026-W38", None), ("2026-W46", "2026-W47")])
def test_an_old_week_is_not_shown(week: str, shown: str | None) -> None:
    assert fault(signed(numbers(week=week)), shown=shown) is Fault.OUTDATED


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content | {"format": 2},
        lambda content: content | {"week": "2026-W54"},
        lambda content: content | {"week": "2026-48"},
        lambda content: content | {"homes": -1},
        lambda content: content | {"homes": True},
        lambda content: content | {"homes": 10**12},
        lambda content: content | {"keys": []},
        lambda content: content | {"keys": ["short"]},
        lambda content: content | {"tables": []},
        lambda _: numbers({"success_rate": {"80-89": 999}}),
        lambda _: numbers({"success_rate": {"80-89": -1, "90-94": 1001}}),
        lambda _: numbers({"success_rate": {"<b>80</b>": 1000}}),
        lambda _: numbers({"success_rate": {"80\ud800": 1000}}),
        lambda _: numbers({"a" * 49: {"80-89": 1000}}),
        lambda _: numbers({f"t{number}": {"80-89": 1000} for number in range(17)}),
    ],
)
def test_a_field_of_another_form_shows_nothing_even_when_signed(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    assert fault(signed(change(numbers()))) is Fault.UNREADABLE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 50_000,
        b"null",
        b"[]",
        b'{"numbers":{}}',
        b'{"numbers":NaN,"jws":""}',
        b'{"numbers":1.5,"jws":""}',
        b" " * (MAX_BYTES + 1),
        b"9" * 60_000,
    ],
)
def test_what_is_no_file_shows_nothing(body: bytes) -> None:
    assert fault(body) is Fault.UNREADABLE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=300) | JSON.map(lambda tree: json.dumps(tree).encode()))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with pytest.raises(PublicNumbersError):
        read(body, TRUSTED, TODAY)


@given(st.sampled_from(["format", "week", "homes", "keys", "tables"]), JSON)
def test_no_signed_field_raises_anything_else(field: str, value: object) -> None:
    content = numbers({"success_rate": SHARES}) | {field: value}
    with suppress(PublicNumbersError):
        assert read(signed(content), TRUSTED, TODAY).keys
