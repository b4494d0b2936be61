"""What is no export changes nothing, and says why."""

from collections.abc import Callable
from functools import partial
import json
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.printernizer_stats.core.export.importing import import_file
from custom_components.printernizer_stats.core.export.reading import ImportRefusedError

from .filled import NOON, Json, export, fill, open_store, printed
from .importer import TODAY, Open, take, totals


def _changed(exported: Json, section: str, **changes: Any) -> Json:
    """The export with one row of a section changed."""
    first, *others = exported[section]
    return {**exported, section: [{**first, **changes}, *others]}


HOSTILE: Final[dict[str, tuple[str, Callable[[Json], Json | str | bytes]]]] = {
    "a zip": ("import_unreadable", lambda _: b"PK\x03\x04\x14\x00\x08\x00\xff\xfe"),
    "nothing": ("import_unreadable", lambda _: ""),
    "a list": ("import_unreadable", lambda each: json.dumps([each])),
    "cut off": ("import_unreadable", lambda each: json.dumps(each)[:-40]),
    "something after it": ("import_unreadable", lambda each: json.dumps(each) + "{}"),
    "NaN": ("import_unreadable", lambda each: json.dumps({"n": float("nan"), **each})),
    "infinite": ("import_unreadable", lambda each: json.dumps(each)[:-1] + ',"settings":{"a":1e999}}'),
    "deep": ("import_unreadable", lambda _: '{"events":[' + '{"a":' * 60_000),
    "deep lists": ("import_unreadable", lambda _: '{"settings":' + "[" * 60_000),
    "a large value": ("import_unreadable", lambda _: '{"origin":"' + "a" * 10_000_000 + '"}'),
    "half a letter": ("import_invalid", lambda each: {**each, "origin": "\ud800"}),
    "an old version": ("import_version", lambda each: {**each, "export_version": 1}),
    "a version to come": ("import_version", lambda each: {**each, "export_version": 99}),
    "a newer dictionary": ("import_newer", lambda each: {**each, "dictionary_version": 999}),
    "no version": (
        "import_incomplete",
        lambda each: {key: value for key, value in each.items() if key != "export_version"},
    ),
    "only a head": ("import_incomplete", lambda _: {"export_version": 2}),
    "no events": (
        "import_incomplete",
        lambda each: {key: value for key, value in each.items() if key != "events"},
    ),
    "another section": ("import_unknown", lambda each: {**each, "benchy": []}),
    "another field": ("import_unknown", lambda each: _changed(each, "events", name="benchy")),
    "no object": ("import_invalid", lambda each: {**each, "events": [7]}),
    "settings in a list": ("import_invalid", lambda each: {**each, "settings": []}),
    "another event": ("import_invalid", lambda each: _changed(each, "events", type="benchy")),
    "metadata": ("import_invalid", lambda each: _changed(each, "events", data={"file": "benchy"})),
    "a value": ("import_invalid", lambda each: _changed(each, "events", data={"duration_seconds": -1})),
    "a fraction": ("import_invalid", lambda each: _changed(each, "events", data={"duration_seconds": 1.5})),
    "no time": ("import_invalid", lambda each: _changed(each, "events", time="2026-13-01T00:00:00+00:00")),
    "a printer's name": ("import_invalid", lambda each: _changed(each, "events", printer="Prusa MK4")),
    "all printers": ("import_invalid", lambda each: _changed(each, "events", printer="")),
    "a metric": ("import_invalid", lambda each: _changed(each, "counters", metric="benchy")),
    "a huge count": ("import_invalid", lambda each: _changed(each, "counters", value=2**60)),
    "a count in words": ("import_invalid", lambda each: _changed(each, "counters", value="many")),
    "a period": ("import_invalid", lambda each: _changed(each, "counters", scope="day", period="7")),
    "a changed report": ("import_invalid", lambda each: _changed(each, "reports", sha256="0" * 64)),
    "a made-up report": ("import_invalid", lambda each: _changed(each, "reports", body="{}")),
    "a category": ("import_invalid", lambda each: _changed(each, "consents", categories=[{"benchy": 1}])),
    "a plan": (
        "import_invalid",
        lambda each: {**each, "settings": {"maintenance.zz": {"interval_hours": "often"}}},
    ),
    "a row twice": ("import_twice", lambda each: {**each, "counters": [*each["counters"]] * 2}),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what an export has of a file with something in every table."""
    old = open_store(tmp_path_factory.mktemp("exported") / "old.db")
    fill(old)
    text = json.dumps(export(old))
    old.close()
    return text


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_export_changes_nothing(opened: Open, exported: str, name: str) -> None:
    reason, change = HOSTILE[name]
    new = opened("new")
    new.record((printed(NOON, "own"),))
    new.flush().result()
    before = export(new, identity=True)
    with pytest.raises(ImportRefusedError) as refused:
        take(new, change(json.loads(exported)))
    assert refused.value.reason == reason
    assert "benchy" not in refused.value.place
    assert export(new, identity=True) == before
    new.record((printed(NOON + 1, "own"),))
    new.flush().result()
    assert totals(new)["job_completed"] == 2, "counting goes on"


def test_a_file_that_is_not_there_or_too_large(opened: Open, tmp_path: Path) -> None:
    store = opened("store")
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(257 * 1024 * 1024)
    for path, reason in ((tmp_path / "none.json", "import_no_file"), (huge, "import_too_large")):
        done = store.run(partial(import_file, file=path, move=False, today=TODAY))
        with pytest.raises(ImportRefusedError, match=reason):
            done.result()
