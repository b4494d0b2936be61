"""Countries: where the homes are, as they tell it."""

from babel import Locale

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import SHARE_COLUMNS, Chart, Column, Panel, share_cells
from aggregation.dashboard.shares import share

_NAMES = Locale("en").territories
POPULATION = "homes that reported about the week and told their country"


def countries(figures: Figures) -> Panel:
    """How many homes there are in each country."""
    sums = figures.at(figures.week)
    homes_of = sums.by_value("country")
    told = sum(homes_of.values())
    found = {code: share(homes, told) for code, homes in homes_of.items()}
    first = next(iter(found), "")
    return Panel(
        key="countries",
        title="Countries",
        question="Where are the homes?",
        sentence=(
            f"{told:,} of {sums('active'):,} homes told their country in {figures.week_name}: {len(found)}"
            f" countries, most homes in {country_name(first)}."
            if first
            else f"No home told its country in {figures.week_name}."
        ),
        population=POPULATION,
        columns=(
            Column("country", "country"),
            Column("code", "code"),
            Column("homes", "homes"),
            *SHARE_COLUMNS,
        ),
        rows=[[country_name(code), code, one.part, *share_cells(one)] for code, one in found.items()],
        chart=Chart.MAP,
        drawn=["homes"],
        links=figures.links("country", found),
        hints=("Small states are in the table only. A home tells the country or its printers, never both.",),
    )


def country_name(code: str) -> str:
    """Return a country in English."""
    return str(_NAMES.get(code, code))


PANELS = {
    "countries": countries,
}
