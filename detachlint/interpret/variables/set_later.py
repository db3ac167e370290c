"""Variables of modules that are None until something else sets them.

Which of the functions that read and that set such a variable runs first is not known. Whoever only reads it
finds it set; whoever sets it finds it as it was (``if engine is None: engine = ...``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import State
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.values import NONE, Union, Unknown, Value, alternatives, union
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, ModuleInfo, ModuleSymbol

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
Variable = tuple[str, str]


class SetLater(Struct, frozen=True):
    """The variables of a program, by module and name, that functions declare global, and the modules that set
    them as attributes; by class and name, those that are set as attributes of a class.
    """

    declared: frozenset[Variable]
    setters: dict[Variable, frozenset[str]]

    @classmethod
    def of(cls, machine: Machine) -> SetLater:
        return machine.note(cls, lambda: _collect(machine))

    @property
    def variables(self) -> frozenset[Variable]:
        """All of them."""
        return self.declared | self.setters.keys()


def value_of_reader(frame: Frame, module: ModuleInfo, name: str, value: Value) -> Value:
    """What a function that reads a module's variable finds.

    Args:
        value: what the module has left, or that and what other functions set.
    """
    may_be_none = value == NONE or (isinstance(value, Union) and NONE in value.options)
    if not may_be_none or frame.function is None or name in frame.globals_declared:
        return value
    index = SetLater.of(frame.machine)
    setters = index.setters.get((module.key, name), frozenset())
    if frame.module.key in setters or not (setters or (module.key, name) in index.declared):
        return value
    known = [option for option in alternatives(value) if option != NONE]
    return union(known) if known else _declared(frame.machine, module, name)


def _declared(machine: Machine, module: ModuleInfo, name: str) -> Value:
    """Something of the type that the module gives the variable."""
    key = (module.key, f"<variable {name}>")
    known = machine.class_values.get(key)
    if known is None:
        inner = Frame(machine, module, None, None, State({}, {}, 0), namespace=True, facts={})
        found: Value | None = None
        for node in module.ir.body:
            if isinstance(node, ir.AnnAssign) and isinstance(node.target, ir.Name) and node.target.id == name:
                found = annotated_value(inner, module, node.annotation)
        known = found if found is not None else Unknown("variable set elsewhere", 0, True)
        machine.class_values[key] = known
    if isinstance(known, Unknown):
        return Unknown(known.reason, machine.fresh_symbol(), True, known.type)
    return known


def _collect(machine: Machine) -> SetLater:
    declared: set[Variable] = set()
    setters: dict[Variable, set[str]] = {}
    for module in machine.program.modules.values():
        for node in _statements(module.ir.body):
            if isinstance(node, ir.Global) and node.scope == "global":
                declared.update((module.key, name) for name in node.names)
            elif isinstance(node, ir.Assign):
                for target in node.targets:
                    variable = _attribute_outside(machine, module, target)
                    if variable is not None:
                        setters.setdefault(variable, set()).add(module.key)
    return SetLater(frozenset(declared), {v: frozenset(keys) for v, keys in setters.items()})


def _attribute_outside(machine: Machine, module: ModuleInfo, target: ir.Expr) -> Variable | None:
    """The variable of a module, or of a class, that is set as an attribute of it."""
    if not isinstance(target, ir.Attribute) or not isinstance(target.value, (ir.Name, ir.Attribute)):
        return None
    symbol = machine.program.resolve(module, target.value)
    match symbol:
        case ModuleSymbol(module):
            return module.key, target.attr
        case ClassInfo():
            return symbol.qualname, target.attr
        case _:
            return None


def _statements(block: object) -> Iterator[ir.Node]:
    todo = [block]
    while todo:
        item = todo.pop()
        if isinstance(item, tuple):
            todo.extend(item)
            continue
        if isinstance(item, ir.Node):
            yield item
        todo.extend(getattr(item, name) for name in _BLOCKS if hasattr(item, name))
