"""A printer that runs again: the print in hand, another one, or a moment that was neither."""

from .printer import COMPLETED, FAILED, IDLE, PAUSED, PREPARING, PRINTING, run


def test_a_print_that_looked_idle_for_a_moment_ends_with_the_outcome_that_follows() -> None:
    printer = run((10, PRINTING), (500, IDLE), (505, PRINTING), (520, FAILED))
    assert printer.told() == [("job_created", 10), ("job_failed", 520)]
    assert printer.durations() == [510]


def test_what_ran_for_a_moment_after_an_end_was_no_print() -> None:
    printer = run((10, PRINTING), (500, COMPLETED), (510, PRINTING), (530, FAILED))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]
    assert printer.durations() == [490]


def test_an_end_that_may_be_taken_back_is_when_the_print_goes_on() -> None:
    steps = ((10, PRINTING), (500, COMPLETED), (510, PRINTING), (900, COMPLETED))
    taken_back = run(*steps, end_recovers=True)
    assert (taken_back.told(), taken_back.durations()) == (
        [("job_created", 10), ("job_completed", 900)],
        [890],
    )
    kept = run(*steps)
    assert [event for event, _ in kept.told()] == ["job_created", "job_completed"] * 2
    assert kept.durations() == [490, 390]


def test_only_a_completion_is_taken_back() -> None:
    printer = run((10, PRINTING), (500, FAILED), (510, PRINTING), (900, COMPLETED), end_recovers=True)
    assert [event for event, _ in printer.told() if event != "job_created"] == [
        "job_failed",
        "job_completed",
    ]


def test_another_print_that_is_found_paused_counts_from_when_it_runs() -> None:
    printer = run(
        (10, PRINTING, {"job": 1}),
        (500, COMPLETED),
        (510, PAUSED, {"job": 2}),
        (600, PRINTING),
        (900, COMPLETED),
    )
    assert [event for event, _ in printer.told()] == [
        "job_created",
        "job_completed",
        "job_created",
        "job_completed",
    ]
    assert printer.durations() == [490, 300]


def test_a_pause_in_doubt_is_told_once_the_print_goes_on() -> None:
    printer = run((10, PRINTING), (500, IDLE), (505, PAUSED), (600, PRINTING), (700, COMPLETED))
    assert printer.told() == [
        ("job_created", 10),
        ("job_paused", 505),
        ("job_resumed", 600),
        ("job_completed", 700),
    ]
    assert printer.durations() == [595]


def test_a_source_that_never_looks_idle_in_a_print_begins_another_at_once() -> None:
    printer = run((10, PRINTING), (500, IDLE), (505, PRINTING), (900, IDLE), idle_ends=True)
    assert [at for _, at in printer.told()] == [10, 500, 505, 900]
    assert printer.durations() == [490, 395]


def test_another_print_that_only_heats_is_none() -> None:
    printer = run((10, PRINTING), (500, COMPLETED), (510, PREPARING), (900, IDLE))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]


def test_two_prints_whose_border_fell_between_two_polls() -> None:
    printer = run((10, PRINTING, {"elapsed": 1.0}), (1000, None, {"elapsed": 990.0}))
    for at in (1100, 1150, 1200):
        printer.see(at, elapsed=at - 1080)
    printer.see(1500, COMPLETED, elapsed=420.0)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_failed", "job_completed"]
    assert printer.durations() == [990, 420]


def test_another_print_whose_begin_was_seen_keeps_it() -> None:
    printer = run((10, PRINTING, {"job": 1}), (500, COMPLETED), (510, PRINTING, {"job": 2}))
    printer.see(600, started_at=505.0)
    printer.see(900, COMPLETED)
    printer.told()
    assert printer.durations() == [490, 390]


def test_a_state_that_is_told_again_and_again_does_not_prolong_the_doubt() -> None:
    printer = run((10, PRINTING), (500, COMPLETED), *((at, PRINTING) for at in range(510, 660, 30)))
    printer.see(900, COMPLETED)
    printer.told()
    assert printer.durations() == [490, 390]


def test_a_print_that_heats_again_after_it_printed_is_one() -> None:
    printer = run((10, PRINTING), (500, COMPLETED), (510, PRINTING), (520, PREPARING), (900, COMPLETED))
    assert [event for event, _ in printer.told()] == ["job_created", "job_completed"] * 2
    heated = run((10, PRINTING), (40, IDLE), (45, PREPARING), (200, COMPLETED))
    assert [event for event, _ in heated.told()] == ["job_created", "job_completed"]


def test_what_another_print_ran_before_a_pause_counts() -> None:
    printer = run(
        (10, PRINTING), (500, COMPLETED), (510, PRINTING), (540, PAUSED), (600, PRINTING), (900, COMPLETED)
    )
    printer.told()
    assert printer.durations() == [490, 330]
