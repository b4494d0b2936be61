"""Community view: the own figures, and then where most homes are; three plain lines for each. Pure.

The page of the settings says the same in the same words.
"""

from collections.abc import Mapping
from typing import Final

from ..const import DOMAIN
from ..core.community.comparison import FEWEST_PRINTS, Comparison, Figure
from ..core.community.kept import Reception
from .cards import Action, Card, headed, markdown, section, shortcut, view
from .home import Community
from .texts import Texts

_ICON: Final = "mdi:account-group-outline"
_ICONS: Final = {
    Figure.SUCCESS_RATE: "mdi:percent-outline",
    Figure.PRINT_HOURS: "mdi:timer-outline",
}
_SAID: Final[Mapping[Reception, str]] = {
    Reception.WAITING: "community_waiting",
    Reception.UNREACHABLE: "community_unreachable",
    Reception.ABSENT: "community_absent",
    Reception.UNREADABLE: "community_unverified",
    Reception.UNTRUSTED: "community_unverified",
    Reception.OUTDATED: "community_outdated",
}


def community_view(community: Community, texts: Texts) -> Card:
    """Return the view: a section for each figure, and where it comes from."""
    figures = [
        section(headed(title(each, texts), _ICONS[each.figure], [_text(lines(each, texts))]))
        for each in community.compared
    ]
    how = [texts("community_what")] if community.compared else []
    said = [*notes(community, texts), *how, texts("community_source", source=community.source)]
    about = section(headed(texts("community"), _ICON, [_text(said)]))
    return view(texts("community"), "community", _ICON, [*figures, about])


def invitation(texts: Texts) -> list[Card]:
    """Return the card that asks once whether the numbers are wanted, with two answers that are alike."""
    question = texts("community_sure")
    yes = _answer(receive=True) | {"confirmation": {"text": question}}
    return headed(
        texts("community"),
        _ICON,
        [
            markdown(texts("community_invitation"), text_only=True),
            shortcut(texts("community_yes"), texts("community_yes_what"), "mdi:check", yes),
            shortcut(texts("community_no"), texts("community_no_what"), "mdi:close", _answer(receive=False)),
        ],
    )


def title(compared: Comparison, texts: Texts) -> str:
    """Return the name of a figure."""
    return texts(f"community_{compared.figure}")


def lines(compared: Comparison, texts: Texts) -> list[str]:
    """Return the own figure, where most homes are, and how many homes of which week they are."""
    homes = compared.homes
    ends = {
        "low": _said(compared.figure, homes.low, texts),
        "high": _said(compared.figure, homes.high, texts),
    }
    if homes.printer_type is None:
        most = texts("community_most", **ends)
    else:
        printer = texts.option("printer_type", homes.printer_type)
        most = texts("community_most_like", printer=printer, **ends)
    count = texts("community_homes", homes=str(homes.homes), week=homes.week)
    return [_own(compared, texts), most, count]


def notes(community: Community, texts: Texts) -> list[str]:
    """Return why nothing, or nothing newer, is compared."""
    said = _SAID.get(community.reception)
    if said is not None:
        return [texts(said)]
    if community.compared:
        return []
    few = community.ever < FEWEST_PRINTS
    return [texts("community_few_prints" if few else "community_few_homes")]


def _own(compared: Comparison, texts: Texts) -> str:
    if compared.own is None:
        return texts("community_own_few")
    own = _own_amount(compared.figure, compared.own, texts)
    if compared.before is None:
        return texts("community_own_first", own=own)
    return texts("community_own", own=own, before=_own_amount(compared.figure, compared.before, texts))


def _own_amount(figure: Figure, value: float, texts: Texts) -> str:
    """As `_said`, but beside words about four weeks: hours say that they are those of one."""
    if figure is Figure.PRINT_HOURS:
        return texts("community_weekly", hours=str(round(value)))
    return _said(figure, value, texts)


def _said(figure: Figure, value: float, texts: Texts) -> str:
    """A whole number of percent, or of hours."""
    if figure is Figure.SUCCESS_RATE:
        return texts("community_percent", amount=str(round(value)))
    return texts("hours", hours=str(round(value)))


def _text(paragraphs: list[str]) -> Card:
    return markdown("\n\n".join(paragraphs))


def _answer(*, receive: bool) -> Action:
    return {
        "action": "perform-action",
        "perform_action": f"{DOMAIN}.set_community",
        "data": {"receive": receive},
    }
