"""Mails in German say all in German, whatever alarm or movement they tell of; English ones stay the same."""

from collections.abc import Iterator
from contextlib import closing
from html import unescape
import json
from pathlib import Path
import re

import msgspec
import pytest

from aggregation.alerts.alarms import Event, update_alarms
from aggregation.alerts.causes import grouped
from aggregation.alerts.deliveries import Told, told_in, told_of
from aggregation.alerts.view import detail
from aggregation.alerts.watch import WATCHED, Cause
from aggregation.alerts.words import ends_when, event_title
from aggregation.mails.content import Kind
from aggregation.mails.render import alarm_letter, letter_of
from aggregation.mails.smtp import Letter
from aggregation.mails.words import Words
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.texts.catalog import NAMES, Texts
from tests.alerts.world import LAST
from tests.mails.conftest import BASE
from tests.mails.every_kind import alarm_lines, content_of, every_alarm, every_move, move_lines

ENGLISH = json.loads((Path(__file__).parents[1] / "data" / "mails_english.json").read_text(encoding="utf-8"))
"""What mails said in English of every kind before alarms were told in German too."""
ALARMS, MOVES = every_alarm(), every_move()
WORD = re.compile(r"[^\W\d]\w+")


def words_of(text: str) -> set[str]:
    """Return the words of a text; a name such as print_failed is one."""
    return {word.casefold() for word in WORD.findall(re.sub(r"https?://\S+|\{\w+\}", " ", text))}


def catalog(language: str) -> set[str]:
    """Return all words that the texts of a language have."""
    said = Texts(language)._said
    texts = [text for text in said.values() if isinstance(text, str)]
    return words_of(" ".join([*texts, *said["titles"].values(), *said["names"].values()]))


TITLES = words_of(" ".join(each.title for each in WATCHED.values()))
NOT_GERMAN = (catalog("en") | TITLES | {"app_version", "other"}) - catalog("de")


def words_in(letter: Letter) -> set[str]:
    """Return the words that somebody reads of a mail."""
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', letter.html))
    seen = re.sub(r"<style.*?</style>|<[^>]*>", " ", letter.html, flags=re.DOTALL)
    return words_of(f"{letter.subject} {letter.text} {unescape(seen)} {labels}")


@pytest.fixture
def storage(database: Path) -> Iterator[Database]:
    """Give a database without reports."""
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        yield found


def told_by(storage: Database, name: str, language: str) -> Told:
    """Return what is told in a language of an alarm that is opened."""
    with storage.writing() as connection:
        (change,) = update_alarms(connection, LAST, grouped([ALARMS[name]]))
        return told_in(connection, told_of(connection, change), Texts(language))


def test_every_cause_and_all_that_is_watched_is_among_the_kinds() -> None:
    assert {grouped([each])[0].cause.partition("/")[0] for each in ALARMS.values()} == set(Cause)
    watched = {each.series.partition("/")[0] for each in ALARMS.values()}
    assert watched == {*WATCHED, Cause.RELEASE, Cause.SILENCE}
    assert len(MOVES) == len(ALARMS) - 1 == 27
    assert {"homes", "silent", "errors", "prints", "expected", "chance", "drifted", "other"} <= NOT_GERMAN


@pytest.mark.parametrize("event", Event)
def test_whatever_happens_to_an_alarm_has_a_title_and_an_end_in_german(event: Event) -> None:
    german = Texts("de")
    said = f"{event_title('homes', event, german)} {ends_when(german, is_open=event is not Event.ENDED)}"
    assert words_of(said) & NOT_GERMAN == set()


def test_a_mail_that_waits_tells_of_its_own_week_though_the_alarm_goes_on(storage: Database) -> None:
    name = "errors/print_failed ShareInputs risen"
    with storage.writing() as connection:
        (change,) = update_alarms(connection, LAST, grouped([ALARMS[name]]))
        told = told_of(connection, change)
        before = told_in(connection, told, Texts("de"))
        (found,) = grouped([ALARMS[name]])
        silence = ALARMS["silence SilenceInputs fallen"]
        update_alarms(connection, LAST + 1, [msgspec.structs.replace(found, evidence=[silence])])
        assert told_in(connection, told, Texts("de")) == before
        assert told_in(connection, told, Texts("en")) is told
    assert before.sentences[0] == (
        "Anteil der Haushalte mit einem Fehler (print_failed): 53,3\u00a0%, erwartet 50,6\u00a0%, "
        "über der Grenze von 52,8\u00a0%; durch Zufall einmal in 382 Wochen."
    )


def test_all_languages_have_the_same_texts() -> None:
    english, german = (Texts(language)._said for language in NAMES)
    assert english.keys() == german.keys()
    assert german["titles"].keys() == WATCHED.keys()
    holes = [
        {key: re.findall(r"\{\w+\}", str(text)) for key, text in each.items()} for each in (english, german)
    ]
    assert {key: sorted(each) for key, each in holes[0].items()} == {
        key: sorted(each) for key, each in holes[1].items()
    }


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_told_in_the_language_of_the_reader(storage: Database, name: str) -> None:
    told = told_by(storage, name, "de")
    letter = alarm_letter([told], "de", BASE, token="token")
    assert words_in(letter) & NOT_GERMAN == set()
    assert told.title.startswith("Neu: ")
    assert len(told.sentences) == 2
    assert '<div lang="de">' in letter.html
    with storage.reading() as connection:
        (week,) = detail(connection, told.alarm).weeks
    assert [f"* {each}" for each in week.sentences] == [ENGLISH["alarms"][name][2]]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_in_english_is_what_it_was(storage: Database, name: str) -> None:
    letter = alarm_letter([told_by(storage, name, "en")], "en", BASE, token="token")
    assert alarm_lines(letter) == ENGLISH["alarms"][name]


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("is_sure", [True, False])
def test_a_movement_is_told_in_the_language_of_the_reader(name: str, kind: Kind, is_sure: bool) -> None:
    content = content_of(MOVES[name], kind, is_sure=is_sure)
    assert words_in(letter_of(content, "de", BASE, token="token")) & NOT_GERMAN == set()
    assert move_lines(Words("en"), content) == ENGLISH["moves"][f"{name} {'sure' if is_sure else 'unsure'}"]


@pytest.mark.parametrize("kind", Kind)
def test_the_frame_in_english_is_what_it_was(kind: Kind) -> None:
    content = content_of(MOVES["return ShareInputs fallen"], kind, is_sure=True)
    assert letter_of(content, "en", BASE, token="token").text.splitlines() == ENGLISH["frames"][kind]
