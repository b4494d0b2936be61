"""What the options mean, with and without a wish not to be tracked."""

import pytest

from custom_components.printernizer_stats.const import DEFAULT_CLIENT_KEY, DEFAULT_ENDPOINT
from custom_components.printernizer_stats.core.sharing.settings import (
    ConsentAnswer,
    SharingSettings,
    asks_not_to_track,
)

from ...helpers import AGREED


def test_nothing_is_shared_at_first() -> None:
    assert SharingSettings.of({}, {}) == SharingSettings(
        share=False, endpoint=DEFAULT_ENDPOINT, client_key=DEFAULT_CLIENT_KEY
    )


def test_nothing_is_shared_without_an_answer_that_was_written_down() -> None:
    settings = SharingSettings.of({"share": True}, {})
    assert not settings.share
    assert not settings.paused


def test_an_answer_is_read() -> None:
    settings = SharingSettings.of({"share": True, "consent": AGREED, "refusal": AGREED}, {})
    assert settings.share
    assert settings.consent == settings.refusal == ConsentAnswer.read(AGREED)
    assert settings.consent is not None
    assert settings.consent.categories == tuple(AGREED["categories"])


@pytest.mark.parametrize(
    ("value", "untracked"),
    [("1", True), ("true", True), ("yes", True), ("", False), ("0", False), ("False", False), (" ", False)],
)
def test_do_not_track(value: str, untracked: bool) -> None:
    environment = {"DO_NOT_TRACK": value}
    assert asks_not_to_track(environment) is untracked
    settings = SharingSettings.of({"share": True, "consent": AGREED}, environment)
    assert (settings.share, settings.paused) == (not untracked, untracked)
    assert not SharingSettings.of({"consent": AGREED}, environment).paused
