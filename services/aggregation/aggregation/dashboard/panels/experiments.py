"""Experiments: who takes part, and whether the draw was fair. A home draws its variant by itself."""

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Cell, Column, Panel, share_cells
from aggregation.dashboard.shares import share
from aggregation.rollups.scopes import PAIR


def balance(figures: Figures) -> Panel:
    """Whether the variants of an experiment have as many homes as they should."""
    found = figures.all_at(figures.week).by_value("experiment")
    names = sorted({pair.partition(PAIR)[0] for pair in found})
    rows: list[list[Cell]] = []
    for name in names:
        variants = {
            pair.partition(PAIR)[2]: homes
            for pair, homes in found.items()
            if pair.startswith(f"{name}{PAIR}")
        }
        for variant, homes in sorted(variants.items()):
            part = share(homes, sum(variants.values()))
            fair = round(100 / len(variants), 2)
            is_fair = "fair" if part.low <= fair <= part.high else "not fair"
            rows.append([name, variant, homes, *share_cells(part), fair, is_fair])
    unfair = sorted({str(row[0]) for row in rows if row[-1] == "not fair"})
    return Panel(
        key="balance",
        title="Who takes part",
        question="Was the draw fair?",
        sentence=(
            f"{', '.join(unfair)}: the draw was not fair; believe no result."
            if unfair
            else f"{len(names)} run; each has as many homes in its variants as a fair draw gives."
            if names
            else "No experiment runs."
        ),
        population="homes that take part and reported about the week, all of them, whatever the filter",
        columns=(
            Column("experiment", "experiment"),
            Column("variant", "variant"),
            Column("homes", "homes"),
            *SHARE_COLUMNS,
            Column("fair", "fair share", "%"),
            Column("is_fair", "draw"),
        ),
        rows=rows,
    )


PANELS = {"balance": balance}
