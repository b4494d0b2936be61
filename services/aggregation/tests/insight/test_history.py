from contextlib import closing
from datetime import UTC, datetime, time
from pathlib import Path

from aggregation.alerts.alarms import alarms
from aggregation.alerts.deliveries import deliveries_of
from aggregation.fleet.loading import load
from aggregation.fleet.plan import Incident, Plan
from aggregation.insight.history import work_through
from aggregation.storage.migrate import opened
from aggregation.weeks import week_of_day
from tests.fleet.homes import UNTIL
from tests.proofs import tries


def test_a_fleet_that_lost_a_quarter_of_its_homes_has_an_alarm_about_that_week(tmp_path: Path) -> None:
    lost = week_of_day(UNTIL) - 5
    plan = Plan(
        homes=tries(250, fast=150),
        weeks=tries(40, fast=28),
        until=UNTIL,
        app_share=0.0,
        bad_release=False,
        incidents=(Incident(lost, lost, silent=0.4),),
    )
    with closing(opened(f"sqlite:///{tmp_path / 'fleet.db'}", 5.0)) as database:
        load(database, plan)
        assert work_through(database, datetime.combine(UNTIL, time(12), UTC), 12)
        with database.reading() as connection:
            (silent,) = [each for each in alarms(connection) if each.cause == "homes"]
            assert silent.opened_week <= lost <= silent.last_week + 1
            assert not any(deliveries_of(connection, each.id) for each in alarms(connection))
