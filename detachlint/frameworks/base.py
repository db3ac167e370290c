"""What a framework answers about things that are not its own: nothing."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import Function, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External


class Nothing:
    """The ``Framework`` protocol with every answer "not mine"; a framework overrides what it knows."""

    def knows(self, question: str) -> bool:
        own = getattr(type(self), question, None)
        return own is not None and own is not getattr(Nothing, question, None)

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        return None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        return None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        return None

    def assign(self, frame: Frame, receiver: Value, name: str, value: Value, site: Site) -> bool:
        return False

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        return None

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        return None

    def enter(self, frame: Frame, value: Value, site: Site) -> Value | None:
        return None

    def leave(self, frame: Frame, value: Value, site: Site, failed: bool) -> None:
        return None

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        return None

    def entries(self, machine: Machine) -> Iterator[Entry]:
        return iter(())
