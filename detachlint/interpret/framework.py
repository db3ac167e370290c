"""What the interpreter asks of the frameworks, and what they give it to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from detachlint.domain.source import Site
from detachlint.interpret.footprints import Key
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import Function, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine


class Framework(Protocol):
    """What a library's names mean. Every method answers None for what it doesn't know."""

    def knows(self, question: str) -> bool:
        """Whether it ever answers ``question``: the name of a method of this protocol or of a hook."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        """A function or class of a library is called."""

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        """An attribute of a value is read."""

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        """``receiver.name(...)`` for a ``Member``, and ``name == "__call__"`` for calls of heap objects."""

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        """An attribute of a value is set; True when that was handled."""

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        """A class of the program is called."""

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        """A value of which only the annotation is known: a parameter of an entry point, an attribute."""

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        """``with value``: what ``as`` gets."""

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        """The ``with`` block is left."""

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        """A function of the program is decorated with something of a library: what its name stands for
        then.
        """

    def entries(self, machine: Machine) -> Iterator[Entry]:
        """Ways in which the outside calls the program."""


class Entered(NamedTuple):
    """An entry point that has run.

    Args:
        touched: addresses of the objects of modules that it looked at.
    """

    entry: Entry
    key: Key
    touched: frozenset[int]


class Entry(Protocol):
    """An entry point: runs itself in a frame that the machine provides."""

    @property
    def function(self) -> FunctionInfo | None: ...

    def run(self, frame: Frame) -> None: ...
