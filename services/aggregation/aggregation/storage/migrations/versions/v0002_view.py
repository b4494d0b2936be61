"""The sums as lines: for SQL, the export, and Grafana."""

from alembic import op

revision = "0002"
down_revision = "0001"

_VIEWS = {
    "sqlite": """
        SELECT date('1969-12-29', (7 * r.week) || ' days') AS monday, r.week, r.scope, r.scope_value,
            m.key AS metric, v.key AS value, v.value AS total
        FROM rollups AS r, json_each(r.totals) AS m, json_each(m.value) AS v
        """,
    "postgresql": """
        SELECT DATE '1969-12-29' + 7 * r.week AS monday, r.week, r.scope, r.scope_value,
            m.key AS metric, v.key AS value, CAST(v.value AS bigint) AS total
        FROM rollups AS r, json_each(CAST(r.totals AS json)) AS m, json_each_text(m.value) AS v
        """,
    "mssql": """
        SELECT DATEADD(day, 7 * r.week, CAST('1969-12-29' AS date)) AS monday, r.week, r.scope, r.scope_value,
            m.[key] AS metric, v.[key] AS value, CAST(v.[value] AS bigint) AS total
        FROM rollups AS r CROSS APPLY OPENJSON(r.totals) AS m CROSS APPLY OPENJSON(m.[value]) AS v
        """,
}


def upgrade() -> None:
    """Make the view."""
    op.execute(f"CREATE VIEW measures_by_week AS {_VIEWS[op.get_context().dialect.name]}")


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP VIEW measures_by_week")
