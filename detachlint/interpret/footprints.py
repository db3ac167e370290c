"""What each entry point went through and what it found, so that after an edit only those need to be run again
that went through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Set
from typing import NamedTuple

from detachlint.domain.facts import Fact
from detachlint.interpret.variables.module_heap import EVERYWHERE

# Stand among the entry points for the bodies of the modules, and for what only the whole program shows.
MODULES = 1
CONCLUDED = 2
_FIRST_ENTRY = 2


class Key(NamedTuple):
    """An entry point, the same in all runs: its kind, its function, and the how many-eth of these it is."""

    kind: str
    function: str
    number: int


class Footprints:
    """Sets of functions and of entry points are the bits of integers, as a call adds those of its summary.

    Attributes:
        passed: the functions that the running entry point, or call, has gone through.
        shared: those that the bodies of modules and classes went through: everybody sees what they made.
        found: fact without its trace -> who found it.
    """

    def __init__(self) -> None:
        self.passed = 0
        self.shared = 0
        self.found: dict[Fact, int] = {}
        self._functions: dict[str, int] = {}
        self._entries: dict[Key, int] = {}
        self._numbers: dict[Key, int] = {}
        self._fed_by: dict[Key, frozenset[Key]] = {}
        self._met: Counter[tuple[str, str]] = Counter()
        self._touched: dict[Key, set[int]] = {}
        self._filled: dict[int, set[Key]] = {}

    def before(self, again: Collection[Key]) -> Footprints:
        """What is known when these entry points are run again."""
        known = Footprints()
        known.shared = self.shared
        known._functions = dict(self._functions)
        known._numbers = dict(self._numbers)
        known._entries = {k: passed for k, passed in self._entries.items() if k not in again}
        known._fed_by = {k: keys for k, keys in self._fed_by.items() if k not in again}
        return known

    # ------------------------------------------------------------ while it runs

    def key(self, kind: str, function: str) -> Key:
        """The key of the next entry point of that kind and function."""
        number = self._met[kind, function]
        self._met[kind, function] += 1
        return Key(kind, function, number)

    def enter(self, function: str) -> None:
        """The running entry point goes through a function."""
        self.passed |= 1 << self._functions.setdefault(function, len(self._functions))

    def end(self, key: Key, touched: Set[int], filled: Set[int]) -> None:
        """An entry point, or a part of it, has ended.

        Args:
            touched: addresses of the objects of modules that it looked at.
            filled: those of the objects in which it was the first to keep something.
        """
        self._entries[key] = self._entries.get(key, 0) | self.passed
        self._touched.setdefault(key, set()).update(touched)
        for address in filled:
            self._filled.setdefault(address, set()).add(key)

    def close(self) -> None:
        """The run has ended. Addresses mean nothing to another one; who fed whom does."""
        for key, touched in self._touched.items():
            feeders = [self._filled[a] for a in (*touched, EVERYWHERE) if a in self._filled]
            self._fed_by[key] = frozenset().union(*feeders)
        self._touched.clear()
        self._filled.clear()

    def note(self, facts: Iterable[Fact], by: int) -> None:
        found = self.found
        for fact in facts:
            found[fact] = found.get(fact, 0) | by

    def bit(self, key: Key) -> int:
        """What stands for an entry point among those that found a fact."""
        return 1 << (_FIRST_ENTRY + self._numbers.setdefault(key, len(self._numbers)))

    # ------------------------------------------------------------ afterwards

    @property
    def entries(self) -> Collection[Key]:
        return self._entries.keys()

    def through(self, changed: Collection[str]) -> frozenset[Key]:
        """The entry points that went through one of the functions, or through one that stands in them; and
        those that filled what these look at.
        """
        mask = self._mask(changed)
        found = {key for key, passed in self._entries.items() if passed & mask}
        todo = list(found)
        while todo:
            new = self._fed_by[todo.pop()] - found
            found |= new
            todo.extend(new)
        return frozenset(found)

    def is_shared(self, changed: Collection[str]) -> bool:
        return bool(self.shared & self._mask(changed))

    def _mask(self, changed: Collection[str]) -> int:
        mask = 0
        for name, number in self._functions.items():
            if name in changed or any(name.startswith(f"{c}.<locals>.") for c in changed):
                mask |= 1 << number
        return mask

    def bits(self, keys: Iterable[Key]) -> int:
        mask = 0
        for key in keys:
            mask |= self.bit(key)
        return mask
