"""Four weeks together, week after week: what a month is told by."""

from aggregation.dashboard.figures import POOLED_WEEKS, Counts, Figures
from aggregation.dashboard.panel import PERCENT, Chart, Column, Panel
from aggregation.dashboard.panels.errors import percent_with_error
from aggregation.dashboard.panels.homes import growth_sentence, is_stable
from aggregation.dashboard.panels.printers import success
from aggregation.dashboard.panels.tables import Count, weeks_table


def four_weeks(figures: Figures) -> Panel:
    """How many homes there were in each four weeks, and how they fared."""

    def up_to(week: int) -> list[Counts]:
        """Return the sums of the four weeks up to one."""
        return [figures.at(at) for at in range(week - POOLED_WEEKS + 1, week + 1)]

    counts: dict[Column, Count] = {}
    if is_stable(figures):
        counts[Column("active", "homes")] = lambda week: figures.active_over(week, POOLED_WEEKS)
    counts |= {
        Column("new", "new homes"): lambda week: sum(sums("first_report") for sums in up_to(week)),
        Column("prints", "prints"): lambda week: sum(
            sums("capped_usage", "job_count") for sums in up_to(week)
        ),
        Column("middle_success", "completed prints of the middle home", PERCENT): lambda week: success(
            up_to(week)
        ),
        Column("with_error", "weekly reports with an error", PERCENT): lambda week: percent_with_error(
            up_to(week)
        ),
    }
    table = weeks_table(figures, counts)
    return Panel(
        key="four_weeks",
        title="Four weeks together",
        question="What was the last month like?",
        sentence=growth_sentence(figures),
        population="homes that reported about any of the four weeks to the one that is named",
        columns=table.columns,
        rows=table.rows,
        chart=Chart.LINE,
        drawn=[column.name for column in counts if column.name in {"active", "new"}],
        by_week=True,
        hints=("Monthly reports by mail have their numbers from here.",),
    )
