"""What parsing a text gives, and its form as bytes: what processes hand each other and the cache keeps.

All IR of a program goes through this form, so that it makes no difference where a file was parsed, and when.
"""

from __future__ import annotations

import msgspec

from detachlint.parse import ir


class Unparsed(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Why there is no IR.

    Args:
        line: where the reader of a report is to look.
        lasting: it would be so in another run too.
    """

    line: int
    message: str
    lasting: bool = True


Outcome = ir.Module | Unparsed

TOO_DEEP = Unparsed(1, "is nested too deeply to be analysed")

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Outcome)


def encode(outcome: Outcome) -> bytes:
    """The outcome as MessagePack."""
    try:
        return _ENCODER.encode(outcome)
    except RecursionError:
        return _ENCODER.encode(TOO_DEEP)


def decode(data: bytes) -> Outcome:
    """What ``encode`` made bytes of.

    Raises:
        msgspec.MsgspecError: the bytes are something else.
    """
    try:
        outcome: Outcome = _DECODER.decode(data)
    except RecursionError:
        return TOO_DEEP
    return outcome
