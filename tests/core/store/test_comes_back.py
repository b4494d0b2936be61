"""A statistics file that goes away or comes while it is opened, and logs that are another file's."""

from collections.abc import Callable, Container, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
import shutil
import sqlite3
import sys
from types import FrameType
from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Period
from custom_components.printernizer_stats.core.store import (
    STORE_ERRORS,
    Commit,
    UsageStore,
    engine,
    file as opening,
    recovery,
)
from custom_components.printernizer_stats.core.store.engine import FileMovedError

from ...proofs import tries
from .conftest import NOON, ZONE, completed

pytestmark = pytest.mark.allowed_logs

EVERY = tries(1, fast=4)
"""Of the steps, so manieth are tried."""

type Step = Callable[[], object]
_OPENING = {opening.__file__}
_OPENING_WHOLE = {str(module.__file__) for module in (opening, engine, recovery)}
# They only look, line by line.
_LOOKING = {"identities", "identity", "is_empty", "has_log", "keep_to_owner", "read_structure"}


def log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def opened(file: Path, at: float = NOON) -> UsageStore:
    store = UsageStore(file, ZONE, lambda _: None, lambda: at)
    store.open(at)
    return store


def record(store: UsageStore, *printers: str) -> None:
    for printer in printers:
        store.record((completed(printer=printer),))
        store.flush().result()


def printers(file: Path) -> list[str]:
    """Return whose prints the file holds, after checking that it is whole."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute(
            "SELECT DISTINCT printer_key FROM usage_events JOIN usage_printers USING (printer_id)"
            " ORDER BY event_id"
        )
        return [each for (each,) in rows]


def made(folder: Path, name: str, at: float, *printers: str) -> Path:
    """Return a whole file with a print of each printer."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    store = opened(file, at)
    record(store, *printers)
    store.close()
    return file


def put(source: Path, target: Path, *, with_log: bool = False) -> None:
    """Put a copy in place, with its log before it, as a file manager does that renames."""
    for each in (log_of(source), source)[not with_log :]:
        copy = target.with_name(f"{target.name}.copy")
        shutil.copy(each, copy)
        copy.rename(log_of(target) if each != source else target)


def crashed(folder: Path, name: str, at: float, *printers: str, whole: bool = True) -> Path:
    """Return a file whose last prints are in its log, or all that it holds, as after a crash."""
    file = made(folder, f"{name}.before", at, "early") if whole else folder / f"{name}.before"
    folder.mkdir(exist_ok=True)
    store = opened(file, at)
    record(store, *printers)
    copy = folder / name
    put(file, copy, with_log=True)
    store.close()
    return copy


@contextmanager
def at_line(number: int, step: Step, modules: Container[str]) -> Iterator[list[bool]]:
    """Do something just before the so manieth line of these modules that does more than look is run."""
    left = number
    done: list[bool] = []

    def count(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in modules or frame.f_code.co_name in _LOOKING:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(before)
                done.append(True)
                step()
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield done
    finally:
        sys.settrace(before)


def retried(file: Path) -> UsageStore:
    """Return a store that is opened as Home Assistant does: again, until it can be."""
    for _ in range(3):
        with suppress(*STORE_ERRORS):
            return opened(file)
    raise AssertionError("it cannot be opened")


def use(file: Path, *printers: str) -> None:
    """Open the file, count prints, and close it, as far as that can be done."""
    store = UsageStore(file, ZONE, lambda _: None, lambda: NOON)
    with suppress(*STORE_ERRORS):
        store.open(NOON)
        record(store, *printers)
    store.close()


@pytest.mark.parametrize(
    ("there", "with_log"),
    [
        ("nothing", False),
        ("another file", False),
        ("a crashed file", False),
        ("nothing", True),
        ("a crashed file", True),
    ],
)
def test_a_file_that_is_put_in_place_at_any_step_is_whole(tmp_path: Path, there: str, with_log: bool) -> None:
    """Alone, or with a log that holds its last prints and comes in the same step."""
    modules = _OPENING_WHOLE if with_log else _OPENING
    real = (crashed if with_log else made)(tmp_path / "real", "real.db", NOON - 5, "one", "two")
    other = crashed(tmp_path / "other", "other.db", NOON - 9, "stranger", whole=False)
    number, came = 0, [True]
    while came:
        number += EVERY
        file = tmp_path / f"{number}.db"
        if there != "nothing":
            put(other, file, with_log=there == "a crashed file")
        with at_line(number, partial(put, real, file, with_log=with_log), modules) as came:
            use(file, "three")
        if came:
            store = retried(file)
            record(store, "four")
            store.close()
            assert set(printers(file)) - {"three", "early"} == {"four", "one", "two"}, number
    assert number > 20


def test_a_file_that_goes_away_at_any_step_and_comes_back_has_its_log(tmp_path: Path) -> None:
    real = crashed(tmp_path / "real", "real.db", NOON - 5, "one")
    number, came = 0, [True]
    while came:
        number += EVERY
        file, away = tmp_path / f"{number}.db", tmp_path / f"{number}.away"
        put(real, file, with_log=True)
        with at_line(number, partial(file.rename, away), _OPENING) as came:
            use(file)
        if came:
            assert not file.exists(), number
            away.rename(file)
            use(file, "three")
            assert {"early", "one", "three"} <= set(printers(file)), number
    assert number > 20


def test_a_log_whose_file_is_away_waits_for_it(tmp_path: Path) -> None:
    file = crashed(tmp_path, "stats.db", NOON, "one", "two")
    away = file.rename(tmp_path / "away.db")
    for empty in (False, True):
        if empty:
            file.touch()
        with pytest.raises(FileMovedError):
            opened(file)
        assert file.exists() is empty
        assert log_of(file).stat().st_size
    away.rename(file)
    opened(file).close()
    assert printers(file) == ["early", "one", "two"]


def test_a_file_that_is_away_while_it_is_used_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    store = opened(file)
    record(store, "one")
    away = file.rename(tmp_path / "away.db")
    with pytest.raises(STORE_ERRORS):
        store.flush().result()
    with pytest.raises(STORE_ERRORS), store.reader():
        pass
    assert not file.exists()
    away.rename(file)
    record(store, "two")
    store.close()
    assert printers(file) == ["one", "two"]


def test_a_file_that_is_closed_while_it_is_away_is_whole_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    store = opened(file)
    record(store, "one", "two")
    away = file.rename(tmp_path / "away.db")
    store.close()
    assert not file.exists()
    assert not log_of(file).stat().st_size
    assert printers(away) == ["one", "two"]


def test_a_file_that_another_is_put_in_place_of_is_whole_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    real = made(tmp_path / "real", "real.db", NOON - 5, "real")
    store = opened(file)
    record(store, "one", "two")
    away = file.rename(tmp_path / "away.db")
    put(real, file)
    record(store, "three")
    store.close()
    assert (printers(away), printers(file)) == (["one", "two"], ["real", "three"])


@pytest.mark.parametrize("same", [True, False])
def test_a_log_of_another_file_is_kept_and_not_folded_in(tmp_path: Path, same: bool) -> None:
    """Either file is whole by itself; of a copy with its log, the log is folded in."""
    file = crashed(tmp_path, "stats.db", NOON - 5, "one")
    if not same:
        other = crashed(tmp_path / "other", "other.db", NOON - 9, "stranger", whole=False)
        shutil.copy(log_of(other), log_of(file))
    held = log_of(file).read_bytes()
    store = opened(file)
    kept = store.moved_away
    store.close()
    assert printers(file) == (["early", "one"] if same else ["early"])
    if same:
        assert kept is None
    else:
        assert kept is not None
        assert kept.name.endswith("-wal")
        assert kept.read_bytes() == held


@pytest.mark.usefixtures("impatient")
def test_a_log_that_a_reader_keeps_from_being_folded_in_is_kept(tmp_path: Path) -> None:
    commits: list[Commit] = []
    file = tmp_path / "stats.db"
    store = UsageStore(file, ZONE, commits.append, lambda: NOON)
    store.open(NOON)
    record(store, "one")
    with store.reader() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM usage_events").scalar_one() == 1
        record(store, "two")
        put(made(tmp_path / "real", "real.db", NOON - 5, "real"), file)
        record(store, "three")
    store.close()
    (kept,) = [each.moved for each in commits if each.moved]
    assert kept.stat().st_size
    assert commits[-1].snapshot.of(Period.EVER)["job_completed"] == 2
    assert printers(file) == ["real", "three"]


def test_a_disk_that_knows_no_second_name_for_a_file_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError(f"{self} is {target}")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    file = tmp_path / "stats.db"
    file.touch()
    store = opened(file)
    record(store, "one")
    store.close()
    assert printers(file) == ["one"]
    assert [each.name for each in tmp_path.iterdir()] == ["stats.db"]
    with pytest.raises(FileMovedError):
        recovery.begin(file)
    assert printers(file) == ["one"]
