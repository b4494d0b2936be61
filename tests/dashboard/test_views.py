"""The views, from plain values: what is shown of what there is, and to whom."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
import json
import math
from typing import Any, Final, override

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.const import DOMAIN, HOURS_PRECISION
from custom_components.printernizer_stats.core.community.kept import Reception
from custom_components.printernizer_stats.dashboard.home import Home, Owner, Sharing, Weeks
from custom_components.printernizer_stats.dashboard.texts import Texts, harmless
from custom_components.printernizer_stats.dashboard.views import dashboard, not_running

from ..texts import LANGUAGES, leaves
from .homes import (
    COMMUNITY,
    COUNTS,
    ENGLISH,
    FLEET,
    HOME,
    KEYS,
    SHARING,
    TEXTS,
    cards,
    contents,
    entities,
    print_row,
    printers,
    view,
    walk,
)

CORE_CARDS: Final = {
    "distribution",
    "empty-state",
    "entities",
    "heading",
    "markdown",
    "shortcut",
    "statistics-graph",
    "tile",
}


def test_all_views_with_everything() -> None:
    config = dashboard(HOME, TEXTS)
    assert [each["path"] for each in config["views"]] == ["overview", "printers", "trends", "data"]
    headings: dict[str, list[str]] = {each["path"]: [] for each in config["views"]}
    for each in config["views"]:
        for part in each["sections"]:
            headings[each["path"]] += [card["heading"] for card in part["cards"] if card["type"] == "heading"]
    assert headings == {
        "overview": [
            "Prints per day",
            "How prints ended",
            "All time",
            "Last prints",
            "This week compared to last week",
            "What went wrong",
        ],
        "printers": ["Printer 00", "Printer 01"],
        "trends": [
            "Prints per week",
            "Prints per month",
            "Hours per week by printer",
            "Hours per day",
            "Hours per month",
            "Filament per week",
        ],
        "data": ["Sharing", "Your data", "Next report"],
    }
    assert {card["type"] for card in cards(config)} == CORE_CARDS - {"empty-state"}
    assert len(view(config, "overview")["badges"]) == 5


@pytest.mark.parametrize("number", [0, 1, 8, 9, 30])
@pytest.mark.parametrize("sharing", [None, SHARING])
def test_every_section_has_a_heading_and_every_card_is_of_home_assistant_s_own(
    number: int, sharing: Sharing | None
) -> None:
    home = replace(HOME, printers=printers(number), sharing=sharing)
    config = dashboard(home, TEXTS)
    for each in config["views"]:
        assert each["title"]
        for part in each["sections"]:
            first, *others = part["cards"]
            assert first["type"] == "heading"
            assert others
    assert {card["type"] for card in cards(config)} <= CORE_CARDS
    assert len(json.dumps(config)) < 40_000


@pytest.mark.parametrize("gone", [*KEYS, "maintenance_due"])
def test_what_is_not_there_is_not_shown(gone: str) -> None:
    def without(owner: Owner) -> Owner:
        return replace(owner, entities={key: each for key, each in owner.entities.items() if key != gone})

    home = replace(HOME, fleet=without(FLEET), printers=[without(each) for each in HOME.printers])
    known = {each for owner in (home.fleet, *home.printers) for each in owner.entities.values()}
    config = dashboard(home, TEXTS)
    assert entities(config) <= known
    assert all(part["cards"] for each in config["views"] for part in each["sections"])


def test_nothing_but_prints_is_still_a_dashboard() -> None:
    home = Home(fleet=Owner(counts={"job_completed": 1}), prints=[print_row()])
    config = dashboard(home, TEXTS)
    assert [each["path"] for each in config["views"]] == ["overview"]
    assert [card["type"] for card in cards(config)] == ["heading", "markdown"]


def test_no_printer_says_what_to_do_next() -> None:
    (card,) = cards({"views": [view(dashboard(Home(sharing=SHARING), TEXTS), "overview")]})
    assert (card["type"], card["title"]) == ("empty-state", "No printer is counted yet")
    (button,) = card["buttons"]
    assert button["text"] == "Select printers"
    assert button["tap_action"]["navigation_path"].endswith(f"/integration/{DOMAIN}")
    (card,) = cards(dashboard(Home(), TEXTS))
    assert card["buttons"] == []


def test_no_print_says_to_wait() -> None:
    config = dashboard(replace(HOME, fleet=Owner(), prints=[]), TEXTS)
    assert cards(config)[0]["title"] == "Waiting for the first print"
    assert [each["path"] for each in config["views"]] == ["overview", "printers", "data"], "no empty charts"


def test_not_running_leads_to_the_settings() -> None:
    (card,) = cards(not_running(TEXTS))
    assert card["title"] == "Nothing is being counted right now"
    assert card["buttons"][0]["text"] == "Open the settings"


def test_few_printers_have_a_section_each() -> None:
    printed = view(dashboard(replace(HOME, printers=printers(8)), TEXTS), "printers")
    assert len(printed["sections"]) == 8
    first = printed["sections"][0]["cards"]
    assert [card["type"] for card in first] == ["heading", "tile", "entities", "statistics-graph"]
    assert first[0]["tap_action"]["navigation_path"] == "/config/devices/device/device0"
    assert first[0]["badges"] == [{"type": "entity", "entity": "sensor.p0_success_rate"}]
    due = {"condition": "state", "entity": "binary_sensor.p0_due", "state": "on"}
    assert first[1]["visibility"] == [due]


def test_many_printers_are_listed_by_kind() -> None:
    config = dashboard(replace(HOME, printers=printers(30)), TEXTS)
    klipper, prusa = view(config, "printers")["sections"]
    assert klipper["cards"][0]["heading"] == "Klipper: hours this month"
    assert prusa["cards"][0]["heading"] == "Prusa: hours this month"
    assert len(klipper["cards"]) == len(prusa["cards"]) == 16
    tile = klipper["cards"][1]
    assert (tile["name"], tile["entity"]) == ("Printer 01", "sensor.p1_print_time_this_month")
    assert tile["tap_action"]["navigation_path"] == "/config/devices/device/device1"


def test_a_chart_compares_the_busiest_printers_only() -> None:
    config = dashboard(replace(HOME, printers=printers(30)), TEXTS)
    chart = view(config, "trends")["sections"][2]["cards"][1]
    assert [each["name"] for each in chart["entities"]] == [f"Printer {index}" for index in range(29, 19, -1)]


def test_one_printer_is_compared_with_nobody() -> None:
    config = dashboard(replace(HOME, printers=printers(1)), TEXTS)
    assert "Hours per week by printer" not in json.dumps(config)


def test_charts_are_of_long_term_statistics() -> None:
    config = dashboard(HOME, TEXTS)
    charts = cards(config, "statistics-graph")
    assert {(each["period"], each["days_to_show"]) for each in charts} == {
        ("day", 30),
        ("week", 84),
        ("month", 365),
    }
    assert all(each["stat_types"] == ["change"] for each in charts)
    colors = [each.get("color") for each in charts[0]["entities"]]
    assert colors == ["green", "red", "amber"]
    assert not cards(dashboard(replace(HOME, has_statistics=False), TEXTS), "statistics-graph")


def test_last_prints_as_a_table() -> None:
    text = contents(dashboard(HOME, TEXTS))
    assert '<table width="100%">\n<tr>| Print | Result | Duration | Filament |\n' in text
    done = '<ha-icon icon="mdi:check-circle-outline"></ha-icon> Completed'
    assert f"| <b>MK4</b><br>2026-10-14 10:00 | {done} | 1h\u00a030m | 12\u00a0g |\n" in text
    assert "| <b>Former printer</b><br>2026-10-14 10:00 |" in text
    assert "Failed | – | 1.2\u00a0m |\n" in text  # noqa: RUF001 - what is shown for no value
    assert "Canceled | 0h | – |" in text  # noqa: RUF001


def test_this_week_against_last() -> None:
    text = contents(dashboard(HOME, TEXTS))
    assert "|  | This week | Last week at this point | All of last week |" in text
    assert "| Prints | 9 | 0 | 2 |\n<tr>| Completed | 8 | 0 | 0 |\n<tr>| Failed | 1 | 0 | 0 |" in text
    assert "| Print time | 2h\u00a01m | 0h | 0h |\n<tr>| Filament | 2.5\u00a0m | – | – |" in text  # noqa: RUF001


def test_a_week_s_filament_is_in_the_units_of_the_sensors() -> None:
    weights = Weeks(this={"filament_g": 2697}, last_by_now={"filament_g": 2125}, last={"job_failed": 1})
    heavy = replace(HOME, fleet=replace(FLEET, counts=COUNTS | {"filament_g": 45_047}), weeks=weights)
    text = contents(dashboard(heavy, TEXTS))
    assert "| Filament | 2.70\u00a0kg | 2.13\u00a0kg | – |" in text  # noqa: RUF001


@given(st.integers(min_value=0, max_value=10_000_000))
def test_a_duration_reads_as_the_frontend_shows_a_sensor_s(seconds: int) -> None:
    """Home Assistant stores hours with three decimals; its frontend shows the minute that began."""
    shown = TEXTS.duration(seconds).replace("h", "").replace("m", "").split("\u00a0")
    state = float(f"{seconds / 3600:.{HOURS_PRECISION}f}")
    whole = math.floor(state)
    minutes = math.floor(60 * (state - whole))
    assert [int(each) for each in shown] == ([whole, minutes] if minutes else [whole])
    assert abs(whole * 3600 + minutes * 60 - seconds) < 62


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "63h,\u00a015\u00a0Min."),
        ("en", "63h\u00a015m"),
        ("nl", "63\u00a0u,\u00a015\u00a0m"),
        ("pl", "63\u00a0h\u00a0i\u00a015\u00a0min"),
    ],
)
def test_durations_and_weights_are_written_as_in_the_language(language: str, shown: str) -> None:
    texts = Texts({f"component.{DOMAIN}.{path}": text for path, text in leaves(LANGUAGES[language])})
    assert texts.duration(63 * 3600 + 15 * 60 + 3) == shown
    assert texts.kilograms(2697) == f"2{'.' if language == 'en' else ','}70\u00a0kg"


def test_errors_by_kind() -> None:
    text = contents(dashboard(HOME, TEXTS))
    assert "| Error | This month | Ever |\n<tr>| Connection lost | 2 | 3 |\n<tr>| Print" in text
    assert "| Print failed | 0 | 1 |" in text


@pytest.mark.parametrize(
    "name",
    ["{{ states('zone.home') }}", "{% endraw %}", "a | b", "<img src=x>", "[x](http://y)", "_a_ **b** `c`"],
)
def test_names_are_text_and_nothing_else(name: str) -> None:
    written = harmless(name)
    assert not set(written) & set("{}%|<>[]()_*`'\"\\")
    assert written in contents(dashboard(replace(HOME, prints=[print_row(name=name)]), TEXTS))


def test_a_name_in_words_stays_as_it_is() -> None:
    assert harmless("Drucker  im\nKeller 2") == "Drucker im Keller 2"


def test_the_report_is_shown_to_the_byte_and_sent_only_so() -> None:
    config = dashboard(HOME, TEXTS)
    assert f"{{% raw %}}`{SHARING.body}`{{% endraw %}}" in contents(config)
    submit = next(card for card in cards(config, "shortcut") if card["label"] == "Send it now")
    action = submit["tap_action"]
    assert (action["perform_action"], action["data"]) == (f"{DOMAIN}.submit_now", {"sha256": "abc"})
    assert action["confirmation"]["text"]


@pytest.mark.parametrize("changed", [{"state": "off"}, {"state": "paused"}, {"can_submit": False}])
def test_nothing_is_offered_that_cannot_be_sent(changed: Mapping[str, Any]) -> None:
    config = dashboard(replace(HOME, sharing=replace(SHARING, **changed)), TEXTS)
    assert "Send it now" not in json.dumps(config)


def test_one_s_own_data() -> None:
    config = dashboard(HOME, TEXTS)
    buttons = {card["label"]: card for card in cards(config, "shortcut")}
    assert all(card["description"] for card in buttons.values())
    assert buttons["Download everything"]["tap_action"]["url_path"] == SHARING.export_link
    assert buttons["Download the prints"]["tap_action"]["url_path"] == SHARING.prints_link
    delete = buttons["Delete everything"]["tap_action"]
    assert delete["perform_action"] == f"{DOMAIN}.delete_data"
    assert delete["data"] == {"confirm": True, "remote": True}
    assert "can't be undone" in delete["confirmation"]["text"]


@pytest.mark.parametrize("number", [2, 30])
def test_who_is_no_administrator_cannot_change_anything(number: int) -> None:
    config = dashboard(replace(HOME, printers=printers(number), sharing=None), TEXTS)
    assert [each["path"] for each in config["views"]] == ["overview", "printers", "trends"]
    assert not any("action" in each for each in walk(config))


class Used(Mapping[str, str]):
    """The English texts, and which were asked for."""

    def __init__(self) -> None:
        self.keys_used: set[str] = set()

    @override
    def __getitem__(self, key: str) -> str:
        self.keys_used.add(key)
        return ENGLISH[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(ENGLISH)

    @override
    def __len__(self) -> int:
        return len(ENGLISH)


def test_every_text_is_used() -> None:
    used = Used()
    texts = Texts(used)
    not_running(texts)
    texts("description")  # in the address of the strategy's module
    many = printers(30)
    slow = [replace(each, entities={"print_time": f"sensor.{each.name}"}) for each in many]
    for home in (
        HOME,
        Home(sharing=SHARING),
        replace(HOME, weeks=Weeks(this=COUNTS | {"filament_g": 2697})),
        replace(HOME, fleet=Owner()),
        replace(HOME, printers=many, sharing=replace(SHARING, state="off")),
        replace(HOME, printers=slow, sharing=replace(SHARING, state="paused")),
        replace(HOME, is_invited=True),
        *(replace(HOME, community=replace(COMMUNITY, reception=each)) for each in Reception),
        replace(HOME, community=replace(COMMUNITY, compared=())),
        replace(HOME, community=replace(COMMUNITY, compared=(), ever=9)),
    ):
        dashboard(home, texts)
    own = {key for key in ENGLISH if ".common." in key}
    assert own <= used.keys_used
