"""Entry points that no framework names: functions that no analysed code calls."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.machine import Machine
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import ClassValue, Function, Generator, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo
from detachlint.resolve.test_code import NamesInUse, is_test


class Uncalled(Struct, frozen=True):
    """A function that is called from outside, with arguments of which only the annotations are known."""

    function: FunctionInfo

    def run(self, frame: Frame) -> None:
        from detachlint.interpret.calls.invoke import call_function, settle
        from detachlint.interpret.expressions.iterate import generator_elements

        info = self.function
        if info.node.decorators:
            self._run_decorated(frame)
            if info.qualname in frame.machine.ran:
                return

        def action() -> Value:
            bound = receiver_of(frame, info)
            function = Function(info, bound)
            # Who calls it may say something else than the default.
            options = tuple(
                (param.name, frame.unknown("argument that is not given"))
                for param in info.node.params
                if isinstance(param.default, ir.Const)
            )
            value = call_function(frame, function, Arguments((), options), frame.site(info.node))
            if isinstance(value, Generator):
                generator_elements(frame, value)
                return Unknown("generator")
            return respond(frame, info, settle(frame, value))

        attempt(frame, frame.state, action)

    def _run_decorated(self, frame: Frame) -> None:
        """Call what the program's own decorators have made of the function: they may give it a session."""
        from detachlint.interpret.calls.decorated import function_value
        from detachlint.interpret.calls.invoke import call, settle

        info = self.function
        wrapped = function_value(frame, info)
        if not isinstance(wrapped, Function) or wrapped.info is info:
            return

        def action() -> Value:
            bound = receiver_of(frame, info)
            first = (bound,) if bound is not None else ()
            value = settle(frame, call(frame, wrapped, Arguments(first, splat=True), frame.site(info.node)))
            return respond(frame, info, value)

        attempt(frame, frame.state, action)


def respond(frame: Frame, info: FunctionInfo, value: Value) -> Value:
    """What a decorator of a library does with what an entry point has returned: a serialiser reads it."""
    for responded in frame.machine.hooks("responded"):
        value = responded(frame, info, value) or value
    return value


def receiver_of(frame: Frame, info: FunctionInfo) -> Value | None:
    """What ``self`` or ``cls`` is when the outside calls a method."""
    from detachlint.interpret.calls.decorated import decorator_names
    from detachlint.interpret.objects.annotation import value_of_class

    if info.owner is None:
        return None
    names = decorator_names(info)
    if "staticmethod" in names:
        return None
    if "classmethod" in names:
        return ClassValue(info.owner)
    try:
        return value_of_class(frame, info.owner)
    except (RaisedError, InfeasibleError):
        return Unknown("self")


def roots_first(machine: Machine) -> Iterator[FunctionInfo]:
    """All functions: those whose name occurs nowhere else come first, then the others in the order of the
    source, and then in the same way those of tests, which call others with what they have made up; whoever
    was reached meanwhile is left out.
    """
    used = names_in_use(machine)
    functions = sorted(machine.program.functions.values(), key=lambda f: (f.module.path, f.node.n))
    listed = [f for f in functions if "<locals>" not in f.qualname]
    tests = [f for f in listed if is_test(f.module)]
    application = [f for f in listed if not is_test(f.module)]
    for group, named in ((application, used.application), (tests, used.everywhere)):
        ordered = [f for f in group if f.name not in named] + [f for f in group if f.name in named]
        for info in ordered:
            if info.qualname not in machine.ran and not _is_stub(info):
                yield info


def names_in_use(machine: Machine) -> NamesInUse:
    """The names that the program's modules use."""
    return machine.note(NamesInUse, lambda: NamesInUse(machine.program))


def _is_stub(info: FunctionInfo) -> bool:
    return all(
        isinstance(s, (ir.Pass, ir.ExprStmt))
        and not (isinstance(s, ir.ExprStmt) and isinstance(s.value, (ir.Call, ir.Await)))
        for s in info.node.body
    )
