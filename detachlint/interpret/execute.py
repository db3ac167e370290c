"""Running the bodies of functions and modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detachlint.interpret import (
    blocks,
    branches,
    cells,
    definitions,
    evaluate,
    expressions,
    loops,
    statements,
    tries,
    with_blocks,
)
from detachlint.interpret.blocks import run_block
from detachlint.interpret.footprints import MODULES
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.paths import Ending
from detachlint.interpret.values import NONE, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

evaluate.register(expressions.EXPRESSIONS)
blocks.register(
    {
        ir.ExprStmt: statements.run_expr_stmt,
        ir.Assign: statements.run_assign,
        ir.AnnAssign: statements.run_ann_assign,
        ir.AugAssign: statements.run_aug_assign,
        ir.Return: statements.run_return,
        ir.Raise: statements.run_raise,
        ir.Assert: statements.run_assert,
        ir.Delete: statements.run_delete,
        ir.Break: statements.run_break,
        ir.Continue: statements.run_continue,
        ir.Global: definitions.run_global,
        ir.Import: definitions.run_import,
        ir.ImportFrom: definitions.run_import_from,
        ir.FunctionDef: definitions.run_function_def,
        ir.ClassDef: definitions.run_class_def,
        ir.If: branches.run_if,
        ir.Match: branches.run_match,
        ir.While: loops.run_while,
        ir.For: loops.run_for,
        ir.With: with_blocks.run_with,
        ir.Try: tries.run_try,
    }
)


def run_function(frame: Frame, node: ir.FunctionDef) -> list[Ending]:
    """The ways in which the function's body ends: (``return`` or ``raise``, value, state)."""
    cells.wrap_parameters(frame)
    states, exits = run_block(frame, node.body, [frame.state])
    ends: list[Ending] = [("return", NONE, state) for state in states]
    ends += [(e.kind, e.value, e.state) for e in exits if e.kind in ("return", "raise")]
    return ends


def run_module(machine: Machine, module: ModuleInfo, namespace: dict[str, Value]) -> None:
    """Run a module's body; what it defines goes into ``namespace`` as it is defined."""
    frame = Frame(machine, module, None, None, State({}, {}, 0), namespace=True)
    states = [frame.state]
    machine.loading += 1
    for statement in module.ir.body:
        states, _ = run_block(frame, (statement,), states)
        if not states:
            break
        namespace.update(states[0].env)
    machine.loading -= 1
    machine.collect(frame.facts, MODULES)
