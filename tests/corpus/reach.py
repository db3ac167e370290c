"""Which statements of functions the interpreter has run, and where it has stopped before the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from detachlint.domain.source import Site
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.paths.attempts import Flow
from detachlint.interpret.statements import blocks
from detachlint.interpret.statements.execute import STATEMENTS
from detachlint.parse import ir
from detachlint.resolve.program import Program

_LEAVES = (ir.Return, ir.Raise, ir.Break, ir.Continue)
_DEFINES = (ir.FunctionDef, ir.ClassDef, ir.Import, ir.ImportFrom, ir.Global)


class Gap(NamedTuple):
    """Statements that nothing has run.

    Args:
        site: the statement before them, or the one whose block they are, or the function.
        kind: ``after If``, ``in If``, ``function``.
        statements: how many.
    """

    site: Site
    kind: str
    statements: int


class Reach(NamedTuple):
    """How much of a program has been run.

    Args:
        run: how many statements have been run.
        all: how many there are.
        gaps: where the others stand.
    """

    run: int
    all: int
    gaps: tuple[Gap, ...]

    @property
    def share(self) -> float:
        return self.run / self.all if self.all else 1.0


@contextmanager
def noted() -> Iterator[set[Site]]:
    """Collects the statements that are run meanwhile."""
    ran: set[Site] = set()
    blocks.register({kind: _noting(run, ran) for kind, run in STATEMENTS.items()})
    try:
        yield ran
    finally:
        blocks.register(STATEMENTS)


def _noting(run: Callable[[Frame, Any, State], Flow], ran: set[Site]) -> Callable[[Frame, Any, State], Flow]:
    def noting(frame: Frame, node: ir.Node, state: State) -> Flow:
        ran.add(Site(frame.module.path, node.n))
        return run(frame, node, state)

    return noting


def reach(program: Program, ran: set[Site]) -> Reach:
    """What has been run of a program's functions. What stands behind a ``return`` is not counted."""
    found = _Gaps(ran)
    for info in program.functions.values():
        site = Site(info.module.path, info.node.n)
        counted = _counted(info.node.body)
        if counted and Site(site.path, counted[0].n) not in ran:
            found.note(site, "function", info.node.body)
        else:
            found.look(site, "function", info.node.body)
    return Reach(found.run, found.run + found.missed, tuple(found.gaps))


class _Gaps:
    def __init__(self, ran: set[Site]) -> None:
        self._ran = ran
        self.run = self.missed = 0
        self.gaps: list[Gap] = []

    def note(self, site: Site, kind: str, block: ir.Block) -> None:
        missed = sum(1 for _ in _all(block))
        self.missed += missed
        self.gaps.append(Gap(site, kind, missed))

    def look(self, site: Site, kind: str, block: ir.Block) -> None:
        """A block, the statement or function that it belongs to, and what kind that is."""
        counted = _counted(block)
        for index, statement in enumerate(counted):
            own = Site(site.path, statement.n)
            if own not in self._ran:
                self.note(site, kind, tuple(counted[index:]))
                return
            self.run += 1
            name = type(statement).__name__
            for inner in _blocks_of(statement):
                self.look(own, f"in {name}", inner)
            site, kind = own, f"after {name}"


def _all(block: ir.Block) -> Iterator[ir.Stmt]:
    for statement in _counted(block):
        yield statement
        for inner in _blocks_of(statement):
            yield from _all(inner)


def _counted(block: ir.Block) -> list[ir.Stmt]:
    """The statements that do something, up to one that leaves the block."""
    found: list[ir.Stmt] = []
    for statement in block:
        is_text = isinstance(statement, ir.ExprStmt) and isinstance(statement.value, (ir.Const, ir.Opaque))
        if type(statement) in STATEMENTS and not isinstance(statement, _DEFINES) and not is_text:
            found.append(statement)
        if isinstance(statement, _LEAVES):
            break
    return found


def _blocks_of(statement: ir.Stmt) -> tuple[ir.Block, ...]:
    match statement:
        case ir.If() | ir.While() | ir.For():
            return statement.body, statement.orelse
        case ir.With():
            return (statement.body,)
        case ir.Try():
            handlers = tuple(handler.body for handler in statement.handlers)
            return statement.body, *handlers, statement.orelse, statement.finalbody
        case ir.Match():
            return tuple(case.body for case in statement.cases)
        case _:
            return ()
