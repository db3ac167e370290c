"""How much of the program a branch calls: the one path that is followed is to be the one that tells most."""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import External


class Weights:
    """The weights of the branches of one program.

    Args:
        names: what functions of the program are called.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._known: dict[tuple[str, int], bool] = {}

    @classmethod
    def of(cls, frame: Frame) -> Weights:
        return frame.machine.note(cls, lambda: cls(_names(frame.machine)))

    def prefers_else(self, frame: Frame, node: ir.If) -> bool:
        """Whether the ``else`` of a condition calls more functions of the program."""
        key = frame.module.path, node.n
        known = self._known.get(key)
        if known is None:
            known = self._weight(frame, node.orelse) > self._weight(frame, node.body)
            self._known[key] = known
        return known

    def _weight(self, frame: Frame, block: ir.Block) -> int:
        count = 0
        for node in own_nodes(block):
            match node:
                case ir.Call(func=ir.Name(id=name) as func) | ir.Call(func=ir.Attribute(attr=name) as func):
                    count += name in self._names and not _is_of_library(frame, func)
                case _:
                    pass
        return count


def _is_of_library(frame: Frame, func: ir.Expr) -> bool:
    program, module = frame.machine.program, frame.module
    is_template = module.path not in program.by_path
    return not is_template and isinstance(program.resolve(module, func), External)


def _names(machine: Machine) -> frozenset[str]:
    return frozenset(info.name for info in machine.program.functions.values())
