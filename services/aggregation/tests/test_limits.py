from ipaddress import IPv4Address

from hypothesis import example, given, strategies as st
import pytest

from aggregation.limits import ROUNDING, NetworkLimit, RateLimit, Replays, network


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@given(calls=st.integers(1, 100))
def test_so_many_at_once_then_none(calls: int) -> None:
    limit = RateLimit[str](calls, 3600, clock=Clock())
    assert [limit.take("a") for _ in range(calls)] == [0.0] * calls
    assert limit.take("a") == pytest.approx(3600 / calls)
    assert limit.take("b") == 0


def test_waiting_helps(clock: Clock) -> None:
    limit = RateLimit[str](1, 3600, clock=clock)
    assert limit.take("a") == 0
    clock.now += 3000
    assert limit.take("a") == pytest.approx(600)
    clock.now += 600
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(3600)


@given(st.lists(st.floats(0, 100), max_size=200), st.integers(1, 5))
@example([0.011310417545998857, 99.99999999999999], 1)
def test_never_more_than_twice_the_limit_in_any_hour(pauses: list[float], calls: int) -> None:
    clock = Clock()
    limit = RateLimit[str](calls, 100, clock=clock)
    taken = []
    for pause in pauses:
        clock.now += pause
        if not limit.take("a"):
            taken.append(clock.now)
    for start in taken:
        assert sum(start <= moment < start + 100 - 10 * ROUNDING for moment in taken) < 2 * calls


def test_given_back_is_free_again(clock: Clock) -> None:
    limit = RateLimit[str](1, 3600, clock=clock)
    for _ in range(3):
        assert limit.take("a") == 0
        limit.give_back("a")
    limit.give_back("unknown")
    assert limit.take("a") == 0
    assert limit.take("a") > 0


def test_zero_is_no_limit() -> None:
    limit = RateLimit[str](0, 3600)
    assert {limit.take("a") for _ in range(100)} == {0.0}
    assert len(limit) == 0


def test_memory_is_bounded(clock: Clock) -> None:
    limit = RateLimit[int](1, 3600, clock=clock, capacity=100)
    for number in range(1000):
        limit.take(number)
        assert len(limit) <= 100
    assert limit.take(999) > 0
    clock.now += 3600
    assert limit.take(5000) == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", bytes([192, 0, 2])),
        ("::ffff:192.0.2.77", bytes([192, 0, 2])),
        ("192.0.2.77:1234", bytes([192, 0, 2])),
        ("[::ffff:192.0.2.77]:1234", bytes([192, 0, 2])),
        ("[2001:db8:1:2ff::5]", bytes.fromhex("20010db8000102")),
        ("[2001:db8:1:2ff::5]:65535", bytes.fromhex("20010db8000102")),
        ('"[2001:db8:1:2ff::5]:443"', bytes.fromhex("20010db8000102")),
        ("192.0.2.77:port", b""),
        ("192.0.2.777", b""),
        ("::ffff:ff", bytes(7)),
        (":::", b""),
        ("2001:db8:1:2ff::5", bytes.fromhex("20010db8000102")),
        ("", b""),
        ("unix", b""),
        ("2001:db8::1%eth0", bytes.fromhex("20010db8000000")),
    ],
)
def test_network(address: str, expected: bytes) -> None:
    assert network(address) == expected


def test_network_limit_holds_no_address() -> None:
    limits = [NetworkLimit(1, 60), NetworkLimit(1, 60)]
    for limit in limits:
        assert limit.take("192.0.2.77") == 0
        assert limit.take("192.0.2.1") > 0
        assert limit.take("192.0.3.1") == 0
    kept = [set(limit.limit._full_at) for limit in limits]
    assert not kept[0] & kept[1]
    assert all(len(key) == 16 and bytes([192, 0, 2]) not in key for keys in kept for key in keys)


def test_salt_is_for_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = NetworkLimit(1, 60)
    limit.take("192.0.2.77")
    before = set(limit.limit._full_at)
    limit._day = limit._day.replace(year=2000)
    assert limit.take("192.0.2.77") == 0
    assert not before & set(limit.limit._full_at)


def test_replays(clock: Clock) -> None:
    replays = Replays(600, clock=clock)
    assert replays.is_new(b"a")
    assert not replays.is_new(b"a")
    clock.now += 599
    assert not replays.is_new(b"a")
    assert replays.is_new(b"b")
    clock.now += 2
    assert not replays.is_new(b"b")
    clock.now += 2000
    assert replays.is_new(b"b")


def test_replays_are_bounded(clock: Clock) -> None:
    replays = Replays(600, clock=clock, capacity=10)
    for number in range(100):
        assert replays.is_new(bytes([number]))
    assert not replays.is_new(bytes([99]))
    assert len(replays._newer) + len(replays._older) <= 20


@given(st.ip_addresses(v=4))
def test_plain_addresses_are_read_as_others_are(address: IPv4Address) -> None:
    assert network(str(address)) == address.packed[:3] == network(f"::ffff:{address}")
