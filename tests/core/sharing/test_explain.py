"""What a report says, field by field, and what is new in it."""

from datetime import date

from hypothesis import given, strategies as st

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.sharing.explain import Change, difference, fields
from custom_components.printernizer_stats.core.sharing.report import build

from .reports import AUTHOR, IDENTITY, facts

_COUNTS = st.dictionaries(
    st.sampled_from(
        ["file_uploaded", "job_completed", "error_type.connection_error", "error_type.printer_error"]
    ),
    st.integers(1, 100),
)


def _body(counts: dict[str, int], day: int = 12) -> bytes:
    return build(facts(), counts, AUTHOR, date(2026, 10, day), date(2026, 10, day + 7)).body


def test_every_field_is_explained() -> None:
    rows = {each.path: each for each in fields(_body({"file_uploaded": 3}))}
    assert rows["usage_stats.upload_count"].value == 3
    assert rows["usage_stats.upload_count"].category == "usage"
    assert rows["usage_stats.uptime_hours"].unit == "h"
    assert rows["error_summary"].value == {}
    assert all(each.purpose == DICTIONARY.report[path].purpose != "" for path, each in rows.items())
    assert rows.keys() == {path for path, each in DICTIONARY.report.items() if each.protocol == "1.0"}


def test_what_is_new_in_a_report() -> None:
    before = _body({"file_uploaded": 3, "error_type.printer_error": 1})
    after = _body({"file_uploaded": 5, "error_type.connection_error": 2})
    assert difference(before, after) == [
        Change(path="error_summary.connection_error", old=None, new=2),
        Change(path="error_summary.printer_error", old=1, new=None),
        Change(path="usage_stats.upload_count", old=3, new=5),
    ]


def test_all_of_the_first_report_is_new() -> None:
    new = {each.path: each for each in difference(None, _body({}))}
    assert new["installation.installation_id"].new == IDENTITY
    assert {each.old for each in new.values()} == {None}


@given(_COUNTS, _COUNTS)
def test_the_difference_says_all_there_is(old: dict[str, int], new: dict[str, int]) -> None:
    changes = {each.path: each for each in difference(_body(old), _body(new))}
    assert difference(_body(new), _body(new)) == []
    assert (changes == {}) == (_body(old) == _body(new))
    back = {each.path: (each.new, each.old) for each in difference(_body(new), _body(old))}
    assert back == {path: (each.old, each.new) for path, each in changes.items()}
