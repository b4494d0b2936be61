"""Wrong clocks at home: nothing is closed or dated by one, nothing is lost, and the right one mends it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
import tempfile
from typing import Any, Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Connection, select, text, update

from custom_components.printernizer_stats.const import EARLIEST_DAY
from custom_components.printernizer_stats.core.models import FLEET, Snapshot, UsageEvent
from custom_components.printernizer_stats.core.report_intervals import Interval, IntervalState, utc_day
from custom_components.printernizer_stats.core.sharing import history, outbox
from custom_components.printernizer_stats.core.sharing.outbox import ReportState
from custom_components.printernizer_stats.core.sharing.report import build
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.counts import day_counts, interval_counts, owner_counts
from custom_components.printernizer_stats.core.store.report_intervals import (
    cut,
    list_intervals,
    open_interval,
    past_weeks,
)
from custom_components.printernizer_stats.core.store.settings import FIRST_DAY, REPORTED_UNTIL, get_setting
from custom_components.printernizer_stats.core.store.tables import usage_intervals, usage_reports

from ...proofs import tries
from ..sharing.reports import AUTHOR, facts

COUNTED: Final = "file_uploaded"
THURSDAY: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
BOOT: Final = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
AHEAD: Final = datetime(2036, 1, 9, 12, tzinfo=UTC)


class Home:
    """A store, its clock, and a service whose own clock is right."""

    def __init__(self, file: Path, now: datetime) -> None:
        self._file = file
        self.now = now
        self.counted = 0
        self.snapshot = Snapshot()
        self.start()

    def start(self) -> None:
        self.store = UsageStore(self._file, UTC, lambda _: None, self._clock)
        self.snapshot = self.store.open(self.now.timestamp())
        self.run(lambda conn: history.note_first_day(conn, self.today))

    def _clock(self) -> float:
        return self.now.timestamp()

    def restart(self) -> None:
        self.store.close()
        self.start()

    @property
    def today(self) -> date:
        return utc_day(self.now.timestamp())

    def run[T](self, function: Callable[[Connection], T]) -> T:
        return self.store.run(function).result()

    def at(self, now: datetime, *, prints: int = 1) -> None:
        """Let the clock say something, and count."""
        self.now = now
        self.store.refresh().result()
        for _ in range(prints):
            self.store.record((UsageEvent(type=COUNTED, at=now.timestamp(), data={}),))
            self.counted += 1
        self.store.flush().result()
        self.snapshot = self.run(_shown)

    def freeze(self) -> None:
        self.run(lambda conn: outbox.freeze_closed(conn, _report))

    def send(self, today: date) -> None:
        """Send what waits to a service that takes what is possible on a day."""

        def answer(conn: Connection) -> None:
            for report in outbox.pending(conn):
                outbox.note_attempt(conn, report, "https://x/submit")
                taken = EARLIEST_DAY <= date.fromisoformat(report.start) <= today + timedelta(days=2)
                if taken:
                    state = ReportState.ACKNOWLEDGED
                    outbox.note_answer(conn, report.id, state=state, at=0.0, status=200, receipt={})

        self.freeze()
        self.run(answer)

    def intervals(self) -> list[Interval]:
        return self.run(
            lambda conn: [each for state in IntervalState for each in list_intervals(conn, state)]
        )

    def counts(self) -> dict[int, int]:
        """What each interval holds."""

        def read(conn: Connection) -> dict[int, int]:
            every = [each for state in IntervalState for each in list_intervals(conn, state)]
            return {each.id: interval_counts(conn, each.id).get(COUNTED, 0) for each in every}

        return self.run(read)

    def open(self) -> Interval:
        current = self.run(open_interval)
        assert current is not None
        return current

    def setting(self, key: str) -> Any:
        return self.run(lambda conn: get_setting(conn, key))


def _shown(conn: Connection) -> Snapshot:
    return Snapshot(clock_wrong=get_setting(conn, "clock_wrong") is not None)


def _report(counts: Any, start: date, end: date) -> Any:
    return build(facts(), counts, AUTHOR, start, end)


@pytest.fixture
def home(tmp_path: Path) -> Any:
    homes = []

    def make(now: datetime) -> Home:
        homes.append(Home(tmp_path / "stats.db", now))
        return homes[-1]

    yield make
    for each in homes:
        each.store.close()


def test_a_file_that_begins_in_1970_is_dated_by_the_right_clock(home: Any) -> None:
    new = home(BOOT)
    new.at(BOOT)
    assert new.run(lambda conn: cut(conn, new.today)) is None
    assert new.snapshot.clock_wrong
    assert new.setting(FIRST_DAY) is None
    new.at(THURSDAY)
    assert new.open().start == THURSDAY.date()
    assert new.setting(FIRST_DAY) == "2026-11-26"
    assert new.snapshot.clock_wrong, "until the week is over"
    new.at(THURSDAY + timedelta(days=4))
    assert [(str(each.start), str(each.end)) for each in new.intervals() if each.end] == [
        ("2026-11-26", "2026-11-30")
    ]
    assert not new.snapshot.clock_wrong
    assert list(new.counts().values()) == [1, 2]


def test_a_boot_in_1970_closes_nothing_and_moves_nothing(home: Any) -> None:
    pi = home(THURSDAY)
    pi.at(THURSDAY)
    start = pi.open().start
    pi.now = BOOT
    pi.restart()
    assert pi.snapshot.clock_wrong
    pi.at(BOOT)
    pi.at(BOOT + timedelta(days=9))
    assert [each.start for each in pi.intervals()] == [start]
    pi.at(THURSDAY + timedelta(days=4))
    assert [(str(each.start), str(each.end)) for each in pi.intervals() if each.end] == [
        (str(start), "2026-11-30")
    ]
    assert list(pi.counts().values()) == [1, 3]


def test_weeks_that_an_older_version_closed_in_1970_are_reported_after_all(home: Any) -> None:
    pi = home(THURSDAY)
    pi.at(THURSDAY)
    pi.run(
        lambda conn: conn.execute(
            update(usage_intervals).values(start_day="1970-01-01", end_day="1970-01-05", state="closed")
        )
    )
    pi.at(THURSDAY, prints=0)
    pi.freeze()
    pi.run(lambda conn: conn.execute(update(usage_reports).values(state="parked", attempts=1)))
    pi.run(
        lambda conn: conn.execute(
            text("UPDATE usage_intervals SET start_day='1970-01-05' WHERE state='open'")
        )
    )
    pi.at(THURSDAY)
    assert list(pi.counts().values()) == [2]
    assert pi.open().start == THURSDAY.date()
    assert pi.run(outbox.all_reports) == []


def test_years_ahead_over_a_monday_are_dated_anew(home: Any) -> None:
    pi = home(THURSDAY)
    for moment in (THURSDAY, AHEAD, AHEAD + timedelta(days=10)):
        pi.at(moment)
        pi.freeze()
    pi.send(THURSDAY.date())
    assert pi.setting(REPORTED_UNTIL) == "2036-01-14"
    pi.at(THURSDAY + timedelta(hours=1))
    assert pi.snapshot.clock_wrong
    pi.at(THURSDAY + timedelta(days=1))
    assert max(each.start for each in pi.intervals()) <= THURSDAY.date() + timedelta(days=4)
    assert pi.setting(REPORTED_UNTIL) == "2026-11-30"
    for days in (4, 11):
        pi.at(THURSDAY + timedelta(days=days))
        pi.send(pi.today)
    reports = [(each.start, each.end, each.state) for each in pi.run(outbox.all_reports)]
    assert reports == [
        ("2026-11-26", "2026-11-30", "acknowledged"), ("2026-11-30", "2026-12-07", "acknowledged"),
    ]  # fmt: skip
    assert sum(pi.counts().values()) == pi.counted
    assert not pi.snapshot.clock_wrong


def test_what_was_put_aside_ahead_of_time_is_never_reported(home: Any) -> None:
    pi = home(AHEAD)
    pi.at(AHEAD)
    pi.at(AHEAD + timedelta(days=7))
    pi.run(
        lambda conn: conn.execute(
            update(usage_intervals).where(usage_intervals.c.state == "closed").values(state="private")
        )
    )
    pi.at(THURSDAY)
    pi.at(THURSDAY + timedelta(days=1))
    (aside,) = [each for each in pi.intervals() if each.state is IntervalState.PRIVATE]
    assert aside.start == aside.end == THURSDAY.date() + timedelta(days=1)
    assert pi.run(lambda conn: past_weeks(conn, pi.today)) == 1, "only the running week"


def test_a_clock_that_was_behind_for_a_while_leaves_the_week_as_it_was(home: Any) -> None:
    pi = home(THURSDAY)
    pi.at(THURSDAY)
    start = pi.open().start
    pi.at(datetime(2026, 3, 5, tzinfo=UTC))
    pi.at(THURSDAY + timedelta(hours=1))
    assert pi.open().start == start
    assert list(pi.counts().values()) == [3]


def test_nothing_is_cut_before_the_last_event(home: Any) -> None:
    pi = home(THURSDAY - timedelta(days=3))
    pi.at(THURSDAY)
    wednesday = THURSDAY.date() - timedelta(days=1)
    assert pi.run(lambda conn: cut(conn, wednesday)) is None
    assert pi.run(lambda conn: cut(conn, THURSDAY.date())) is not None


JUMPS: Final = st.lists(
    st.tuples(
        st.one_of(
            st.integers(-60, 60),
            st.sampled_from([-20_000, -3650, -365, 365, 3650, 20_000]),
        ),
        st.integers(0, 3),
        st.sampled_from(["none", "restart", "freeze", "send", "cut"]),
    ),
    max_size=9,
)


@settings(max_examples=tries(15, fast=4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JUMPS)
def test_any_sequence_of_jumps_loses_and_doubles_nothing(jumps: list[tuple[int, int, str]]) -> None:
    """The true day is that of THURSDAY until the clock is right for good."""
    with tempfile.TemporaryDirectory() as folder:
        pi = Home(Path(folder) / "stats.db", THURSDAY)
        try:
            for days, prints, what in jumps:
                pi.at(max(BOOT, THURSDAY + timedelta(days=days)), prints=prints)
                match what:
                    case "restart":
                        pi.restart()
                    case "freeze":
                        pi.freeze()
                    case "send":
                        pi.send(THURSDAY.date())
                    case "cut":
                        pi.run(lambda conn: cut(conn, pi.today))
                _assert_sound(pi)
            for days in (0, 1, *range(4, 90, 7)):
                pi.at(THURSDAY + timedelta(days=days))
                pi.send(pi.today)
                _assert_sound(pi)
            _assert_reported_as_usual(pi)
        finally:
            pi.store.close()


def _assert_sound(pi: Home) -> None:
    """Everything that was counted is in one interval, and nothing impossible has been reported."""
    assert sum(pi.counts().values()) == pi.counted
    assert [each.state for each in pi.intervals()].count(IntervalState.OPEN) == 1
    for report in pi.run(outbox.all_reports):
        if report.state is ReportState.ACKNOWLEDGED:
            assert EARLIEST_DAY.isoformat() <= report.start < report.end

    def events(conn: Connection) -> int:
        query = "SELECT count(*) FROM usage_events JOIN usage_intervals USING (interval_id)"
        return int(conn.execute(text(query)).scalar_one())

    assert pi.run(events) == pi.counted


def _assert_reported_as_usual(pi: Home) -> None:
    """All but the running week has been reported, each day at most once, and the last weeks as weeks."""
    current = pi.open()
    assert not pi.snapshot.clock_wrong
    assert current.start <= pi.today < current.start + timedelta(days=7)
    reports = pi.run(outbox.all_reports)
    assert {each.state for each in reports} == {ReportState.ACKNOWLEDGED}
    spans = sorted((each.start, each.end) for each in reports)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans)), spans
    assert spans[-1] == (str(current.start - timedelta(days=7)), str(current.start))
    sent = pi.run(lambda conn: conn.scalars(select(usage_reports.c.interval_id)).all())
    assert sum(pi.counts()[each] for each in [*sent, current.id]) == pi.counted


def test_days_to_come_are_counted_for_today_once_the_clock_is_right(home: Callable[[datetime], Home]) -> None:
    """Until then they would be in the sums of every week and day that is shown."""
    house = home(THURSDAY)
    house.at(THURSDAY)
    house.at(AHEAD, prints=2)
    house.at(THURSDAY + timedelta(hours=1), prints=0)
    house.at(THURSDAY + timedelta(days=1))
    ever = house.run(lambda conn: day_counts(conn, since="2000-01-01", until="2100-01-01", printer=FLEET))
    assert {day: counts[COUNTED] for day, counts in ever.items()} == {"2026-11-26": 1, "2026-11-27": 3}
    assert house.run(lambda conn: owner_counts(conn, since="2026-11-28")) == {}
    assert house.run(lambda conn: owner_counts(conn, since=""))[FLEET][COUNTED] == house.counted
