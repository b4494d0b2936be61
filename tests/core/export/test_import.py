"""What an export holds comes back whole, adds nothing twice, and is never sent again."""

from collections import Counter
import json
from pathlib import Path
import tempfile
from typing import Final

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.printernizer_stats.const import DEFAULT_ENDPOINT
from custom_components.printernizer_stats.core.counters import LONGEST_SECONDS, MAXIMA
from custom_components.printernizer_stats.core.export.merging import Imported
from custom_components.printernizer_stats.core.export.reading import ImportRefusedError
from custom_components.printernizer_stats.core.models import FLEET, UsageEvent
from custom_components.printernizer_stats.core.sharing import outbox
from custom_components.printernizer_stats.core.store.queries import EventFilter, iter_events, purge
from custom_components.printernizer_stats.core.timestamps import instant

from ...proofs import tries
from .filled import DAY, NOON, Json, agree, export, fill, open_store, printed
from .importer import Open, take, totals


def events(exported: Json) -> Counter[str]:
    """The events of an export, without the numbers that each file gives them."""
    return Counter(
        json.dumps({name: event[name] for name in ("type", "time", "printer", "data")}, sort_keys=True)
        for event in exported["events"]
    )


def counters(exported: Json) -> dict[tuple[str, ...], int]:
    """The counters of an export that are not of a report period; zero is as good as none."""
    return {
        (row["scope"], row["period"], row["printer"], row["metric"]): row["value"]
        for row in exported["counters"]
        if row["scope"] != "interval" and row["value"]
    }


def test_everything_comes_back(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    exported = export(old)
    assert take(new, exported) == Imported(events=6)
    again = export(new)
    assert events(again) == events(exported)
    assert counters(again) == counters(exported)
    assert again["last_prints"] == exported["last_prints"]
    assert {row["printer"] for row in again["printers"]} == {row["printer"] for row in exported["printers"]}
    assert again["settings"]["maintenance.a1"] == exported["settings"]["maintenance.a1"]
    assert totals(new)["app_start"] == 1, "what was purged is still counted"
    assert totals(new)["events_stored"] == 6


def test_twice_adds_nothing_and_nor_does_the_file_it_came_from(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    exported = export(old)
    take(new, exported)
    for store in (new, old):
        before = export(store, identity=True)
        assert take(store, exported) == Imported(events=0)
        assert export(store, identity=True) == before


def test_what_was_purged_since_is_not_counted_again(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    earlier = export(old)
    old.run(lambda conn: purge(conn, NOON - DAY / 2)).result()
    old.record((printed(NOON + 60),))
    old.flush().result()
    later = export(old)
    before = totals(old)
    take(old, earlier)
    assert {**totals(old), "events_stored": 0} == {**before, "events_stored": 0}
    for exported in (earlier, later, earlier):
        take(new, exported)
    assert {**totals(new), "events_stored": 0} == {**before, "events_stored": 0}


def test_what_is_here_already_stays_and_adds_up(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    new.record((printed(NOON, "own", 7200), UsageEvent(type="app_start", at=NOON)))
    new.flush().result()
    both = Counter(totals(old)) + Counter(totals(new))
    both[LONGEST_SECONDS] = 7200
    take(new, export(old))
    assert totals(new) == both


def test_a_chain_of_imports_counts_everything_once(opened: Open) -> None:
    first, second = opened("first"), opened("second")
    fill(first)
    take(second, export(first))
    second.record((printed(NOON + 60, "c3"),))
    second.flush().result()
    take(first, export(second))
    take(second, export(first))
    assert totals(first) == totals(second)
    assert totals(first)["job_completed"] == 4 + 1
    third = opened("third")
    take(third, export(second))
    take(third, export(first))
    assert totals(third) == totals(first)


def test_after_a_deletion_the_export_brings_all_back(opened: Open) -> None:
    store = opened("only")
    fill(store)
    exported = export(store)
    store.erase(everything=False).result()
    take(store, exported)
    assert events(export(store)) == events(exported)
    assert totals(store) == {
        metric: value
        for (scope, _, owner, metric), value in counters(exported).items()
        if (scope, owner) == ("total", FLEET)
    }


def test_imported_events_are_never_reported(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    take(new, export(old))
    with new.reader() as conn:
        assert not list(iter_events(conn, EventFilter(submitted=True)))
        assert {event["interval"] for event in iter_events(conn)} == {None}
    assert [row for row in export(new)["counters"] if row["scope"] == "interval"] == []
    assert export(new)["reports"] == []


def _of_period(exported: Json, interval: int) -> set[tuple[str, int]]:
    rows = exported["counters"]
    return {(row["metric"], row["value"]) for row in rows if row["period"] == str(interval)}


def test_moving_goes_on_as_the_same_installation(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    new.record((UsageEvent(type="app_start", at=NOON),))
    exported = export(old, identity=True)
    assert take(new, exported, move=True) == Imported(events=6, reports=1)
    moved = export(new, identity=True)
    for key in ("identity_secret", "first_run_date", "reported_until"):
        assert moved["settings"][key] == exported["settings"][key], key
    assert moved["deletions"] == exported["deletions"]
    (sent,), (known,) = moved["reports"], exported["reports"]
    assert {**sent, "interval": 0} == {**known, "interval": 0}
    of_report = [
        {
            (row["metric"], row["value"])
            for row in each["counters"]
            if row["period"] == str(report["interval"])
        }
        for each, report in ((moved, sent), (exported, known))
    ]
    assert of_report[0] == of_report[1] != set()
    with old.reader() as ours, new.reader() as theirs:
        submitted = [
            sum(1 for _ in iter_events(conn, EventFilter(submitted=True))) for conn in (ours, theirs)
        ]
    assert submitted == [4, 4]
    running = [row for row in moved["intervals"] if row["state"] == "open"]
    assert [row["start"] for row in running] == ["2026-11-23"], "no day is reported twice"
    assert take(new, exported, move=True) == Imported(events=0)
    assert export(new, identity=True)["reports"] == moved["reports"]


def test_no_address_that_a_file_names_is_asked_to_delete(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    exported = export(old, identity=True)
    deletion = {
        "installation_id": "00000000-0000-4000-8000-000000000000",
        "client_key": "stolen",
        "week": None,
        "key": None,
        "requested": instant(NOON),
        "confirmed": None,
        "receipt": None,
    }
    addresses = ["http://192.168.1.1/submit", DEFAULT_ENDPOINT]
    exported["deletions"] = [{**deletion, "endpoint": each} for each in addresses]
    take(new, exported, move=True)
    assert [each["endpoint"] for each in export(new, identity=True)["deletions"]] == [DEFAULT_ENDPOINT]


@pytest.mark.parametrize(("shares", "moved"), [(True, ["pending"]), (False, [])])
def test_what_waits_moves_only_where_sharing_is_agreed_to(
    opened: Open, *, shares: bool, moved: list[str]
) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    exported = export(old, identity=True)
    exported["reports"][0] |= {"state": "pending", "receipt": None}
    if shares:
        new.run(agree).result()
    take(new, exported, move=True)
    assert [row["state"] for row in export(new)["reports"]] == moved
    take(new, export(old, identity=True), move=True)
    assert [row["state"] for row in export(new)["reports"]] == ["acknowledged"], "it is not sent again"
    assert new.run(outbox.pending).result() == []


@pytest.mark.parametrize("move", [False, True])
def test_consent_does_not_move(opened: Open, *, move: bool) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    take(new, export(old, identity=True), move=move)
    assert export(new)["consents"] == []


def test_who_has_sent_cannot_become_another(opened: Open) -> None:
    old, new = opened("old"), opened("new")
    fill(old)
    fill(new)
    before = export(new, identity=True)
    with pytest.raises(ImportRefusedError, match="import_other_identity"):
        take(new, export(old, identity=True), move=True)
    with pytest.raises(ImportRefusedError, match="import_no_identity"):
        take(new, export(old), move=True)
    assert export(new, identity=True) == before


PRINTERS: Final = st.sampled_from([None, "a1", "b2"])
EVENTS: Final = st.lists(
    st.builds(
        lambda kind, printer, at, seconds, historic: UsageEvent(
            type=kind,
            at=at,
            printer=printer,
            data={"duration_seconds": seconds} if kind == "job_completed" else {},
            historic=historic,
        ),
        st.sampled_from(["job_completed", "job_created", "printer_connected"]),
        PRINTERS,
        st.floats(min_value=NOON - 30 * DAY, max_value=NOON) | st.sampled_from([NOON, NOON - DAY]),
        st.integers(0, 7_000_000),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=tries(25, fast=5), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, EVENTS, st.integers(0, 40), st.integers(0, 10_000))
def test_export_import_export_is_the_same(
    before: list[UsageEvent], after: list[UsageEvent], purged: int, uptime: int
) -> None:
    """For any history, purged or not, and imported at any two moments of it."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = open_store(Path(folder) / "old.db"), open_store(Path(folder) / "new.db")
        old.record(tuple(before), amounts={"uptime_seconds": uptime}, at=NOON)
        old.flush().result()
        take(new, export(old))
        old.record(tuple(after))
        old.run(lambda conn: purge(conn, NOON - purged * DAY)).result()
        exported = export(old)
        for _ in range(2):
            take(new, exported)
        again = export(new)
        fresh = open_store(Path(folder) / "fresh.db")
        take(fresh, exported)
        only = export(fresh)
        for store in (old, new, fresh):
            store.close()
    assert events(only) == events(exported)
    assert counters(only) == counters(exported)
    assert only["last_prints"] == exported["last_prints"]
    assert not events(exported) - events(again), "nothing is missing, and what was purged there stays here"
    stored = {key: value for key, value in counters(again).items() if key[3] != "events_stored"}
    assert stored == {key: value for key, value in counters(exported).items() if key[3] != "events_stored"}


def test_one_counter_is_no_sum() -> None:
    assert {LONGEST_SECONDS} == MAXIMA, "the SQL of the import knows one"
