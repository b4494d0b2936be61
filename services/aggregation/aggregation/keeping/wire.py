"""What a writer in a process of its own is told, and answers: a length of four bytes, then msgpack."""

from asyncio import StreamReader
from typing import Protocol

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from aggregation.protocol.proof import Proof, Proven, Unproven
from aggregation.storage.records import Acknowledged, Deleted, Deletion, Report, Retention, Work


class Stream(Protocol):
    """What a writer reads calls from, and answers on."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer at the end."""

    def write(self, data: bytes, /) -> object:
        """Send bytes, not before the next `flush`."""

    def flush(self) -> None:
        """Send what was written."""


class Order(Struct, frozen=True, kw_only=True, tag=True):
    """What is to be kept, and how: the first call."""

    url: str
    timeout: float
    retention: Retention
    log_level: str
    journal: str | None = None
    clickhouse_url: str | None = None


class Prove(Struct, frozen=True, tag=True):
    """Judge proofs."""

    proofs: list[Proof]


class Store(Struct, frozen=True, tag=True):
    """Store a batch."""

    reports: list[Report]


class Find(Struct, frozen=True, tag=True):
    """Look a report up."""

    report: Report


class Delete(Struct, frozen=True, tag=True):
    """Delete an installation."""

    deletion: Deletion


class Tell(Struct, frozen=True, tag=True):
    """Tell what was done."""


class Ready(Struct, frozen=True, tag=True):
    """The order is taken."""


class Judged(Struct, frozen=True, tag=True):
    """What each proof proves."""

    verdicts: list[Proven | Unproven]


class Batch(Struct, frozen=True, tag=True):
    """What became of each report."""

    acknowledged: list[Acknowledged]


class Found(Struct, frozen=True, tag=True):
    """What is stored for a report, if anything."""

    acknowledged: Acknowledged | None


class Removed(Struct, frozen=True, tag=True):
    """What was deleted."""

    deleted: Deleted


class Told(Struct, frozen=True, tag=True):
    """What was done."""

    work: Work


class Failure(Struct, frozen=True, tag=True):
    """Nothing was done; an error that nobody foresaw has a name."""

    name: str | None = None


type Call = Order | Prove | Store | Find | Delete | Tell
type Answer = Ready | Judged | Batch | Found | Removed | Told | Failure

_LENGTH = 4
_ENCODER = Encoder()
_CALLS: Decoder[Call] = Decoder(Order | Prove | Store | Find | Delete | Tell)
_ANSWERS: Decoder[Answer] = Decoder(Ready | Judged | Batch | Found | Removed | Told | Failure)


async def hear(reader: StreamReader) -> Answer:
    """Wait for the next answer; raises EOFError and OSError when nobody is there."""
    length = int.from_bytes(await reader.readexactly(_LENGTH))
    return _ANSWERS.decode(await reader.readexactly(length))


def framed(message: Call | Answer) -> bytes:
    """Return a message as it is sent."""
    encoded = _ENCODER.encode(message)
    return len(encoded).to_bytes(_LENGTH) + encoded


def send(stream: Stream, answer: Answer) -> None:
    """Send an answer; raises OSError when nobody is there. Blocks."""
    stream.write(framed(answer))
    stream.flush()


def receive(stream: Stream) -> Call | None:
    """Wait for the next call; None when nobody is there any more. Blocks; raises OSError."""
    length = stream.read(_LENGTH)
    call = stream.read(int.from_bytes(length))
    return _CALLS.decode(call) if len(length) == _LENGTH and call else None
