"""What a hostile file costs, and what it may claim."""

from contextlib import suppress
import io
from typing import Any, Final

import pytest

from custom_components.printernizer_stats.core.export import reading
from custom_components.printernizer_stats.core.export.fields import SECTIONS
from custom_components.printernizer_stats.core.export.reading import ImportRefusedError, Reader
from custom_components.printernizer_stats.core.export.staging import _checked

SIZE: Final = 8 * 1024 * 1024


class _Counting:
    """A decoder that counts what it is given to read."""

    def __init__(self, decoder: Any) -> None:
        self.work = 0
        self._decoder = decoder

    def raw_decode(self, text: str, at: int) -> Any:
        self.work += len(text) - at
        return self._decoder.raw_decode(text, at)


@pytest.mark.parametrize(
    "value",
    [
        "1." + "1" * SIZE,
        "1" * SIZE,
        '"' + "a" * SIZE + '"',
        "[" * SIZE,
        " " * SIZE + "1",
        '"\\' * SIZE,
        "-" * SIZE,
    ],
    ids=["fraction", "digits", "text", "brackets", "blanks", "escapes", "signs"],
)
def test_no_value_costs_more_than_its_length(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    counting = _Counting(reading._DECODER)
    monkeypatch.setattr(reading, "_DECODER", counting)
    with suppress(ImportRefusedError):
        list(Reader(io.StringIO(f'{{"export_version": {value}}}'), ()).items())
    assert counting.work < SIZE, "what is too large is not read to its end"


def _counter(metric: str, value: int) -> dict[str, Any]:
    return {"scope": "total", "period": "", "printer": "", "metric": metric, "value": value}


@pytest.mark.parametrize(
    ("metric", "value"), [("job_completed", -5), ("job_completed", 2**41), ("energy_cost", -(2**41))]
)
def test_a_counter_that_cannot_be_is_refused(metric: str, value: int) -> None:
    with pytest.raises(ImportRefusedError):
        _checked(SECTIONS["counters"], _counter(metric, value), "counters 1")
    assert _checked(SECTIONS["counters"], _counter("energy_cost", -5), "counters 1")
