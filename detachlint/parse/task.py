"""What is done with a text in whichever process: from a text to bytes."""

from __future__ import annotations

from enum import Enum

import msgspec

from detachlint.parse.outcome import Unparsed, encode
from detachlint.parse.parse import parse_text
from detachlint.parse.positions import UNKNOWN_POSITIONS, position_table


class Task(Enum):
    """A kind of work; its value is its name among processes and in the cache."""

    MODULE = "module"
    POSITIONS = "positions"

    def perform(self, text: str) -> bytes:
        match self:
            case Task.MODULE:
                return encode(parse_text(text))
            case Task.POSITIONS:
                return msgspec.msgpack.encode(position_table(text))

    def give_up(self, how: str) -> bytes:
        """What there is of a text when the process that looked at it has ended."""
        match self:
            case Task.MODULE:
                return encode(Unparsed(1, f"the process that parsed it has ended ({how})", lasting=False))
            case Task.POSITIONS:
                return msgspec.msgpack.encode(UNKNOWN_POSITIONS)
