"""The texts and numbers with which a function compares: of what it is given these count, and the others are
known to be none of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.interpret.likeness.canonical import Context
from detachlint.interpret.paths.learnt import holds
from detachlint.interpret.values import Const, Learnt, Test
from detachlint.parse import ir
from detachlint.parse.walk import nodes
from detachlint.resolve.symbols import FunctionInfo


class Compared:
    """What is known of the comparisons of functions; computed once for each."""

    def __init__(self) -> None:
        self._tests: dict[FunctionInfo, tuple[Test, ...]] = {}

    def constants(self, info: FunctionInfo) -> set[object]:
        """With which the function compares anything."""
        return {constant.value for test in self.tests(info) for constant in test.against}

    def tests(self, info: FunctionInfo) -> tuple[Test, ...]:
        """The comparisons with constants in the function's text."""
        known = self._tests.get(info)
        if known is None:
            compares = (each for each in nodes(info.node.body) if isinstance(each, ir.Compare))
            known = self._tests[info] = tuple(dict.fromkeys(t for each in compares for t in _tests(each)))
        return known

    def known_of_hidden(self, info: FunctionInfo, context: Context) -> Learnt:
        """What a function knows of constants that it is not told: how its comparisons end."""
        if not context.constants:
            return {}
        hidden = [(n, context.constants.get(s)) for n, s in enumerate(context.symbols, 1)]
        answers = {(n, t): holds(t, c) for n, c in hidden if c is not None for t in self.tests(info)}
        return {asked: answer for asked, answer in answers.items() if answer is not None}


def _tests(compare: ir.Compare) -> Iterator[Test]:
    left = compare.left
    for op, right in compare.rest:
        match op, left, right:
            case (("==" | "!="), ir.Const(value=value), _):
                yield Test("is", (Const(value),))
            case (("==" | "!="), _, ir.Const(value=value)):
                yield Test("is", (Const(value),))
            case (("in" | "not in"), _, ir.Display(items=items)):
                constants = [Const(item.value) for item in items if isinstance(item, ir.Const)]
                if len(constants) == len(items):
                    yield Test("in", tuple(constants))
            case _:
                pass
        left = right
