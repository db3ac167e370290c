"""Calls as contexts: the arguments and the heap they reach, renamed so that equal situations are equal
keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from detachlint.interpret.heap import EntityObject, HeapObject, SessionObject
from detachlint.interpret.likeness.renaming import Renaming
from detachlint.interpret.likeness.shapes import Shapes, Walk, walk
from detachlint.interpret.values import (
    Const,
    Value,
)

# Symbols below this number are parameters of a context; a function's own symbols start here.
FIRST_OWN_SYMBOL = 1_000_000


@dataclass(slots=True)
class Context:
    """A canonical situation: renamed arguments, the heap they reach, and the way back.

    Args:
        key: hashable; equal for equal situations.
        addresses: canonical address -> the caller's.
        symbols: canonical symbol - 1 -> the caller's.
        arguments: renamed.
        heap: renamed; both are made by ``rename``, as a situation that was met before needs neither.
        constants: caller's symbol -> the constant that it stands for, of which the callee is not told.
    """

    key: tuple[object, ...]
    addresses: list[int]
    symbols: list[int]
    _walk: Walk
    _roots: tuple[Value, ...]
    _caller: Mapping[int, HeapObject]
    arguments: tuple[Value, ...] = ()
    heap: dict[int, HeapObject] = field(default_factory=dict)
    constants: Mapping[int, Const] = field(default_factory=dict)

    @property
    def has_objects(self) -> bool:
        """Whether it has entities or sessions."""
        found = (self._caller.get(address) for address in self._walk.order)
        return any(isinstance(obj, (EntityObject, SessionObject)) for obj in found)

    def rename(self, *shapes: Shapes, inherit: bool = True) -> None:
        """Args:
        shapes: are told of the renamed objects.
        inherit: leave the histories with the caller (for a call); False keeps them.
        """
        numbers, symbols = self._walk.numbers, self._walk.symbols
        renaming = Renaming(lambda a: numbers.get(a, a), lambda s: symbols.get(s, s))
        self.arguments = renaming.values(self._roots)
        for old in self._walk.order:
            obj = self._caller.get(old)
            if obj is not None:
                number = numbers[old]
                new = self.heap[number] = renaming.heap_object(obj, number if inherit else None)
                for each in shapes:
                    each.rename(obj, new, renaming.address, renaming.symbol)


def canonicalise(shapes: Shapes, arguments: Iterable[Value], heap: Mapping[int, HeapObject]) -> Context:
    """Number what ``arguments`` reach on ``heap`` in the order of the first visit."""
    roots = tuple(arguments)
    walked = walk(shapes, roots, heap)
    addresses = [a for a in walked.order if a >= 0]
    overridden = tuple([a for a in walked.order if a < 0])
    return Context((walked.key, overridden), addresses, list(walked.symbols), walked, roots, heap)
