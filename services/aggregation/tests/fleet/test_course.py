"""What simulated homes do and send, whatever becomes of it."""

from collections import Counter
from datetime import date
from uuid import UUID

import pytest

from aggregation.dictionary import DICTIONARY
from aggregation.fleet.homes import settle
from aggregation.fleet.life import Week
from aggregation.fleet.plan import INTEGRATION_MAJOR, Incident, Plan, releases, season
from aggregation.fleet.telling import Part, document
from aggregation.protocol.fields import V1, V2, V2_FIELDS
from aggregation.protocol.report import READERS, parse, require_canonical
from aggregation.storage.records import Outcome
from aggregation.weeks import monday, week_of_day
from tests.fleet.homes import UNTIL, awkward, fleet, in_order
from tests.made import DAY_SECONDS

LAST = week_of_day(UNTIL) - 1


def test_same_seed_makes_the_same_fleet_and_another_one_another() -> None:
    once, twice, other = (fleet(awkward(seed=seed, homes=20)) for seed in (1, 1, 2))
    assert once == twice
    assert once != other


def test_home_is_the_same_whoever_else_is_there() -> None:
    few, many = fleet(awkward(homes=5, made_up=0)), fleet(awkward(homes=9, made_up=0))
    assert few == many[:5]


def test_every_report_is_what_the_protocol_reads() -> None:
    for sent in in_order(fleet(awkward())):
        require_canonical(parse(sent.body), sent.body)
        reader = READERS[sent.values["schema_version"]]
        end = sent.values["period.end"]
        assert reader.read(parse(sent.body), end + DAY_SECONDS) == (sent.values, [])


def test_report_is_no_larger_than_that_of_a_real_home() -> None:
    real = [sent for course in fleet(awkward(made_up=0)) for sent in course.sent]
    assert max(len(sent.body) for sent in real) <= 1229


def test_everything_awkward_happens() -> None:
    found = fleet(awkward())
    sent = in_order(found)
    assert {each.outcome for each in sent} == {*Outcome}
    assert {each.values["schema_version"] for each in sent} == {V1, V2}
    assert any(each.deleted for each in sent)
    assert {each.is_apart for each in sent} == {False, True}
    assert {each.values["period.duration_days"] for each in sent} > {7}
    assert any((each.received - monday(each.week + 1)).days > 7 for each in sent)
    gaps = {each.values.get("history.weeks_since_previous_report") for each in sent}
    assert {None, "none", *map(str, range(1, 8))} <= gaps
    assert any(course.home.switch for course in found)
    assert {path for each in sent for path in each.values} == V2_FIELDS.keys() - {
        "usage_stats.experiment",
        "usage_stats.variant",
    }


def test_nothing_comes_before_its_time_or_after_the_day_that_is_looked_at() -> None:
    for sent in in_order(fleet(awkward())):
        start = sent.values["period.start"] // DAY_SECONDS
        assert start < (sent.received - date(1970, 1, 1)).days
        assert sent.received <= UNTIL
        assert LAST - 30 < sent.week <= LAST


def test_reports_of_a_week_add_up_to_the_truth_about_it() -> None:
    for course in fleet(awkward(made_up=0)):
        told: dict[int, Counter[str]] = {}
        days: Counter[int] = Counter()
        for sent in course.sent:
            if sent.outcome is Outcome.NEW:
                told.setdefault(sent.week, Counter()).update(
                    {name: sent.values.get(f"usage_stats.{name}", 0) for name in ("job_count", "print_hours")}
                )
                days[sent.week] += sent.values["period.duration_days"]
        for week in course.weeks:
            if days[week.week] == 7 and "usage" in course.home.categories:
                outcomes = week.outcomes
                assert abs(told[week.week]["job_count"] - outcomes.ended) <= 0
                assert told[week.week]["print_hours"] == week.print_hours


def test_what_a_home_did_not_agree_to_is_not_told() -> None:
    seen = set()
    for course in fleet(awkward(app_share=0, homes=120)):
        declined = {*DICTIONARY.categories} - {*course.home.categories}
        seen |= declined
        for sent in course.sent:
            needed = {
                name for path in sent.values for name in (V2_FIELDS[path].category, V2_FIELDS[path].also)
            }
            assert not declined & needed
    assert seen == {"errors", "features", "printers", "usage"}


def test_deleted_home_is_silent_afterwards_or_refused() -> None:
    deleted = [course for course in fleet(awkward()) if any(sent.deleted for sent in course.sent)]
    assert deleted
    for course in deleted:
        (day,) = {sent.deleted for sent in course.sent if sent.deleted}
        after = [sent for sent in course.sent if not sent.deleted]
        assert {sent.outcome for sent in after} <= {Outcome.GONE}
        assert all(sent.received >= day for sent in after)


def test_more_fails_with_the_bad_release() -> None:
    plan = Plan(homes=600, weeks=40, until=UNTIL)
    bad = {release.version for release in releases(plan, INTEGRATION_MAJOR) if release.errors > 1}
    weeks = [week for course in fleet(plan) for week in course.weeks if week.protocol == V2]
    good_share, bad_share = (
        failing([week for week in weeks if (week.version in bad) is is_bad]) for is_bad in (False, True)
    )
    assert bad_share > 1.3 * good_share


def failing(weeks: list[Week]) -> float:
    """Return the share of prints that failed."""
    failed = sum(week.outcomes.failed for week in weeks)
    return failed / sum(week.outcomes.ended for week in weeks)


def test_incident_silences_a_share_of_the_homes() -> None:
    quiet = Incident(first=LAST - 9, last=LAST - 8, silent=0.5)
    usual, struck = fleet(awkward(late=0)), fleet(awkward(late=0, incidents=(quiet,)))
    before, after = (
        len({sent.home for course in found for sent in course.sent if sent.week == LAST - 9})
        for found in (usual, struck)
    )
    assert 0.3 * before < after < 0.7 * before


def test_winter_has_more_prints_than_summer() -> None:
    assert season(week_of_day(date(2026, 1, 12))) > 1.2
    assert season(week_of_day(date(2026, 7, 13))) < 0.8
    assert season(week_of_day(date(2025, 12, 29))) > 1.5


@pytest.mark.parametrize("count", [0, 1, 5, 6, 100])
def test_parts_of_a_week_add_up(count: int) -> None:
    assert all(Part(0, cut).of(count) + Part(cut, 7).of(count) == count for cut in range(1, 7))


def test_a_week_tells_what_its_turn_is() -> None:
    for course in fleet(awkward(app_share=0)):
        for sent in course.sent:
            turn = DICTIONARY.report.turns[UUID(sent.identifier).int % 4]
            told = {
                V2_FIELDS[path].turn for path, value in sent.values.items() if V2_FIELDS[path].untold != value
            }
            assert told <= {None, turn}


def test_a_feature_is_first_used_once() -> None:
    for course in fleet(awkward(app_share=0, homes=200)):
        found = [name for week in course.weeks for name in course.home.first_used_in(week.week)]
        assert len(found) == len({*found})


def test_document_of_a_home_that_tells_little_has_its_groups() -> None:
    plan = awkward(app_share=0, homes=120)
    lonely = next(
        course for course in fleet(plan) if course.sent and "printers" not in course.home.categories
    )
    assert document(lonely.sent[0].values)["printer_fleet"] == {}
    assert settle(plan, lonely.home.number) == lonely.home
