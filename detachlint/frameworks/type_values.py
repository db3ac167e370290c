"""Type expressions as values.

A class of the program is a ``ClassValue``, a library's a ``Library``, None is None, ``list[Order]`` is a
``Partial`` of ``list`` with the arguments' values, and what isn't known is unknown, which means ``Any``.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace

from detachlint.interpret.expressions.evaluate import evaluate
from detachlint.interpret.frame import Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import State
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import NONE, ClassValue, Const, Library, Partial, Tuple, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External, Missing, ModuleInfo

ANY = Unknown("any type")
UNION = Library(External("typing.Union"))
ANNOTATED = "Annotated"
MAX_DEPTH = 16
_Bindings = dict[ClassInfo, dict[str, Value]]
_BINDINGS: WeakKeyDictionary[Machine, dict[ClassValue, _Bindings]] = WeakKeyDictionary()
LISTS = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "Iterable",
        "Collection",
        "MutableSequence",
        "deque",
        "Iterator",
        "Generator",
        "conlist",
    }
)
SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"})
DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})


class Scope(Struct, frozen=True):
    """Where a type expression stands.

    Args:
        local: variables of the function it stands in.
        parameters: what the type parameters are bound to, by name.
        prefix: qualified name of the function or class around it, for classes that are declared there.
    """

    machine: Machine
    module: ModuleInfo
    local: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    prefix: str = ""

    @classmethod
    def of_class(cls, machine: Machine, info: ClassInfo, parameters: Mapping[str, Value]) -> Scope:
        """For the annotations in a class's body."""
        return cls(machine, info.module, {}, parameters, info.qualname)

    @classmethod
    def of_frame(cls, frame: Frame) -> Scope:
        """For an expression in the function or module that runs.

        A module's own names are read from the program: the values of its variables don't keep the
        arguments of ``Annotated[...]`` and its like.
        """
        local = {} if frame.function is None and frame.owner is None else frame.state.env
        return cls(frame.machine, frame.module, local)


def type_value(scope: Scope, expression: ir.Expr, depth: int = 0) -> Value:
    """The type that ``expression`` stands for."""
    if depth > MAX_DEPTH:
        return ANY
    match expression:
        case ir.Const(value=None):
            return NONE
        case ir.Const(value=value):
            return Const(value)
        case ir.Binary(op="|", left=left, right=right):
            return union_of(type_value(scope, left, depth + 1), type_value(scope, right, depth + 1))
        case ir.Subscript(value=base, index=index):
            arguments = index.items if isinstance(index, ir.Display) and index.kind == "tuple" else (index,)
            return _application(scope, base, arguments, depth)
        case ir.Name(id=name) if name in scope.parameters:
            return scope.parameters[name]
        case ir.Name(id=name) if name in scope.local:
            return _of_variable(scope.local[name])
        case ir.Name() | ir.Attribute():
            return _named(scope, expression, depth)
        case ir.Display(items=items):
            return Tuple(tuple(type_value(scope, i, depth + 1) for i in items))
        case _:
            return ANY


def _of_variable(value: Value) -> Value:
    return value if isinstance(value, (ClassValue, Library, Partial)) or value == NONE else ANY


def union_of(*members: Value) -> Value:
    """``A | B``, flattened."""
    flat: list[Value] = []
    for member in members:
        if isinstance(member, Partial) and member.func == UNION:
            flat += member.args
        else:
            flat.append(member)
    return Partial(UNION, tuple(dict.fromkeys(flat)), ())


def _named(scope: Scope, expression: ir.Name | ir.Attribute, depth: int) -> Value:
    symbol = scope.machine.program.resolve(scope.module, expression)
    match symbol:
        case ClassInfo():
            return ClassValue(symbol)
        case External(dotted="builtins.None"):
            return NONE
        case External():
            return ANY if symbol.leaf == "Any" else Library(symbol)
        case Assigned(module=module, name=name, value=value) if value is not None:
            if isinstance(value, ir.Call):
                return _made_by_call(replace(scope, module=module, local={}), name, value, depth)
            return type_value(replace(scope, module=module, local={}), value, depth + 1)
        case Missing() if isinstance(expression, ir.Name):
            return _declared_nearby(scope, expression.id)
        case _:
            return ANY


def _declared_nearby(scope: Scope, name: str) -> Value:
    """A class that stands in the same function or class as what names it."""
    prefix = scope.prefix
    while prefix:
        prefix = prefix.rpartition(".")[0]
        found = scope.machine.program.classes.get(f"{prefix}.{name}")
        if found is not None:
            return ClassValue(found)
    return ANY


def _made_by_call(scope: Scope, name: str, call: ir.Call, depth: int) -> Value:
    """``T = TypeVar("T", bound=Base)``, ``NewType("X", Base)``, ``TypeAliasType("X", list[Base])``."""
    if name in scope.parameters:
        return scope.parameters[name]
    last = (
        call.func.id
        if isinstance(call.func, ir.Name)
        else call.func.attr
        if isinstance(call.func, ir.Attribute)
        else ""
    )
    if last == "TypeVar":
        bound = next((a.value for a in call.args if a.keyword == "bound"), None)
        return type_value(scope, bound, depth + 1) if bound is not None else ANY
    if last in ("NewType", "TypeAliasType") and len(call.args) > 1:
        return type_value(scope, call.args[1].value, depth + 1)
    return ANY


def _application(scope: Scope, base: ir.Expr, arguments: tuple[ir.Expr, ...], depth: int) -> Value:
    origin = type_value(scope, base, depth + 1)
    if isinstance(origin, Library):
        match origin.name.leaf:
            case "Annotated":
                first = type_value(scope, arguments[0], depth + 1)
                return Partial(origin, (first, *(metadata(scope, m) for m in arguments[1:])), ())
            case "Optional":
                return union_of(type_value(scope, arguments[0], depth + 1), NONE)
            case "Union":
                return union_of(*(type_value(scope, a, depth + 1) for a in arguments))
            case "Literal":
                return Partial(origin, tuple(metadata(scope, a) for a in arguments), ())
            case "ClassVar" | "Final" | "Required" | "NotRequired" | "ReadOnly" | "Mapped" | "FromDishka":
                return type_value(scope, arguments[0], depth + 1)
            case "Generic" | "Protocol":
                return origin
            case _:
                return Partial(origin, tuple(type_value(scope, a, depth + 1) for a in arguments), ())
    if isinstance(origin, ClassValue):
        return ClassValue(origin.info, tuple(type_value(scope, a, depth + 1) for a in arguments))
    if isinstance(origin, Partial):
        return _with_arguments(origin, [type_value(scope, a, depth + 1) for a in arguments])
    return ANY


def _with_arguments(alias: Partial, arguments: list[Value]) -> Partial:
    """``Rows = list[T]; Rows[Order]``: a generic alias whose variables, in order, are the arguments."""
    filled: list[Value] = []
    for arg in alias.args:
        if arg == ANY and arguments:
            filled.append(arguments.pop(0))
        else:
            filled.append(_with_arguments(arg, arguments) if isinstance(arg, Partial) else arg)
    return replace(alias, args=tuple(filled))


def metadata(scope: Scope, expression: ir.Expr) -> Value:
    """An argument of ``Annotated`` or ``Literal``: a value like any other, made once."""
    if isinstance(expression, ir.Const):
        return Const(expression.value)
    return module_value(scope.machine, scope.module, expression)


def module_value(machine: Machine, module: ModuleInfo, expression: ir.Expr) -> Value:
    """The value of an expression that is evaluated with the module (a default, a decorator's argument)."""
    key = (f"{module.key}:value", str(expression.n))
    known = machine.class_values.get(key)
    if known is None:
        machine.class_values[key] = ANY
        frame = Frame(machine, module, None, None, State({}, {}, 0), namespace=True)
        try:
            known = evaluate(frame, expression)
        except (RaisedError, InfeasibleError):
            known = ANY
        machine.class_values[key] = known
    return known


# -------------------------------------------------------------- type parameters


def parameter_names(machine: Machine, cls: ClassInfo) -> tuple[str, ...]:
    """The type parameters of a generic class, in order."""
    if cls.node.type_params:
        return tuple(p.name for p in cls.node.type_params)
    generic: list[str] = []
    others: list[str] = []
    for symbol, expression in machine.program.bases(cls):
        if not isinstance(expression, ir.Subscript):
            continue
        index = expression.index
        arguments = index.items if isinstance(index, ir.Display) else (index,)
        names = [a.id for a in arguments if isinstance(a, ir.Name) and _is_variable(machine, cls.module, a)]
        if isinstance(symbol, External) and symbol.leaf in ("Generic", "Protocol"):
            generic += names
        else:
            others += names
    return tuple(dict.fromkeys(generic or others))


def _is_variable(machine: Machine, module: ModuleInfo, name: ir.Name) -> bool:
    symbol = machine.program.lookup(module, name.id)
    if not isinstance(symbol, Assigned) or not isinstance(symbol.value, ir.Call):
        return False
    func = symbol.value.func
    return (
        func.id if isinstance(func, ir.Name) else func.attr if isinstance(func, ir.Attribute) else ""
    ) == "TypeVar"


def bindings(machine: Machine, cls: ClassValue) -> dict[ClassInfo, dict[str, Value]]:
    """For the class and each of its ancestors: what their type parameters are bound to."""
    known = _BINDINGS.setdefault(machine, {})
    if cls in known:
        return known[cls]
    found: dict[ClassInfo, dict[str, Value]] = {}

    def visit(value: ClassValue) -> None:
        if value.info in found:
            return
        names = parameter_names(machine, value.info)
        found[value.info] = dict(zip(names, value.arguments, strict=False))
        scope = Scope.of_class(machine, value.info, found[value.info])
        for symbol, expression in machine.program.bases(value.info):
            if isinstance(symbol, ClassInfo):
                base = (
                    type_value(scope, expression)
                    if isinstance(expression, ir.Subscript)
                    else ClassValue(symbol)
                )
                visit(base if isinstance(base, ClassValue) else ClassValue(symbol))

    visit(cls)
    known[cls] = found
    return found
