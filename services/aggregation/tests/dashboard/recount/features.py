"""Features recounted: which are on, over time and by age, and errors where one is new."""

from collections import Counter
from collections.abc import Sequence

from tests.dashboard.recount.tables import AGE_NAMES, Record
from tests.dashboard.recount.truth import (
    Told,
    Truth,
    percents,
    shares,
    some,
    with_error,
)


def feature(told: Sequence[Told], name: str) -> tuple[int, int, int]:
    """Return the homes with a feature on, of those that tell of it."""
    on = some(told, lambda one: name in one.features(is_on=True))
    whole = on + some(told, lambda one: name in one.features(is_on=False))
    return on, whole, whole


def use(truth: Truth, row: Record) -> Record:
    found = feature(truth.at(truth.week), row["feature"])
    return {"feature": row["feature"], "on": found[0], "homes": found[1], **shares(found)}


def over_time(truth: Truth, row: Record) -> Record:
    week = truth.named(row["week"])
    names = [name for name in row if name not in {"week", "state"}]
    told = {name: percents(feature(truth.at(week), name))[0] for name in names}
    return {"week": row["week"], "state": truth.state(week), **told}


def by_age(truth: Truth, row: Record) -> Record:
    here = [one for one in truth.all_at(truth.week) if one.age == AGE_NAMES[row["age"]]]
    found = feature(here, row["feature"])
    return {
        "feature": row["feature"],
        "age": row["age"],
        "on": found[0],
        "homes": found[1],
        **shares(found),
    }


def friction(truth: Truth, row: Record) -> Record:
    here = [one for one in truth.all_at(*truth.recent) if row["feature"] in one.first_used]
    all_ages = Counter(one.age for one in here)
    usual = {
        age: percents(with_error(one for one in truth.all_at(*truth.recent) if one.age == age))[0]
        for age in all_ages
    }
    expected = sum(usual[age] * homes for age, homes in all_ages.items()) / all_ages.total()
    found = with_error(here)
    return {"feature": row["feature"], "reports": found[1], **shares(found), "expected": expected}
