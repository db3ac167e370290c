"""What names stand for."""

from __future__ import annotations

from detachlint.interpret import decorated
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import FALSE, NONE, TRUE, ClassValue, Library, ModuleValue, Unknown, Value
from detachlint.resolve.symbols import (
    Assigned,
    ClassInfo,
    External,
    FunctionInfo,
    Missing,
    ModuleSymbol,
    Symbol,
)


def lookup(frame: Frame, name: str) -> Value:
    """A variable: local or captured, of the module, or what the module imports or defines."""
    value = frame.state.env.get(name)
    if value is not None:
        return value
    namespace = frame.machine.namespace(frame.module)
    value = namespace.get(name)
    if value is not None:
        return value
    return symbol_value(frame, frame.machine.program.lookup(frame.module, name))


def symbol_value(frame: Frame, symbol: Symbol) -> Value:
    """The value that a resolved name stands for."""
    match symbol:
        case ClassInfo():
            return ClassValue(symbol)
        case FunctionInfo():
            return decorated.function_value(frame, symbol)
        case ModuleSymbol(module):
            return ModuleValue(module)
        case External(dotted):
            match dotted:
                case "builtins.None":
                    return NONE
                case "builtins.True":
                    return TRUE
                case "builtins.False":
                    return FALSE
                case _:
                    return Library(symbol)
        case Assigned(module, name):
            found = frame.machine.namespace(module).get(name)
            return found if found is not None else Unknown("variable of a module that is still being run")
        case Missing():
            return Unknown("unresolved name")
