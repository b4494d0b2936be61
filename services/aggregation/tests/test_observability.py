import logging

from aggregation.observability import Bounded


def entry(line: int = 1, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", level, "somewhere.py", line, "Invalid", (), None)


def test_one_place_fills_no_disk_and_the_next_minute_tells_what_was_left_out() -> None:
    now = [0.0]
    bounded = Bounded(3, lambda: now[0])
    assert [bounded.filter(entry()) for _ in range(5)] == [True] * 3 + [False] * 2
    assert bounded.filter(entry(line=2))
    now[0] = 61.0
    first, second = entry(), entry()
    assert bounded.filter(first)
    assert bounded.filter(second)
    assert first.left_out == 2  # type: ignore[attr-defined]
    assert not hasattr(second, "left_out")


def test_what_was_left_out_long_ago_is_told_once() -> None:
    now = [0.0]
    bounded = Bounded(1, lambda: now[0])
    for _ in range(10):
        bounded.filter(entry())
    for minute in range(1, 10):
        now[0] = minute * 60.0
        bounded.filter(entry(line=2))
    late = entry()
    assert bounded.filter(late)
    assert late.left_out == 9  # type: ignore[attr-defined]
