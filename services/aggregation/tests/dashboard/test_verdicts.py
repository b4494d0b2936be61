"""Release verdicts on the dashboard: from the sums to the word."""

from datetime import timedelta
import random

import pytest

from aggregation.alerts.releases import judge_releases
from aggregation.analytics.sums import Sums
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panels.verdicts import judge, verdicts
from aggregation.dashboard.view import View
from aggregation.fleet.loading import load
from aggregation.fleet.plan import Plan
from aggregation.judging.releases import Comparison
from aggregation.storage.engine import Database
from aggregation.weeks import monday
from tests.fleet.homes import UNTIL
from tests.made import WEEK, fold_all, known, made, stored
from tests.proofs import tries

HOMES = tries(200, fast=100)
EVERY = 4
RELEASES = 6
USUAL = 0.1


@pytest.mark.parametrize(("rate", "word"), [(0.4, "worse"), (USUAL, None)])
def test_a_release_that_errs_more_is_called_worse_and_a_harmless_one_is_not(
    storage: Database, rate: float, word: str | None
) -> None:
    chance = random.Random(7)
    versions = [f"3.{number}.0" for number in range(RELEASES)]
    known(storage, *versions)
    begins = WEEK - EVERY * RELEASES + 2
    # A week before the first release somebody runs an older version.
    reports = [made(f"old-{home}", begins - 1, app_version="2.42.0", error_summary={}) for home in range(20)]
    for number, version in enumerate(versions):
        share = rate if number == RELEASES - 1 else USUAL
        for week in range(begins + EVERY * number, min(WEEK, begins + EVERY * (number + 1) - 1) + 1):
            reports += [
                made(
                    f"{home}",
                    week,
                    app_version=version,
                    error_summary={"print_failed": 1} if chance.random() < share else {},
                )
                for home in range(HOMES)
            ]
    stored(storage, *reports)
    fold_all(storage)
    with storage.reading() as connection:
        figures = Figures(connection, monday(WEEK + 2) + timedelta(days=1), View())
        newest = judge(figures)[0]
        panel = verdicts(figures)
    told = {record["error"]: record for record in panel.records() if record["version"] == versions[-1]}
    assert newest.release.version == versions[-1]
    assert len(newest.release.weeks) == 2 or len(newest.release.weeks) == 3
    if word:
        assert told["print_failed"]["verdict"] == word
        assert panel.sentence.startswith(f"{versions[-1]} made print_failed more common.")
    else:
        assert told["print_failed"]["verdict"] != "worse"
        assert "surely more common" in panel.sentence


def test_without_reports_nothing_is_judged(storage: Database) -> None:
    with storage.reading() as connection:
        figures = Figures(connection, monday(WEEK), View())
        assert judge(figures) == []
        assert verdicts(figures).rows == []


def test_the_page_and_the_alarm_judge_alike(storage: Database) -> None:
    """On homes of more than a year, of which a late release is a bad one."""
    plan = Plan(homes=tries(300, fast=200), weeks=60, until=UNTIL, seed=3)
    load(storage, plan)
    week = plan.last_week - 1
    with storage.reading() as connection:
        page = {
            (one.release.version, kind): verdict.comparison
            for one in judge(Figures(connection, UNTIL, View()))
            for kind, verdict in one.verdicts.items()
        }
        judged = 0
        for each in judge_releases(Sums(connection), week):
            _, version, kind = each.series.split("/")
            assert page[version, kind] == each.judged.change
            judged += 1
        others = Figures(connection, UNTIL, View.parse({"weeks": "260", "filter": "country:DE"}))
        assert [one.release.version for one in judge(others)] == list(dict.fromkeys(name for name, _ in page))
    assert judged
    assert Comparison.WORSE in page.values()
