"""``schema.dump(...)``: which attributes are read, and which methods of the program run."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from detachlint.domain.facts import Place
from detachlint.domain.source import Site
from detachlint.frameworks.marshmallow.schema import Field, Schema, Schemas, names_of
from detachlint.frameworks.reading import read, reading
from detachlint.interpret.calls.instantiate import instantiate
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance, Sequence
from detachlint.interpret.objects.attribute import get_attribute
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Partial,
    Ref,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

MAX_DEPTH = 6
NESTED = frozenset({"Nested", "Pluck", "SmartNested"})


class Wanted(Struct, frozen=True):
    """A schema with the fields that are asked of it.

    Args:
        schema: the schema class.
        ref: its instance, for the methods that it runs.
        only: names and dotted names; empty is all.
    """

    schema: Schema
    ref: Ref
    many: bool = False
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        listed = {each.partition(".")[0] for each in self.only}
        sure = self.schema.sure
        if sure is not None:  # libraries mark what is asked for besides the rest: ``only=["+author"]``
            named = {each.lstrip("+") for each in listed}
            return (name in named or (name in sure and not listed)) and name not in self.exclude
        return (not listed or name in listed) and name not in self.exclude

    def below(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """``only`` and ``exclude`` of the schema nested under the field."""
        prefix = name + "."
        names = [n.lstrip("+") if self.schema.sure is not None else n for n in self.only]
        only = tuple(n.removeprefix(prefix) for n in names if n.startswith(prefix))
        return only, tuple(n.removeprefix(prefix) for n in self.exclude if n.startswith(prefix))


def element_of(frame: Frame, field: Field) -> Field:
    """The field of the elements of a ``List``; any other field is its own."""
    if field.kind == "List" and field.instance is not None:
        element = frame.instance(field.given("cls_or_instance", 0))
        if element is not None and isinstance(element.cls, External):
            return Field(field.name, element.cls.leaf, element)
    return field


class Dumping:
    """Dumps values by schema instances."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def wanted(self, frame: Frame, ref: Ref, instance: Instance) -> Wanted | None:
        """What a schema instance dumps."""
        if not isinstance(instance.cls, ClassInfo):
            return None
        schema = self._schemas.of(frame, instance.cls)
        if schema is None:
            return None
        fields = instance.fields
        only, exclude = names_of(frame, fields.get("only")), names_of(frame, fields.get("exclude"))
        return Wanted(schema, ref, fields.get("many") == Const(True), only, exclude)

    def dump(self, frame: Frame, wanted: Wanted, value: Value, site: Site, depth: int = 0) -> Value:
        """The plain data that ``value`` becomes."""
        value = frame.split(value)
        if value == NONE or depth > MAX_DEPTH:
            return value
        if not wanted.many:
            return self._object(frame, wanted, value, site, depth)
        single = replace(wanted, many=False)
        elements = elements_of(frame, value, site)
        items = tuple([self._object(frame, single, frame.split(i), site, depth) for i in elements.items])
        rest = elements.rest
        if rest is not None:
            rest = self._object(frame, single, frame.split(rest), site, depth)
        return frame.new(Sequence("list", items, rest))

    def _object(self, frame: Frame, wanted: Wanted, value: Value, site: Site, depth: int) -> Value:
        value = self._hooks(frame, wanted, "pre_dump", value, site)
        fields = [
            field
            for field in wanted.schema.fields
            if wanted.takes(field.name) and field.given("load_only") != Const(True)
        ]
        entries = [(Const(f.name), self._field(frame, wanted, f, value, site, depth)) for f in fields]
        data: Value = frame.new(Dictionary(tuple(entries)))
        return self._hooks(frame, wanted, "post_dump", data, site)

    @staticmethod
    def _hooks(frame: Frame, wanted: Wanted, name: str, value: Value, site: Site) -> Value:
        for method in wanted.schema.hooks.get(name, ()):
            keywords = (("many", Const(False)),)
            given = keywords if any(p.kind == "**" for p in method.node.params) else ()
            result = call(frame, Function(method, wanted.ref), Arguments((value,), given), site)
            value = value if isinstance(result, Unknown) else result
        return value

    def _field(
        self, frame: Frame, wanted: Wanted, field: Field, value: Value, site: Site, depth: int
    ) -> Value:
        match field.kind:
            case "Method":
                return self._method(frame, wanted, field, value, site)
            case "Function":
                function = field.given("serialize", 0)
                return NONE if function is None else call(frame, function, Arguments((value,)), site)
            case "Constant":
                return field.given("constant", 0) or NONE
            case _:
                got = self._get(frame, wanted, field, value, site)
                return self._serialised(frame, wanted, field, got, site, depth)

    @staticmethod
    def _method(frame: Frame, wanted: Wanted, field: Field, value: Value, site: Site) -> Value:
        """What the schema has by the name that the field gives: marshmallow asks with ``getattr``, so it may
        be a static method, or a function that ``__init__`` has set."""
        name = field.given("serialize", 0)
        if not isinstance(name, Const) or not isinstance(name.value, str):
            return frame.unknown("method of a schema")
        method = get_attribute(frame, wanted.ref, name.value, ir.Opaque(site.node))
        if not isinstance(method, (Function, LambdaValue, Partial)):
            return frame.unknown("method of a schema")
        return call(frame, method, Arguments((value,)), site)

    @staticmethod
    def _get(frame: Frame, wanted: Wanted, field: Field, value: Value, site: Site) -> Value:
        current = value
        with reading(frame, site, Place.SERIALISER, f"{wanted.schema.info.name}.{field.name}"):
            for step in field.attribute.split("."):
                known = frame.dictionary(current)
                found = (
                    read(frame, current, step, site)
                    if known is None
                    else next((v for k, v in known.entries if k == Const(step)), None)
                )
                if found is None:
                    return NONE
                current = frame.split(found)
                if current == NONE:
                    return NONE
        return current

    def _serialised(
        self, frame: Frame, wanted: Wanted, field: Field, value: Value, site: Site, depth: int
    ) -> Value:
        """What a field makes of the value that it got."""
        inner = element_of(frame, field)
        if inner.kind not in NESTED:
            return value if inner.kind == "Raw" else frame.unknown("serialised value")
        below = self.nested(frame, wanted, inner, site)
        if below is None:
            return frame.unknown("data of a nested schema")
        return self.dump(frame, replace(below, many=below.many or inner is not field), value, site, depth + 1)

    def nested(self, frame: Frame, wanted: Wanted, field: Field, site: Site) -> Wanted | None:
        """The schema of a field that nests one."""
        given = self._resolved(frame, wanted, field.given("nested", 0), site)
        instance = frame.instance(given)
        below = (
            self.wanted(frame, given, instance) if instance is not None and isinstance(given, Ref) else None
        )
        if below is None:
            return None
        only, exclude = wanted.below(field.name)
        if field.kind == "Pluck":
            plucked = field.given("field_name", 1)
            only = (str(plucked.value),) if isinstance(plucked, Const) else only
        return replace(
            below,
            many=below.many or field.given("many") == Const(True),
            only=only or names_of(frame, field.given("only")) or below.only,
            exclude=(*exclude, *names_of(frame, field.given("exclude")), *below.exclude),
        )

    def _resolved(self, frame: Frame, wanted: Wanted, given: Value | None, site: Site) -> Value | None:
        """A schema instance from what ``Nested(...)`` was given: an instance, a class, a function, a name."""
        match given:
            case Function() | LambdaValue() | Partial():
                return self._resolved(frame, wanted, call(frame, given, Arguments(), site), site)
            case ClassValue():
                return instantiate(frame, given, Arguments(), site)
            case Const(value="self"):
                return instantiate(frame, ClassValue(wanted.schema.info), Arguments(), site)
            case Const(value=str() as name):
                leaf = name.rpartition(".")[2]
                named = [c for c in frame.machine.program.classes.values() if c.name == leaf]
                # Two services in one repository: each registers only its own.
                beside = [c for c in named if c.module is wanted.schema.info.module]
                meant = beside or named
                if len(meant) != 1:
                    return None
                return instantiate(frame, ClassValue(meant[0]), Arguments(), site)
            case _:
                return given
