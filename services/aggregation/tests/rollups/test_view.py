"""The view: the sums as lines, on every kind of database."""

import json
from pathlib import Path

from sqlalchemy import select, text

from aggregation.storage.engine import Database
from aggregation.storage.schema import BY_WEEK
from aggregation.weeks import monday
from tests.made import WEEK, folded, made, rollups

GRAFANA = Path(__file__).parents[2] / "deploy" / "monitoring" / "grafana" / "sums.json"


def test_the_view_has_a_line_for_each_sum(storage: Database) -> None:
    folded(
        storage,
        made("a", error_summary={"print_failed": 2}, job_count=5, feature_usage={"library_enabled": True}),
        made("b", WEEK - 60, app_version="1.0"),
    )
    with storage.reading() as connection:
        rows = connection.execute(select(BY_WEEK)).all()
    found = {(*row[1:4], f"{row.metric}:{row.value}"): row.total for row in rows}
    assert found == {
        (key.week, key.scope, key.scope_value, name): total
        for key, totals in rollups(storage).items()
        for name, total in totals.items()
    }
    assert {str(row.monday) for row in rows} == {str(monday(row.week)) for row in rows}


def test_every_panel_of_grafana_shows_something(storage: Database) -> None:
    folded(storage, made("a", error_summary={"print_failed": 2}, job_count=5, completed_count=5))
    for panel in json.loads(GRAFANA.read_text())["panels"]:
        (target,) = panel["targets"]
        sql = target["rawSql"].replace("$__timeFilter(monday)", "monday IS NOT NULL")
        with storage.reading() as connection:
            rows = connection.execute(text(sql)).mappings().all()
        assert rows, panel["title"]
        assert list(rows[0]) == ["time", "metric", "total"]
