"""Functions made while others run: local ones, lambdas, generators."""

from __future__ import annotations

from detachlint.interpret.calls import decorated, invoke
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import State
from detachlint.interpret.values import Function, Generator, LambdaValue, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo


def evaluate_lambda(frame: Frame, node: ir.Lambda) -> Value:
    return LambdaValue(node, frame.module, captured(frame, node))


def captured(
    frame: Frame, node: ir.Lambda | ir.FunctionDef | ir.ClassDef, state: State | None = None
) -> tuple[tuple[str, Value], ...]:
    """The local variables that a nested function or class uses."""
    if frame.namespace:
        return ()
    names = frame.machine.mentions.names_in(node)
    env = (state or frame.state).env
    return tuple((name, value) for name, value in sorted(env.items()) if name in names)


def decorate_local(frame: Frame, node: ir.FunctionDef) -> Value:
    """A ``def`` that is executed: the function with its captured variables, decorators applied."""
    program = frame.machine.program
    if frame.namespace:
        symbol = program.lookup(frame.module, node.name)
        if isinstance(symbol, FunctionInfo):
            return decorated.function_value(frame, symbol)
    prefix = f"{frame.function.qualname if frame.function is not None else frame.module.key}.<locals>"
    info = program.declare_function(frame.module, node, prefix, None)
    function: Value = Function(info, None, captured(frame, node))
    return decorated.apply_decorators(frame, function, info)


def generator_frame(
    frame: Frame, generator: Generator, start: State
) -> tuple[Frame | None, ir.FunctionDef | None]:
    """A frame for a generator's body, on the heap of its user."""
    func = generator.func
    if not isinstance(func, Function) or frame.depth > 30:
        return None, None
    saved = frame.state
    frame.state = start
    env = invoke.bind_parameters(frame, func, Arguments(generator.args, generator.keywords), generator.site)
    frame.state = saved
    state = State(env, dict(start.heap), start.next_address, learnt=start.learnt)
    frame.machine.goes_through(func.info)
    inner = Frame(
        frame.machine,
        func.info.module,
        func.info,
        func.info.owner,
        state,
        guards=frame.guards,
        facts=frame.facts,
        depth=frame.depth + 1,
    )
    return inner, func.info.node
