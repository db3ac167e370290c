"""What the schema classes of a program say about themselves: fields, aliases, configuration, validators."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from detachlint.frameworks.pydantic.getters import getter_of
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo

_ROOT_CLASSES = frozenset(
    {"BaseModel", "GenericModel", "SQLModel", "RootModel", "APIModel", "CamelModel", "BaseSettings"}
)
_NO_CONFIG = frozenset(
    {"BaseModel", "GenericModel", "RootModel", "BaseSettings", "Generic", "Protocol", "ABC", "object"}
)
_BY_NAME = ("populate_by_name", "validate_by_name", "allow_population_by_field_name")
_FROM_ATTRIBUTES = ("from_attributes", "orm_mode")

Path = tuple[str | int, ...]


class Mode(StrEnum):
    """When a validator runs."""

    BEFORE = "before"
    AFTER = "after"
    WRAP = "wrap"
    PLAIN = "plain"


class Field(Struct, frozen=True):
    """A field: where its value is looked for, and what it is when it isn't there.

    Args:
        owner: the class that declares it; the annotation stands in its scope.
        aliases: alternatives, tried in order; empty when only the name counts.
        default: the expression, ``Field(...)`` taken apart; None when there is none.
        makes_default: the default is what a call of that gives.
    """

    name: str
    owner: ClassInfo
    annotation: ir.Expr
    aliases: tuple[Path, ...] = ()
    required: bool = True
    default: ir.Expr | None = None
    discriminator: str = ""
    makes_default: bool = False


class Validator(Struct, frozen=True):
    """A validator: ``fields`` are empty for one of the whole model."""

    function: FunctionInfo
    mode: Mode
    fields: tuple[str, ...] = ()

    def covers(self, field: str) -> bool:
        return field in self.fields or "*" in self.fields


class Schema(Struct, frozen=True):
    """A schema class, its ancestors included.

    Args:
        from_attributes: None when a library's base class decides it.
        root: the type that a root model holds, and the class whose body or header it stands in.
        computed: names of the ``computed_field`` properties.
        serialisers: functions that run when an instance is dumped, with the fields they stand for; none for
            those of the whole model.
        getter: the program's class that reads attributes for it.
    """

    info: ClassInfo
    fields: tuple[Field, ...]
    from_attributes: bool | None
    by_name: bool
    validators: tuple[Validator, ...]
    computed: tuple[str, ...]
    serialisers: tuple[tuple[FunctionInfo, tuple[str, ...]], ...]
    root: tuple[ClassInfo, ir.Expr] | None = None
    getter: ClassInfo | None = None

    def before(self) -> tuple[Validator, ...]:
        """Those of the whole model that see the raw value, in the order in which they run: the last first."""
        found = [v for v in self.validators if not v.fields and v.mode in (Mode.BEFORE, Mode.WRAP)]
        return tuple(reversed(found))

    def after(self) -> tuple[Validator, ...]:
        return tuple(v for v in self.validators if not v.fields and v.mode is Mode.AFTER)

    def of_field(self, name: str, *modes: Mode) -> tuple[Validator, ...]:
        return tuple(v for v in self.validators if v.covers(name) and v.mode in modes)


class Schemas:
    """The schema classes of a program, described when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[ClassInfo, Schema | None] = {}

    def of(self, machine: Machine, cls: ClassInfo) -> Schema | None:
        """The description of a schema class; None for any other class (a mapped one above all)."""
        if cls not in self._known:
            self._known[cls] = None
            if is_schema(machine, cls):
                self._known[cls] = describe(machine, cls)
        return self._known[cls]


def is_schema(machine: Machine, cls: ClassInfo) -> bool:
    if cls.qualname in machine.graph.entities:
        return False
    return any(base.leaf in _ROOT_CLASSES for base in machine.program.external_bases(cls))


def is_settings(machine: Machine, cls: ClassInfo) -> bool:
    """Whether what is not given comes from the environment.

    Source: https://docs.pydantic.dev/latest/concepts/pydantic_settings/.
    """
    return any(base.leaf == "BaseSettings" for base in machine.program.external_bases(cls))


def describe(machine: Machine, cls: ClassInfo) -> Schema:
    lineage = [base for base in machine.program.mro(cls) if isinstance(base, ClassInfo)]
    fields: dict[str, Field] = {}
    validators: dict[str, Validator] = {}
    computed: dict[str, None] = {}
    serialisers: dict[str, tuple[FunctionInfo, tuple[str, ...]]] = {}
    for base in reversed(lineage):
        for field in _own_fields(machine, base):
            fields[field.name] = field
        for name in machine.program.members(base):
            method = machine.program.method(base, name)
            if method is None:
                continue
            for decorator in method.node.decorators:
                _note(machine, method, decorator, validators, computed, serialisers)
    return Schema(
        cls,
        tuple(fields.values()),
        _flag(machine, cls, _FROM_ATTRIBUTES),
        bool(_flag(machine, cls, _BY_NAME)),
        tuple(validators.values()),
        tuple(computed),
        tuple(serialisers.values()),
        _root(machine, lineage),
        getter_of(machine, cls),
    )


def _root(machine: Machine, lineage: list[ClassInfo]) -> tuple[ClassInfo, ir.Expr] | None:
    """``RootModel[list[Order]]``, or ``root: list[Order]`` in a root model."""
    for cls in lineage:
        for symbol, expression in machine.program.bases(cls):
            if isinstance(symbol, External) and symbol.leaf == "RootModel":
                stated = [f.annotation for f in _own_fields(machine, cls) if f.name == "root"]
                if stated:
                    return cls, stated[0]
                return (cls, expression.index) if isinstance(expression, ir.Subscript) else None
        for field in _own_fields(machine, cls):
            if field.name == "__root__":
                return cls, field.annotation
    return None


# ---------------------------------------------------------------------- fields


def _own_fields(machine: Machine, cls: ClassInfo) -> Iterator[Field]:
    for name, node in machine.program.members(cls).items():
        if (
            not isinstance(node, ir.AnnAssign)
            or (name.startswith("_") and name != "__root__")
            or name == "model_config"
        ):
            continue
        if isinstance(node.annotation, ir.Subscript) and called_name(node.annotation) == "ClassVar":
            continue
        yield _field(machine, cls, name, node)


def _field(machine: Machine, cls: ClassInfo, name: str, node: ir.AnnAssign) -> Field:
    described = [c for c in _metadata(node.annotation) if called_name(c) in ("Field", "Discriminator")]
    default = node.value
    if isinstance(default, ir.Call) and called_name(default) in ("Field", "FieldInfo"):
        described.append(default)
        default = None
    elif isinstance(default, ir.Opaque):
        default = None
    aliases: tuple[Path, ...] = ()
    required = default is None
    discriminator = ""
    makes_default = False
    for call in described:
        given = {a.keyword: a.value for a in call.args if a.keyword is not None}
        first = (
            call.args[0].value
            if call.args and call.args[0].keyword is None and not call.args[0].star
            else None
        )
        if called_name(call) == "Discriminator":
            discriminator = str(first.value) if isinstance(first, ir.Const) else discriminator
            continue
        alias = given.get("validation_alias", given.get("alias"))
        if alias is not None:
            aliases = _paths(alias)
        stated = given.get("default", first)
        if stated is not None and not isinstance(stated, ir.Opaque):
            default, required = stated, False
        if "default_factory" in given:
            default, required, makes_default = given["default_factory"], False, True
        chosen = given.get("discriminator")
        if isinstance(chosen, ir.Const):
            discriminator = str(chosen.value)
    return Field(name, cls, node.annotation, aliases, required, default, discriminator, makes_default)


def _metadata(annotation: ir.Expr) -> Iterator[ir.Call]:
    """The calls in ``Annotated[T, Field(...), ...]``."""
    if isinstance(annotation, ir.Subscript) and called_name(annotation) == "Annotated":
        index = annotation.index
        for item in index.items[1:] if isinstance(index, ir.Display) else ():
            if isinstance(item, ir.Call):
                yield item


def _paths(alias: ir.Expr) -> tuple[Path, ...]:
    """A string, ``AliasPath("a", "b")`` or ``AliasChoices(...)`` of these."""
    match alias:
        case ir.Const(value=str() as name):
            return ((name,),)
        case ir.Call(args=args):
            if called_name(alias) == "AliasChoices":
                return tuple(path for a in args for path in _paths(a.value))
            steps = [a.value.value for a in args if isinstance(a.value, ir.Const)]
            return (tuple(s for s in steps if isinstance(s, (str, int))),)
        case _:
            return ()


# --------------------------------------------------------------- configuration


def _flag(machine: Machine, cls: ClassInfo, names: tuple[str, ...]) -> bool | None:
    """A configuration value: the nearest class in the MRO that states it decides."""
    for base in machine.program.mro(cls):
        if isinstance(base, External):
            if base.leaf == "SQLModel" and names is _FROM_ATTRIBUTES:
                return True
            if base.leaf not in _NO_CONFIG and base.root not in (
                "pydantic",
                "typing",
                "abc",
                "enum",
                "builtins",
            ):
                return None
            continue
        for statement in _stated(machine, base):
            for name in names:
                if name in statement:
                    return statement[name]
    return False


def _stated(machine: Machine, cls: ClassInfo) -> Iterator[dict[str, bool]]:
    """The boolean settings in a class's body and header."""
    header = {a.keyword: a.value for a in cls.node.bases if a.keyword is not None}
    yield {k: bool(v.value) for k, v in header.items() if isinstance(v, ir.Const)}
    members = machine.program.members(cls)
    config = members.get("model_config")
    if isinstance(config, (ir.Assign, ir.AnnAssign)) and config.value is not None:
        yield _settings(machine, cls, config.value)
    inner = machine.program.nested(cls, "Config")
    if isinstance(inner, ClassInfo):
        found: dict[str, bool] = {}
        for base in reversed(machine.program.mro(inner)):
            if isinstance(base, ClassInfo):
                for name, node in machine.program.members(base).items():
                    if isinstance(node, (ir.Assign, ir.AnnAssign)) and isinstance(node.value, ir.Const):
                        found[name] = bool(node.value.value)
        yield found


def _settings(machine: Machine, cls: ClassInfo, node: ir.Expr, depth: int = 0) -> dict[str, bool]:
    """``ConfigDict(...)``, a dict display, either spliced or merged, or a variable that holds one."""
    found: dict[str, bool] = {}
    if depth > 4:
        return found
    match node:
        case ir.Call(args=args):
            for arg in args:
                if arg.star == "**" or (arg.keyword is None and not arg.star):
                    found |= _settings(machine, cls, arg.value, depth + 1)
                elif arg.keyword is not None and isinstance(arg.value, ir.Const):
                    found[arg.keyword] = bool(arg.value.value)
        case ir.Dict(items=items):
            for key, value in items:
                if key is None:
                    found |= _settings(machine, cls, value, depth + 1)
                elif isinstance(key, ir.Const) and isinstance(value, ir.Const):
                    found[str(key.value)] = bool(value.value)
        case ir.Binary(op="|", left=left, right=right):
            found |= _settings(machine, cls, left, depth + 1) | _settings(machine, cls, right, depth + 1)
        case ir.Name() | ir.Attribute():
            symbol = machine.program.resolve(cls.module, node)
            if isinstance(symbol, Assigned) and symbol.value is not None:
                found |= _settings(machine, cls, symbol.value, depth + 1)
        case _:
            pass
    return found


# ------------------------------------------------------------------- functions


def _note(
    machine: Machine,
    method: FunctionInfo,
    decorator: ir.Expr,
    validators: dict[str, Validator],
    computed: dict[str, None],
    serialisers: dict[str, tuple[FunctionInfo, tuple[str, ...]]],
) -> None:
    name = called_name(decorator)
    args = decorator.args if isinstance(decorator, ir.Call) else ()
    fields = tuple(str(a.value.value) for a in args if a.keyword is None and isinstance(a.value, ir.Const))
    given = {
        a.keyword: a.value.value for a in args if a.keyword is not None and isinstance(a.value, ir.Const)
    }
    match name:
        case "field_validator":
            validators[method.name] = Validator(method, _mode(given.get("mode")), fields)
        case "validator":
            validators[method.name] = Validator(
                method, Mode.BEFORE if given.get("pre") else Mode.AFTER, fields
            )
        case "model_validator":
            validators[method.name] = Validator(method, _mode(given.get("mode")))
        case "root_validator":
            if given.get("pre"):
                validators[method.name] = Validator(method, Mode.BEFORE)
        case "computed_field":
            computed[method.name] = None
        case "field_serializer":
            serialisers[method.name] = (method, fields)
        case "model_serializer":
            serialisers[method.name] = (method, ())
        case _:
            pass


def _mode(written: object) -> Mode:
    return next((mode for mode in Mode if mode == written), Mode.AFTER)
