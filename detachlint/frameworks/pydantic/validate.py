"""Validation: what is read when a value becomes an instance of a schema, and what the instance holds."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Place, StrategyMisuse
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.pagination import ROOT as PAGES
from detachlint.frameworks.pagination import SESSION
from detachlint.frameworks.pydantic import getters, unions
from detachlint.frameworks.pydantic.lookup import Call, default_value, look_up
from detachlint.frameworks.pydantic.schema import Field, Mode, Schema, Schemas, Validator, is_settings
from detachlint.frameworks.reading import guarded_by, reading, validation_guards
from detachlint.frameworks.sqlalchemy.sessions.greenlets import in_greenlet
from detachlint.frameworks.type_values import DICTS, LISTS, SETS, UNION, Scope, bindings, type_value
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    Dictionary,
    EntityObject,
    Instance,
    Loaded,
    Sequence,
)
from detachlint.interpret.values import (
    NONE,
    ClassValue,
    Const,
    Function,
    LambdaValue,
    Library,
    Partial,
    Ref,
    Tuple,
    Unknown,
    Value,
)
from detachlint.resolve.symbols import ClassInfo, External

_SCALARS = frozenset(
    {
        "builtins",
        "datetime",
        "uuid",
        "decimal",
        "pydantic",
        "enum",
        "ipaddress",
        "pathlib",
        "pydantic_extra_types",
    }
)
DISCRIMINATED = External("pydantic.discriminated union")
HANDLER = External("pydantic.ValidatorFunctionWrapHandler")
VALIDATION_ERROR = Unknown("exception", type="pydantic_core.ValidationError")
MAX_NESTING = 8
MAX_REPEATS = 2


class _Validated:
    """What the running entry point has validated already."""

    def __init__(self) -> None:
        self._entry = 0
        self._keys: set[object] = set()

    def has_met(self, entry: int, key: object) -> bool:
        """Whether it is not the first of its kind; it is one from now on."""
        if entry != self._entry:
            self._entry = entry
            self._keys.clear()
        if key in self._keys:
            return True
        self._keys.add(key)
        return False


class Validation:
    """Validates values against type values."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas

    def validate(self, frame: Frame, wanted: Value, value: Value, at: Call) -> Value:
        """``value`` as an instance of the type ``wanted``."""
        value = frame.split(value)
        match wanted:
            case ClassValue(info=info):
                schema = self.schemas.of(frame.machine, info)
                if schema is None:
                    return self._page(frame, wanted.arguments, value, at) if _is_page(frame, info) else value
                return self._model(frame, wanted, schema, value, at)
            case Partial(func=Library(name=name), args=args):
                return self._generic(frame, name, args, value, at)
            case Library(name=name) if name.root in _SCALARS and isinstance(
                frame.get(value), (EntityObject, Instance)
            ):
                return frame.unknown("value of a schema's field")
            case _:
                return value

    # ---------------------------------------------------------------- generics

    def _generic(
        self, frame: Frame, name: External, args: tuple[Value, ...], value: Value, at: Call
    ) -> Value:
        leaf = name.leaf
        if leaf == "Annotated":
            return self._annotated(frame, args[0], args[1:], value, at)
        if leaf == "Union":
            return unions.validate(self, frame, args, value, at)
        if name == DISCRIMINATED:
            members = args[0].args if isinstance(args[0], Partial) and args[0].func == UNION else args[:1]
            return unions.discriminated(self, frame, members, args[1], value, at)
        if name.root == PAGES:
            return self._page(frame, args, value, at)
        if leaf in LISTS | SETS and args:
            return self._elements(frame, "set" if leaf in SETS else "list", args[0], value, at)
        if leaf in ("tuple", "Tuple") and args:
            return self._tuple(frame, args, value, at)
        if leaf in DICTS and len(args) == 2:
            return self._dictionary(frame, args[1], value, at)
        return value

    def _page(self, frame: Frame, args: tuple[Value, ...], value: Value, at: Call) -> Value:
        """A page of fastapi-pagination, or a customised one: its items are validated."""
        if args and isinstance(args[0], Partial) and _is_page_type(args[0]):
            args = args[0].args
        page = frame.instance(value)
        if page is None or not args or "items" not in page.fields:
            return value
        with in_greenlet(frame, page.fields.get(SESSION)):
            return self._elements(frame, "list", args[0], page.fields["items"], at)

    def _elements(self, frame: Frame, kind: str, wanted: Value, value: Value, at: Call) -> Value:
        if isinstance(value, Unknown) or value == NONE or frame.entity(value) is not None:
            return value
        elements = elements_of(frame, value, at.site)
        items = tuple([self.validate(frame, wanted, i, at) for i in elements.items])
        rest = self.validate(frame, wanted, elements.rest, at) if elements.rest is not None else None
        known = frame.sequence(elements.source)
        return frame.new(Sequence(kind, items, rest, known.empty if known is not None else None))

    def _tuple(self, frame: Frame, wanted: tuple[Value, ...], value: Value, at: Call) -> Value:
        if isinstance(value, Tuple) and len(value.items) == len(wanted):
            return Tuple(
                tuple([self.validate(frame, w, v, at) for w, v in zip(wanted, value.items, strict=True)])
            )
        return self._elements(frame, "list", wanted[0], value, at)

    def _dictionary(self, frame: Frame, wanted: Value, value: Value, at: Call) -> Value:
        known = frame.dictionary(value)
        if known is None:
            return value
        entries = tuple([(k, self.validate(frame, wanted, v, at)) for k, v in known.entries])
        rest = (
            (known.rest[0], self.validate(frame, wanted, known.rest[1], at))
            if known.rest is not None
            else None
        )
        return frame.new(Dictionary(entries, rest))

    def _annotated(
        self, frame: Frame, wanted: Value, notes: tuple[Value, ...], value: Value, at: Call
    ) -> Value:
        functions: list[tuple[str, Value]] = []
        discriminator: Value | None = None
        for note in notes:
            instance = frame.instance(note)
            if instance is None or not isinstance(instance.cls, External):
                continue
            if instance.cls.leaf.endswith("Validator"):
                functions.append((instance.cls.leaf, instance.fields.get("func", Unknown("validator"))))
            discriminator = instance.fields.get("discriminator", discriminator)
        for leaf, function in reversed(functions):
            if leaf == "BeforeValidator":
                value = self.run(frame, function, (value,), at)
            elif leaf == "PlainValidator":
                return self.run(frame, function, (value,), at)
            elif leaf == "WrapValidator":
                handler = frame.new(Instance(HANDLER, {"type": wanted}))
                return self.run(frame, function, (value, handler), at)
        if discriminator is not None and isinstance(wanted, Partial):
            value = unions.discriminated(self, frame, wanted.args, discriminator, value, at)
        else:
            value = self.validate(frame, wanted, value, at)
        for leaf, function in functions:
            if leaf == "AfterValidator":
                value = self.run(frame, function, (value,), at)
        return value

    def run(self, frame: Frame, function: Value, values: tuple[Value, ...], at: Call) -> Value:
        """Call a validator; those of the library's own change nothing that matters."""
        if not isinstance(function, (Function, LambdaValue, Partial)):
            return values[0]
        with reading(frame, at.site, Place.SCHEMA, at.field):
            result = call(frame, function, Arguments(values), at.site)
        return frame.split(result)

    # ------------------------------------------------------------------ models

    def _model(self, frame: Frame, wanted: ClassValue, schema: Schema, value: Value, at: Call) -> Value:
        if at.within.count(wanted.info) >= MAX_REPEATS or len(at.within) >= MAX_NESTING:
            return frame.unknown("schema nested too deeply")
        for validator in schema.before():
            method = Function(validator.function, ClassValue(wanted.info))
            if validator.mode is Mode.WRAP:
                handler = frame.new(Instance(HANDLER, {"inner": wanted}))
                return self.run(frame, method, (value, handler), at)
            value = self.run(frame, method, (value,), at)
        return self.inner(frame, wanted, schema, value, at)

    def inner(self, frame: Frame, wanted: ClassValue, schema: Schema, value: Value, at: Call) -> Value:
        """Validation behind the validators that see the raw value."""
        if value == NONE or isinstance(value, Const):
            return value
        if self._is_instance(frame, wanted.info, value):
            return value
        if schema.root is not None:
            owner, annotation = schema.root
            scope = Scope.of_class(frame.machine, owner, bindings(frame.machine, wanted).get(owner, {}))
            held = self.validate(frame, type_value(scope, annotation), value, at)
            return frame.new(Instance(wanted.info, {"root": held, "__root__": held}, wanted.arguments))
        if isinstance(value, Unknown):
            return frame.new(Instance(wanted.info, {}, wanted.arguments))
        if frame.dictionary(value) is None and not self._reads_attributes(schema, at):
            if schema.from_attributes is False:
                raise RaisedError(VALIDATION_ERROR)
            return frame.new(Instance(wanted.info, {}, wanted.arguments))
        made = frame.new(Instance(wanted.info, {}, wanted.arguments))
        if self._is_known(frame, wanted, value):
            self._skip(frame, schema, value)
            return made
        self.fill(frame, made, wanted, schema, value, at)
        return self.finish(frame, made, schema, at)

    @staticmethod
    def _is_known(frame: Frame, wanted: ClassValue, value: Value) -> bool:
        """Whether reading says nothing new: where lazy loading works, a second object of the class reads like
        the first; and an entry point that has cost too much goes on without."""
        if frame.machine.is_spent:
            return True
        obj = frame.entity(value)
        session = frame.session(obj.session) if obj is not None else None
        if obj is None or session is None or session.is_async or not session.open:
            return False
        empty = tuple([name for name, state in obj.attributes.items() if _is_empty(frame, state)])
        of_object = (obj.entity, obj.many, obj.shared, obj.plan.directives, empty)
        key = (wanted.info.qualname, *of_object, frame.reading.site)
        return frame.machine.note(_Validated).has_met(frame.machine.counts["entry points"], key)

    @staticmethod
    def _skip(frame: Frame, schema: Schema, value: Value) -> None:
        """Reading would have loaded what the schema asks for, and nobody looks."""
        obj = frame.entity(value)
        entity = frame.machine.graph.entities.get(obj.entity) if obj is not None else None
        if obj is None or entity is None or not isinstance(value, Ref):
            return
        for field in schema.fields:
            if isinstance(entity.attributes.get(field.name), Relationship) and not isinstance(
                obj.attributes.get(field.name), Loaded
            ):
                frame.put(value, replace(obj, base=Base.UNKNOWN, expired=None))
                return

    @staticmethod
    def _reads_attributes(schema: Schema, at: Call) -> bool:
        if at.force is not None:
            return at.force
        return schema.from_attributes is not False

    def _is_instance(self, frame: Frame, info: ClassInfo, value: Value) -> bool:
        instance = frame.instance(value)
        return (
            instance is not None
            and isinstance(instance.cls, ClassInfo)
            and info in frame.machine.program.mro(instance.cls)
        )

    def fill(
        self, frame: Frame, made: Ref, wanted: ClassValue, schema: Schema, value: Value, at: Call
    ) -> None:
        """Give the new instance its fields. Every field is tried before the failures are raised."""
        parameters = bindings(frame.machine, wanted)
        raw = getters.wrap(frame, schema.getter, value)
        failed: RaisedError | None = None
        for field in schema.fields:
            scope = Scope.of_class(frame.machine, field.owner, parameters.get(field.owner, {}))
            inner = replace(
                at,
                within=(*at.within, wanted.info),
                field=f"{schema.info.name}.{field.name}",
                via=field if is_relationship(frame, value, field) else None,
            )
            if inner.via is not None and at.via is not None:
                site = Site(at.via.owner.module.path, at.via.annotation.n)
                frame.emit(StrategyMisuse(site, "deep-schema", at.via.owner.qualname, at.via.name))
            try:
                with guarded_by(frame, validation_guards(frame)):
                    filled = self._field(frame, made, scope, schema, field, raw, inner)
            except RaisedError as error:
                failed = error
                continue
            instance = frame.instance(made)
            assert instance is not None
            frame.put(made, replace(instance, fields={**instance.fields, field.name: filled}))
        if failed is not None:
            raise RaisedError(VALIDATION_ERROR)

    def finish(self, frame: Frame, made: Ref, schema: Schema, at: Call) -> Value:
        """What runs when the fields are there."""
        result: Value = made
        for validator in schema.after():
            answer = self.run(frame, Function(validator.function, made), (), at)
            result = answer if isinstance(answer, Ref) else result
        from detachlint.interpret.objects.attribute import call_method

        call_method(frame, made, "model_post_init", Arguments((Unknown("context"),)), at.site)
        return result

    def _field(
        self, frame: Frame, made: Ref, scope: Scope, schema: Schema, field: Field, value: Value, at: Call
    ) -> Value:
        found = look_up(frame, schema, field, value, at)
        if found is None:
            default = None if field.required else default_value(frame, field)
            if default in (None, NONE, Const("")) and is_settings(frame.machine, schema.info):
                return frame.unknown("setting of the environment")
            if default is None:
                raise RaisedError(VALIDATION_ERROR)
            return default
        found = frame.split(found)
        for validator in schema.of_field(field.name, Mode.BEFORE, Mode.WRAP, Mode.PLAIN):
            done, found = self._before(frame, validator, scope, field, found, at)
            if done:
                return found
        wanted = self._type(scope, field)
        found = self.validate(frame, wanted, found, at)
        for validator in schema.of_field(field.name, Mode.AFTER):
            found = self.run(frame, Function(validator.function, ClassValue(schema.info)), (found,), at)
        return found

    @staticmethod
    def _type(scope: Scope, field: Field) -> Value:
        wanted = type_value(scope, field.annotation)
        if field.discriminator:
            note = Const(field.discriminator)
            return Partial(Library(DISCRIMINATED), (wanted, note), ())
        return wanted

    def _before(
        self, frame: Frame, validator: Validator, scope: Scope, field: Field, found: Value, at: Call
    ) -> tuple[bool, Value]:
        method = Function(validator.function, ClassValue(scope.machine.program.classes[field.owner.qualname]))
        if validator.mode is Mode.WRAP:
            handler = frame.new(Instance(HANDLER, {"type": self._type(scope, field)}))
            return True, self.run(frame, method, (found, handler), at)
        result = self.run(frame, method, (found,), at)
        return validator.mode is Mode.PLAIN, result


def _is_page_type(wanted: Partial) -> bool:
    return isinstance(wanted.func, Library) and wanted.func.name.root == PAGES


def _is_page(frame: Frame, cls: ClassInfo) -> bool:
    return any(base.root == PAGES for base in frame.machine.program.external_bases(cls))


def _is_empty(frame: Frame, state: AttributeState) -> bool:
    sequence = frame.sequence(state.value) if isinstance(state, Loaded) else None
    return sequence is not None and sequence.empty is True


def is_relationship(frame: Frame, value: Value, field: Field) -> bool:
    """Whether the field is filled from a relationship of an entity."""
    obj = frame.entity(value)
    entity = frame.machine.graph.entities.get(obj.entity) if obj is not None else None
    names = [str(path[0]) for path in field.aliases] or [field.name]
    return entity is not None and any(isinstance(entity.attributes.get(n), Relationship) for n in names)
