"""The program's schema classes: their fields, and what ``class Meta`` says.

Sources: https://marshmallow.readthedocs.io, https://marshmallow-sqlalchemy.readthedocs.io.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.domain.models import Column, ModelGraph, Relationship
from detachlint.frameworks.decorators import library_of
from detachlint.interpret.calls.decorated import decorator_names
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.attribute import class_variable
from detachlint.interpret.values import NONE, ClassValue, Const, Tuple, Value
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

ROOTS = frozenset({"marshmallow", "marshmallow_sqlalchemy", "flask_marshmallow", "flask_smorest", "apiflask"})
_SCHEMAS = frozenset({"Schema", "SQLAlchemySchema", "SQLAlchemyAutoSchema", "ModelSchema", "TableSchema"})
_SAYS_NOTHING = frozenset({"builtins", "typing", "typing_extensions", "abc"})
_AUTO = frozenset({"SQLAlchemyAutoSchema", "ModelSchema"})
FIELD = "marshmallow.fields."


class Field(Struct, frozen=True):
    """A field: ``kind`` is the class's name, "" for one that stands for a column or relationship."""

    name: str
    kind: str = ""
    instance: Instance | None = None

    @property
    def attribute(self) -> str:
        """What is read, a dotted path."""
        given = self.given("attribute")
        return given.value if isinstance(given, Const) and isinstance(given.value, str) else self.name

    def given(self, name: str, position: int | None = None) -> Value | None:
        """An argument of the field's construction."""
        if self.instance is None:
            return None
        if position is not None and position < len(self.instance.arguments):
            return self.instance.arguments[position]
        return self.instance.fields.get(name)


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema class.

    Args:
        model: the mapped class of ``class Meta``, or "".
        hooks: methods by the decorator that registers them (``pre_dump`` ...).
        sure: what is dumped whatever a base class of another library leaves out; None without such a base.
    """

    info: ClassInfo
    fields: tuple[Field, ...]
    model: str = ""
    hooks: dict[str, tuple[FunctionInfo, ...]] = field(default_factory=dict, compare=False)
    sure: frozenset[str] | None = None


class Schemas:
    """The schema classes of a program, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, Schema | None] = {}

    def of(self, frame: Frame, info: ClassInfo) -> Schema | None:
        """The schema that a class is, or None."""
        if info.qualname not in self._known:
            self._known[info.qualname] = None
            if _bases(frame, info) & _SCHEMAS or _is_derived(frame, info):
                self._known[info.qualname] = _schema(frame, info)
        return self._known[info.qualname]


def _bases(frame: Frame, info: ClassInfo) -> set[str]:
    """Names of the marshmallow classes that the class is derived from; ``ma.Schema`` of an extension too."""
    program = frame.machine.program
    found = {b.leaf for b in program.external_bases(info) if b.root in ROOTS}
    for cls in program.mro(info):
        if not isinstance(cls, ClassInfo):
            continue
        for _, node in program.bases(cls):
            if not isinstance(node, ir.Attribute) or node.attr not in _SCHEMAS:
                continue
            if library_of(program, cls.module, node.value) in ROOTS:
                found.add(node.attr)
    return found


def _is_derived(frame: Frame, info: ClassInfo) -> bool:
    """Whether another library has derived the schema's base class from those of marshmallow."""
    leaves = [base.leaf for base in frame.machine.program.external_bases(info)]
    return any(leaf.endswith("Schema") for leaf in leaves) and isinstance(
        _meta(frame, info).get("model"), ClassValue
    )


def _schema(frame: Frame, info: ClassInfo) -> Schema:
    meta = _meta(frame, info)
    model = meta.get("model")
    entity = model.info.qualname if isinstance(model, ClassValue) else ""
    fields: dict[str, Field] = {}
    if _bases(frame, info) & _AUTO:
        fields |= {f.name: f for f in _automatic(frame.machine.graph, entity, meta)}
    program = frame.machine.program
    sure: frozenset[str] | None = None
    if _is_foreign(program, info):  # which of them it has, nobody knows: what is asked for is there
        known = frame.machine.graph.entities.get(entity)
        for attribute in known.attributes.values() if known is not None else ():
            if isinstance(attribute, (Column, Relationship)):
                fields[attribute.name] = Field(attribute.name)
        # The columns that each query brings along.
        columns = known.columns if known is not None else ()
        sure = frozenset(column.name for column in columns if not column.deferred)
    hooks: dict[str, list[FunctionInfo]] = {}
    for cls in reversed(program.mro(info)):
        if not isinstance(cls, ClassInfo):
            continue
        for name in program.members(cls):
            method = program.method(cls, name)
            if method is not None:
                for decorator in decorator_names(method):
                    hooks.setdefault(decorator, []).append(method)
                continue
            value = class_variable(frame, cls, name)
            instance = frame.instance(value)
            if instance is None or not isinstance(instance.cls, External):
                continue
            if instance.cls.dotted.startswith(FIELD):
                fields[name] = Field(name, instance.cls.leaf, instance)
    for name in (*names_of(frame, meta.get("fields")), *names_of(frame, meta.get("additional"))):
        fields.setdefault(name, Field(name))
    listed = set(names_of(frame, meta.get("fields")))
    left_out = set(names_of(frame, meta.get("exclude")))
    kept = tuple(f for f in fields.values() if f.name not in left_out and (not listed or f.name in listed))
    return Schema(info, kept, entity, {name: tuple(methods) for name, methods in hooks.items()}, sure)


def _is_foreign(program: Program, info: ClassInfo) -> bool:
    """Whether a base class is of a library that is none of marshmallow's: it may leave fields out."""
    return any(base.root not in ROOTS | _SAYS_NOTHING for base in program.external_bases(info))


def _automatic(graph: ModelGraph, entity: str, meta: dict[str, Value]) -> Iterator[Field]:
    """What ``SQLAlchemyAutoSchema`` makes of the model."""
    known = graph.entities.get(entity)
    for attribute in known.attributes.values() if known is not None else ():
        if isinstance(attribute, Column):
            if not attribute.foreign_keys or meta.get("include_fk") == Const(True):
                yield Field(attribute.name)
        elif isinstance(attribute, Relationship) and meta.get("include_relationships") == Const(True):
            yield Field(attribute.name)


def _meta(frame: Frame, info: ClassInfo) -> dict[str, Value]:
    """The variables of the nearest ``class Meta`` and the classes that it is derived from."""
    program = frame.machine.program
    for cls in program.mro(info):
        nested = program.nested(cls, "Meta") if isinstance(cls, ClassInfo) else None
        if isinstance(nested, ClassInfo):
            found: dict[str, Value] = {}
            for base in reversed(program.mro(nested)):
                if isinstance(base, ClassInfo):
                    for name in program.members(base):
                        found[name] = class_variable(frame, base, name) or NONE
            return found
    return {}


def names_of(frame: Frame, value: Value | None) -> tuple[str, ...]:
    """The strings of ``only=(...)``."""
    if isinstance(value, Tuple):
        items = value.items
    else:
        sequence = frame.sequence(value)
        items = sequence.items if sequence is not None else ()
    return tuple(i.value for i in items if isinstance(i, Const) and isinstance(i.value, str))
