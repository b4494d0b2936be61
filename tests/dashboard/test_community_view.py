"""The community in the views: what is compared with whom, and what is said instead."""

from dataclasses import replace
import re

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.dashboard.views import dashboard

from .homes import (
    COMMUNITY,
    HOME,
    TEXTS,
    view,
    walk,
)


def test_the_community_is_three_plain_lines_for_each_figure() -> None:
    shown = view(dashboard(replace(HOME, community=COMMUNITY), TEXTS), "community")
    texts = [card["content"] for each in shown["sections"] for card in each["cards"] if "content" in card]
    assert (
        "You: 91% in the last four weeks, 88% in the four weeks before.\n\nMost homes: 80% to 94%."
        in texts[0]
    )
    assert "About 1000 homes, week 2026-W47." in texts[0]
    assert "You: 91% in the last four weeks.\n" in texts[1]
    assert "You: too few prints in the last four weeks.\n\nMost homes that only have Prusa" in texts[2]
    own = "You: 11h a week in the last four weeks, 2h a week in the four weeks before."
    assert f"{own}\n\nMost homes: 1h to 19h." in texts[3]
    assert COMMUNITY.source in texts[4]
    assert not re.search(r"rank|percentile|top|better than", " ".join(texts), re.IGNORECASE)


def test_without_a_comparison_the_view_says_why() -> None:
    few = replace(COMMUNITY, ever=9, compared=())
    shown = view(dashboard(replace(HOME, community=few), TEXTS), "community")
    (text,) = [card["content"] for each in shown["sections"] for card in each["cards"] if "content" in card]
    assert "once ten of your prints have ended" in text
    assert "in the range shown" not in text


def test_the_invitation_has_two_answers_and_is_gone_with_either() -> None:
    overview = view(dashboard(replace(HOME, is_invited=True), TEXTS), "overview")
    answers = [
        each["tap_action"]["data"]["receive"]
        for each in walk(overview)
        if each.get("tap_action", {}).get("perform_action") == f"{DOMAIN}.set_community"
    ]
    assert answers == [True, False]
    assert "set_community" not in str(dashboard(HOME, TEXTS))
