"""What a commit adds: to which counters, of which days, and what is shown of it."""

from dataclasses import replace

from custom_components.printernizer_stats.core.counters import CounterKey, Scope
from custom_components.printernizer_stats.core.models import (
    FLEET,
    Counts,
    LastPrint,
    Outcome,
    Period,
    Snapshot,
    UsageEvent,
)
from custom_components.printernizer_stats.core.store import Commit, UsageStore
from custom_components.printernizer_stats.core.store.counter_cache import CounterCache
from custom_components.printernizer_stats.core.store.counts import load_last_prints
from custom_components.printernizer_stats.core.store.shared_rows import SharedRows

from .conftest import NOON, ZONE, completed


def test_equal_events_in_one_commit_are_each_counted(store: UsageStore, commits: list[Commit]) -> None:
    store.record((completed(), completed(), completed()))
    store.flush().result()
    assert commits[-1].snapshot.of() == {
        "job_completed": 3,
        "print_seconds": 10800,
        "longest_print_seconds": 3600,
        "timed_prints": 3,
        "events_stored": 3,
    }


def _ledger(completed: int, longest: int) -> CounterCache:
    counts: dict[Period, dict[str, Counts]] = {period: {} for period in Period}
    counts[Period.EVER] = {FLEET: {"job_completed": completed, "longest_print_seconds": longest}}
    return CounterCache(
        zone=ZONE,
        today="2026-11-22",
        interval=1,
        counts=counts,
        interval_counts={"job_completed": completed},
        last_prints={},
        erased=None,
        clock_wrong=False,
        shared=SharedRows({}, {}),
    )


def test_only_what_a_salvaged_file_has_lost_is_added_to_it() -> None:
    assert _ledger(5, 900).missing_from(_ledger(2, 600)) == {
        CounterKey(Scope.TOTAL, "", FLEET, "job_completed"): 3,
        CounterKey(Scope.INTERVAL, "1", FLEET, "job_completed"): 3,
    }
    assert _ledger(2, 600).missing_from(_ledger(5, 900)) == {}


def _stored(store: UsageStore, commits: list[Commit], *events: UsageEvent) -> Snapshot:
    store.record(events)
    store.flush().result()
    return commits[-1].snapshot


def test_the_last_print_is_known_of_the_printer_and_of_all_together(
    store: UsageStore, commits: list[Commit]
) -> None:
    idle = UsageEvent(type="file_uploaded", at=NOON + 2, data={})
    shown = _stored(store, commits, completed(seconds=60), completed(NOON + 1, 90, "q"), idle)
    last = LastPrint(result=Outcome.COMPLETED, at=NOON + 1, printer="q", duration=90)
    first = LastPrint(result=Outcome.COMPLETED, at=NOON, printer="p", duration=60)
    assert shown.last_prints == {"p": first, "q": last, FLEET: last}
    assert shown.events_stored == 3
    assert store.read(load_last_prints) == shown.last_prints
    again = _stored(store, commits, idle)
    assert again.last_prints == shown.last_prints, "what is no print changes no last print"
    assert again.events_stored == 4


def test_a_print_adds_to_its_printer_to_its_days_and_to_the_report(
    store: UsageStore, commits: list[Commit]
) -> None:
    yesterday = completed(NOON - 86400, 60)
    shown = _stored(store, commits, completed(seconds=90), yesterday)
    assert [shown.of(Period.DAY, each)["print_seconds"] for each in (FLEET, "p")] == [90, 90]
    assert [shown.of(Period.EVER, each)["print_seconds"] for each in (FLEET, "p")] == [150, 150]
    assert shown.of(Period.WEEK)["longest_print_seconds"] == 90
    assert shown.interval["print_seconds"] == 150
    assert shown.interval["type.job_completed.octoprint"] == 2


def test_the_past_of_another_source_is_no_part_of_a_report_and_no_last_print(
    store: UsageStore, commits: list[Commit]
) -> None:
    shown = _stored(store, commits, replace(completed(), historic=True))
    assert shown.of()["job_completed"] == 1
    assert shown.interval == {}
    assert shown.last_prints == {}


def test_amounts_that_no_event_stands_for_are_all_printers_of_that_day(
    store: UsageStore, commits: list[Commit]
) -> None:
    store.record((), amounts={"uptime_seconds": 5}, at=NOON)
    store.flush().result()
    shown = commits[-1].snapshot
    assert shown.of(Period.DAY)["uptime_seconds"] == shown.of()["uptime_seconds"] == 5
    assert shown.interval["uptime_seconds"] == 5
    assert shown.events_stored == 0


def test_the_file_says_the_same_after_it_was_opened_again(store: UsageStore, commits: list[Commit]) -> None:
    shown = _stored(store, commits, completed(seconds=60), completed(NOON + 1, 90, "q"))
    store.record((), amounts={"uptime_seconds": 5}, at=NOON)
    store.flush().result()
    shown = commits[-1].snapshot
    store.close()
    assert store.open(NOON) == shown


def test_days_change_at_the_user_s_midnight_to_the_second(store: UsageStore, commits: list[Commit]) -> None:
    midnight = NOON - 12 * 3600  # 2026-11-22 00:00 in Amsterdam
    shown = _stored(store, commits, completed(midnight - 1, 60), completed(midnight, 70))
    assert shown.of(Period.DAY)["print_seconds"] == 70
    assert shown.of()["print_seconds"] == 130


def test_days_are_remembered_for_as_many_quarters_as_there_is_room_for() -> None:
    cache = _ledger(0, 0)
    for number in range(4096):
        assert cache._day(NOON - 900 * number)
    assert len(cache._days) == 4096
    assert cache._day(NOON) == "2026-11-22"
    assert len(cache._days) == 4096
    assert cache._day(NOON + 900) == "2026-11-22"
    assert len(cache._days) == 1


def test_of_what_is_missing_only_counters_that_are_lower_are_added() -> None:
    ours, theirs = _ledger(5, 900), _ledger(5, 900)
    ours.counts[Period.EVER][FLEET] = {"job_failed": 1, "job_completed": 5}
    assert ours.missing_from(theirs) == {CounterKey(Scope.TOTAL, "", FLEET, "job_failed"): 1}
