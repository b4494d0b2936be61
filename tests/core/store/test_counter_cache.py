"""Events that repeat in one group are counted as often as they came."""

from custom_components.printernizer_stats.core.counters import CounterKey, Scope
from custom_components.printernizer_stats.core.models import FLEET, Counts, Period
from custom_components.printernizer_stats.core.store import Commit, UsageStore
from custom_components.printernizer_stats.core.store.counter_cache import CounterCache
from custom_components.printernizer_stats.core.store.shared_rows import SharedRows

from .conftest import ZONE, completed


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
