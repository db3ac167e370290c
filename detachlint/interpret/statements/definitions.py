"""Statements that name things: imports, ``global``, functions and classes."""

from __future__ import annotations

from detachlint.interpret.calls.closures import captured, decorate_local
from detachlint.interpret.calls.decorated import decorated_class, function_value
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.objects import class_facts
from detachlint.interpret.paths.attempts import Flow, simple
from detachlint.interpret.values import ClassValue
from detachlint.interpret.variables.names import symbol_value
from detachlint.parse import ir


def run_global(frame: Frame, node: ir.Global, state: State) -> Flow:
    if node.scope == "global":
        frame.globals_declared |= set(node.names)
    return [state], []


def run_import(frame: Frame, node: ir.Import, state: State) -> Flow:
    if frame.namespace:
        return [state], []
    program = frame.machine.program
    for dotted, alias in node.names:
        found = program.find(dotted if alias else dotted.partition(".")[0], frame.module)
        state.env[alias or dotted.partition(".")[0]] = symbol_value(frame, found)
    return [state], []


def run_import_from(frame: Frame, node: ir.ImportFrom, state: State) -> Flow:
    if frame.namespace or node.names is None:
        return [state], []
    program = frame.machine.program
    source = program.import_target(frame.module, node)
    for name, alias in node.names:
        state.env[alias or name] = symbol_value(frame, program.member(source, name))
    return [state], []


def run_function_def(frame: Frame, node: ir.FunctionDef, state: State) -> Flow:
    if frame.namespace:
        info = frame.machine.program.lookup(frame.module, node.name)
        if getattr(info, "node", None) is not node:
            return _run_overwritten(frame, node, state)

    def action() -> None:
        frame.state.env[node.name] = decorate_local(frame, node)

    return simple(frame, state, action)


def _run_overwritten(frame: Frame, node: ir.FunctionDef, state: State) -> Flow:
    """A function whose name is bound again further down, ``def _(...)``: only its decorators get it."""
    if not node.decorators:
        return [state], []

    def action() -> None:
        info = frame.machine.program.declare_function(frame.module, node, frame.module.key, None)
        function_value(frame, info)

    return simple(frame, state, action)


def run_class_def(frame: Frame, node: ir.ClassDef, state: State) -> Flow:
    prefix = (
        frame.module.key
        if frame.namespace
        else f"{frame.function.qualname if frame.function else frame.module.key}.<locals>"
    )
    info = frame.machine.program.declare_class(frame.module, node, prefix)
    state.env[node.name] = ClassValue(info, (), captured(frame, node, state))

    def action() -> None:
        class_facts.created(frame, info)
        made = decorated_class(frame, frame.state.env[node.name], node)
        frame.state.env[node.name] = made

    return simple(frame, state, action)
