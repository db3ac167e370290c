"""Serialisation of what has been validated: computed fields and serialisers are code that reads."""

from __future__ import annotations

from msgspec import Struct

from detachlint.domain.facts import Place
from detachlint.domain.models import Column, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.pydantic.schema import Field, Schema, Schemas
from detachlint.frameworks.reading import read, reading
from detachlint.frameworks.type_values import Scope, type_value
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.values import Const, Function, Partial, Ref, Tuple, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

MAX_NESTING = 6
_PLAIN_SERIALISER = External("pydantic.PlainSerializer")


class Selection(Struct, frozen=True):
    """Which fields of the outermost model are dumped; None for all."""

    include: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()

    @classmethod
    def of(cls, frame: Frame, args: Arguments, site: Site) -> Selection:
        """From ``include=`` and ``exclude=`` where they are sets of constants."""
        include = _names(frame, args.get("include"), site)
        return cls(include, _names(frame, args.get("exclude"), site) or frozenset())

    def takes(self, name: str) -> bool:
        return name not in self.exclude and (self.include is None or name in self.include)


def _names(frame: Frame, value: Value | None, site: Site) -> frozenset[str] | None:
    sequence = frame.sequence(value)
    if sequence is None or sequence.rest is not None:
        return None
    return frozenset(v.value for v in sequence.items if isinstance(v, Const) and isinstance(v.value, str))


EVERYTHING = Selection()


def _noted_serialiser(frame: Frame, field: Field) -> Value | None:
    """The function of ``Annotated[T, PlainSerializer(function)]``."""
    if not isinstance(field.annotation, (ir.Name, ir.Attribute, ir.Subscript)):
        return None
    wanted = type_value(Scope.of_class(frame.machine, field.owner, {}), field.annotation)
    for note in wanted.args[1:] if isinstance(wanted, Partial) else ():
        instance = frame.instance(note)
        if instance is not None and instance.cls == _PLAIN_SERIALISER:
            return instance.fields.get("func")
    return None


class Dump:
    """Turns values into plain data, as ``model_dump`` and ``jsonable_encoder`` do."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas

    def dump(
        self, frame: Frame, value: Value, site: Site, selection: Selection = EVERYTHING, depth: int = 0
    ) -> Value:
        """``value.model_dump()``, into containers. Entities that a field holds stay what they are."""
        value = frame.split(value)
        if isinstance(value, Tuple):
            return Tuple(
                tuple([self.dump(frame, v, site, EVERYTHING, depth + 1) for v in value.items]), value.names
            )
        obj = frame.get(value) if isinstance(value, Ref) else None
        if depth > MAX_NESTING or not isinstance(value, Ref):
            return value
        match obj:
            case Instance(cls=ClassInfo() as cls):
                schema = self.schemas.of(frame.machine, cls)
                return (
                    value
                    if schema is None
                    else self._model(frame, value, obj, schema, site, selection, depth)
                )
            case Sequence():
                elements = elements_of(frame, value, site)
                items = tuple([self.dump(frame, v, site, EVERYTHING, depth + 1) for v in elements.items])
                rest = (
                    self.dump(frame, elements.rest, site, EVERYTHING, depth + 1)
                    if elements.rest is not None
                    else None
                )
                return frame.new(Sequence(obj.kind, items, rest, obj.empty))
            case Dictionary():
                entries = tuple(
                    [(k, self.dump(frame, v, site, EVERYTHING, depth + 1)) for k, v in obj.entries]
                )
                others = obj.rest and (
                    obj.rest[0],
                    self.dump(frame, obj.rest[1], site, EVERYTHING, depth + 1),
                )
                return frame.new(Dictionary(entries, others))
            case _:
                return value

    def _model(
        self,
        frame: Frame,
        ref: Ref,
        obj: Instance,
        schema: Schema,
        site: Site,
        selection: Selection,
        depth: int,
    ) -> Value:
        entries: list[tuple[Value, Value]] = []
        whole = [f for f, fields in schema.serialisers if not fields]
        if whole:
            return self._serialise(frame, ref, whole[-1], (), site, schema.info.name)
        if schema.root is not None and "root" in obj.fields:
            return self.dump(frame, obj.fields["root"], site, EVERYTHING, depth + 1)
        for field in schema.fields:
            if not selection.takes(field.name):
                continue
            value = obj.fields.get(field.name, Unknown("field of a schema"))
            own = [f for f, fields in schema.serialisers if field.name in fields or "*" in fields]
            if own:
                value = self._serialise(
                    frame, ref, own[-1], (value,), site, f"{schema.info.name}.{field.name}"
                )
            elif (function := _noted_serialiser(frame, field)) is not None:
                with reading(frame, site, Place.SERIALISER, f"{schema.info.name}.{field.name}"):
                    value = call(frame, function, Arguments((value,)), site)
            else:
                value = self.dump(frame, value, site, EVERYTHING, depth + 1)
            entries.append((Const(field.name), value))
        for name in schema.computed:
            if selection.takes(name):
                with reading(frame, site, Place.SCHEMA, f"{schema.info.name}.{name}"):
                    computed = read(frame, ref, name, site)
                computed = Unknown("computed field") if computed is None else computed
                entries.append((Const(name), self.dump(frame, computed, site, EVERYTHING, depth + 1)))
        return frame.new(Dictionary(tuple(entries)))

    @staticmethod
    def _serialise(
        frame: Frame, ref: Ref, function: FunctionInfo, values: tuple[Value, ...], site: Site, field: str
    ) -> Value:
        params = [p for p in function.node.params if p.kind in ("normal", "positional")]
        handlers: tuple[Value, ...] = tuple(Unknown("serialiser") for _ in params[len(values) + 1 :])
        with reading(frame, site, Place.SERIALISER, field):
            return call(frame, Function(function, ref), Arguments((*values, *handlers)), site)

    # ----------------------------------------------------------- jsonable_encoder

    def encode(self, frame: Frame, value: Value, site: Site, depth: int = 0) -> None:
        """FastAPI's ``jsonable_encoder``: of a mapped instance it takes what is in ``__dict__``, so that
        nothing is loaded; of a mapped dataclass ``asdict`` reads every field."""
        value = frame.split(value)
        if depth > MAX_NESTING:
            return
        if isinstance(value, Tuple):
            for each in value.items:
                self.encode(frame, each, site, depth + 1)
            return
        obj = frame.get(value) if isinstance(value, Ref) else None
        match obj:
            case EntityObject():
                self._encode_entity(frame, value, obj, site, depth)
            case Instance(cls=ClassInfo() as cls):
                if self.schemas.of(frame.machine, cls) is not None:
                    value = self.dump(frame, value, site)
                    self.encode(frame, value, site, depth + 1)
                    return
                for each in obj.fields.values():
                    self.encode(frame, each, site, depth + 1)
            case Sequence():
                elements = elements_of(frame, value, site)
                for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
                    self.encode(frame, each, site, depth + 1)
            case Dictionary():
                for _, each in (*obj.entries, *([obj.rest] if obj.rest is not None else [])):
                    self.encode(frame, each, site, depth + 1)
            case _:
                pass

    def _encode_entity(self, frame: Frame, value: Value, obj: EntityObject, site: Site, depth: int) -> None:
        entity = frame.machine.graph.entities.get(obj.entity)
        if entity is None or not entity.is_dataclass:
            return
        for attribute in entity.attributes.values():
            if isinstance(attribute, (Column, Relationship)):
                with reading(frame, site, Place.SERIALISER, f"{entity.name}.{attribute.name}"):
                    held = read(frame, value, attribute.name, site)
                if held is not None:
                    self.encode(frame, held, site, depth + 1)
