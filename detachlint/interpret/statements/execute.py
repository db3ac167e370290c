"""Running the bodies of functions and modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from detachlint.interpret.expressions import evaluate, kinds
from detachlint.interpret.footprints import MODULES
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.paths.attempts import Ending
from detachlint.interpret.statements import blocks, branches, definitions, loops, simple, tries, with_blocks
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.values import NONE, Value
from detachlint.interpret.variables import cells
from detachlint.interpret.variables.module_paths import one_way
from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

evaluate.register(kinds.EXPRESSIONS)
STATEMENTS: Mapping[type[ir.Node], blocks.Statement] = {
    ir.ExprStmt: simple.run_expr_stmt,
    ir.Assign: simple.run_assign,
    ir.AnnAssign: simple.run_ann_assign,
    ir.AugAssign: simple.run_aug_assign,
    ir.Return: simple.run_return,
    ir.Raise: simple.run_raise,
    ir.Assert: simple.run_assert,
    ir.Delete: simple.run_delete,
    ir.Break: simple.run_break,
    ir.Continue: simple.run_continue,
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
blocks.register(STATEMENTS)


def run_function(frame: Frame, node: ir.FunctionDef) -> list[Ending]:
    """The ways in which the function's body ends: (``return`` or ``raise``, value, state)."""
    cells.wrap_parameters(frame)
    states, exits = run_block(frame, node.body, [frame.state])
    ends: list[Ending] = [("return", NONE, state) for state in states]
    ends += [(e.kind, e.value, e.state) for e in exits if e.kind in ("return", "raise")]
    return ends


def _publish(namespace: dict[str, Value], before: dict[str, Value], state: State) -> None:
    """What a statement of a module has bound; what a function that it called has set (``global``) stays."""
    namespace.update({name: value for name, value in state.env.items() if before.get(name) is not value})
    state.env.update({name: namespace[name] for name in state.env})


def run_module(machine: Machine, module: ModuleInfo, namespace: dict[str, Value]) -> None:
    """Run a module's body; what it defines goes into ``namespace`` as it is defined. All modules together may
    cost as much as an entry point, and each of them a little: what it calls to be set up is followed.
    """
    frame = Frame(machine, module, None, None, State({}, {}, 0), namespace=True)
    states = [frame.state]
    machine.loading += 1
    with machine.setting_up():
        for statement in module.ir.body:
            before = dict(states[0].env)
            states, _ = run_block(frame, (statement,), states)
            if not states:
                break
            states = [one_way(frame, states)]
            _publish(namespace, before, states[0])
    machine.loading -= 1
    machine.collect(frame.facts, MODULES)
