"""Whether a printer is in sight, since when, and what was shown just before it came back."""

import pytest

from custom_components.printernizer_stats.core.models import Observation
from custom_components.printernizer_stats.core.prints.sight import Sight, Stretch


def lost(at: float = 100) -> Sight:
    """A printer that was watched and went out of contact."""
    sight = Sight()
    sight.watched = True
    sight.lose(at)
    return sight


def restored(**saved: object) -> Sight:
    sight = Sight()
    sight.load(saved)
    return sight


def test_a_printer_is_in_sight_unless_it_is_away_or_was_not_looked_at_since_the_start() -> None:
    assert Sight()
    assert not lost()
    assert not restored()
    sight = lost()
    sight.regain(110, 180)
    assert sight


@pytest.mark.parametrize(("back", "long"), [(279, False), (280, True)])
def test_a_time_away_is_long_from_the_grace_on(back: float, long: bool) -> None:
    sight = lost()
    assert sight.regain(back, 180) == Stretch(100, long, long, restarted=False)
    assert sight.watched is not long
    assert sight.is_returning(back) is long


def test_a_time_in_which_nobody_looked_is_no_loss_of_contact() -> None:
    assert restored(seen_at=100).regain(1000, 180) == Stretch(100, True, False, restarted=True)
    assert restored(seen_at=2000).regain(1000, 180) == Stretch(1000, False, False, restarted=True)
    assert restored().regain(1000, 180) == Stretch(1000, False, False, restarted=True)


@pytest.mark.parametrize(("at", "is_so"), [(1000, True), (1059.5, True), (1060, False)])
def test_a_printer_returns_for_a_minute(at: float, is_so: bool) -> None:
    sight = lost()
    sight.connected = False
    sight.regain(1000, 180)
    assert sight.is_returning(at) is is_so
    assert sight.was_just_switched_on(at) is is_so
    known = lost()
    known.connected = True
    known.regain(1000, 180)
    assert not known.was_just_switched_on(at)


@pytest.mark.parametrize(("at", "settled"), [(1300, False), (1300.5, True)])
def test_a_source_has_settled_after_five_minutes(at: float, settled: bool) -> None:
    sight = lost()
    sight.regain(1000, 180)
    assert sight.has_settled(at) is settled
    assert Sight().has_settled(at - 1000) is settled


@pytest.mark.parametrize(("back", "kept"), [(1060, {"progress": 5}), (1060.5, {})])
def test_what_is_shown_in_the_minute_before_the_state_belongs_to_it(
    back: float, kept: dict[str, float]
) -> None:
    sight = lost()
    assert sight.read(Observation(at=1000, progress=5, job=7)) is None
    sight.regain(back, 180)
    assert sight.shown == kept
    seen = sight.read(Observation(at=back))
    assert seen is not None
    assert seen.job == (7 if kept else None)
    again = sight.read(Observation(at=back + 1))
    assert again is not None
    assert again.job is None, "it is told once"


@pytest.mark.parametrize("second", [1010, 1060])
def test_what_is_shown_one_after_the_other_before_the_state_is_kept(second: float) -> None:
    sight = lost()
    sight.read(Observation(at=1000, progress=5))
    sight.read(Observation(at=second, elapsed=6))
    sight.regain(second, 180)
    assert sight.shown == {"progress": 5, "elapsed": 6}


def test_what_was_shown_long_before_the_state_is_forgotten() -> None:
    sight = lost()
    sight.read(Observation(at=1000, progress=5))
    sight.read(Observation(at=1061, elapsed=6))
    sight.regain(1062, 180)
    assert sight.shown == {"elapsed": 6}


def test_the_first_reading_after_a_minute_is_kept_for_another_one() -> None:
    sight = lost(50)
    sight.read(Observation(at=61, progress=5))
    sight.regain(62, 5)
    assert sight.shown == {"progress": 5}


def test_what_was_shown_before_a_time_unseen_is_kept_apart() -> None:
    sight = Sight()
    sight.read(Observation(at=50, progress=40))
    sight.lose(100)
    sight.regain(110, 180)
    assert (sight.before, sight.shown) == ({}, {"progress": 40}), "a moment is no time unseen"
    sight.lose(200)
    sight.regain(1000, 180)
    assert (sight.before, sight.shown) == ({"progress": 40}, {})


def test_after_a_restart_what_is_shown_before_the_state_belongs_to_it_however_short_it_was() -> None:
    sight = restored(seen_at=1000, shown={"progress": 40})
    sight.read(Observation(at=1005, progress=5))
    sight.regain(1010, 180)
    assert (sight.before, sight.shown) == ({"progress": 40}, {"progress": 5})
    assert restored(shown=None).before == {}


def test_since_when_a_printer_is_out_of_sight() -> None:
    assert restored(seen_at=5).lost_at is None
    assert lost(100).lost_at == 100
    for seen_at, since in ((50, 50), (200, 100), (None, 100)):
        sight = restored(seen_at=seen_at)
        sight.lose(100)
        sight.lose(150)
        assert sight.lost_at == since
