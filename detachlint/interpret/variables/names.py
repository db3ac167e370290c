"""What names stand for."""

from __future__ import annotations

from detachlint.interpret.calls import decorated
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import (
    FALSE,
    NONE,
    TRUE,
    ClassValue,
    Library,
    ModuleValue,
    Union,
    Unknown,
    Value,
)
from detachlint.interpret.variables import cells
from detachlint.interpret.variables.set_later import value_of_reader
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
        return cells.content(frame, value)
    if frame.function is None and frame.owner is not None:
        value = _of_class_body(frame, frame.owner, name)
        if value is not None:
            return value
    namespace = frame.machine.namespace(frame.module)
    frame.machine.module_heap.note_read(frame.module.key, name)
    value = namespace.get(name)
    if value is not None:
        may_be_none = value == NONE or isinstance(value, Union)
        return value_of_reader(frame, frame.module, name, value) if may_be_none else value
    return symbol_value(frame, frame.machine.program.lookup(frame.module, name))


def _of_class_body(frame: Frame, owner: ClassInfo, name: str) -> Value | None:
    """A name in the body of a class: what the body binds comes before what the module does."""
    from detachlint.interpret.objects.attribute import BEING_EVALUATED, class_variable

    program = frame.machine.program
    if name not in program.members(owner):
        return None
    nested = program.nested(owner, name)
    if nested is not None:
        return symbol_value(frame, nested)
    if frame.machine.class_values.get((owner.qualname, name)) is BEING_EVALUATED:
        return None
    return class_variable(frame, owner, name)


# What a file of the program imports from another one that is not among those that were given.
UNRESOLVED = "unresolved name"


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
            frame.machine.module_heap.note_read(module.key, name)
            found = frame.machine.namespace(module).get(name)
            return found if found is not None else Unknown("variable of a module that is still being run")
        case Missing():
            return Unknown(UNRESOLVED)
