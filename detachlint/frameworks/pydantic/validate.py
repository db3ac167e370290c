"""Validation: which attributes are read when a value becomes an instance of a schema, and what the instance holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detachlint.domain.facts import Place
from detachlint.domain.source import Site
from detachlint.frameworks.pydantic.schema import Field, Mode, Schema, Schemas, Validator
from detachlint.frameworks.reading import ALL_ERRORS, guarded_by, read, reading, validation_guards
from detachlint.frameworks.type_values import UNION, Scope, bindings, module_value, type_value
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.invoke import call
from detachlint.interpret.iterate import elements_of
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
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

LISTS = frozenset(
    {"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence", "deque", "Iterator", "Generator", "conlist"}
)
SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"})
DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_SCALARS = frozenset({"builtins", "datetime", "uuid", "decimal", "pydantic", "enum", "ipaddress", "pathlib", "pydantic_extra_types"})
DISCRIMINATED = External("pydantic.discriminated union")
HANDLER = External("pydantic.ValidatorFunctionWrapHandler")
VALIDATION_ERROR = Unknown("exception", type="pydantic_core.ValidationError")
MAX_NESTING = 8
MAX_REPEATS = 2


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a validation.

    Args:
        site: where the call stands; what it reads belongs there.
        force: ``from_attributes=`` of the call; None leaves it to each schema.
        within: the schema classes on the way down.
        field: the field that is being filled, ``BookingOut.user``.
    """

    site: Site
    force: bool | None = None
    within: tuple[ClassInfo, ...] = ()
    field: str = ""


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
                    return value
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

    def _generic(self, frame: Frame, name: External, args: tuple[Value, ...], value: Value, at: Call) -> Value:
        leaf = name.leaf
        if leaf == "Annotated":
            return self._annotated(frame, args[0], args[1:], value, at)
        if leaf == "Union":
            return self._union(frame, args, value, at)
        if name == DISCRIMINATED:
            members = args[0].args if isinstance(args[0], Partial) and args[0].func == UNION else args[:1]
            return self._discriminated(frame, members, args[1], value, at)
        if leaf in LISTS | SETS and args:
            return self._elements(frame, "set" if leaf in SETS else "list", args[0], value, at)
        if leaf in ("tuple", "Tuple") and args:
            return self._tuple(frame, args, value, at)
        if leaf in DICTS and len(args) == 2:
            return self._dictionary(frame, args[1], value, at)
        return value

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
            return Tuple(tuple([self.validate(frame, w, v, at) for w, v in zip(wanted, value.items, strict=True)]))
        return self._elements(frame, "list", wanted[0], value, at)

    def _dictionary(self, frame: Frame, wanted: Value, value: Value, at: Call) -> Value:
        known = frame.dictionary(value)
        if known is None:
            return value
        entries = tuple([(k, self.validate(frame, wanted, v, at)) for k, v in known.entries])
        rest = (known.rest[0], self.validate(frame, wanted, known.rest[1], at)) if known.rest is not None else None
        return frame.new(Dictionary(entries, rest))

    def _annotated(self, frame: Frame, wanted: Value, notes: tuple[Value, ...], value: Value, at: Call) -> Value:
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
                value = self._run(frame, function, (value,), at)
            elif leaf == "PlainValidator":
                return self._run(frame, function, (value,), at)
            elif leaf == "WrapValidator":
                handler = frame.new(Instance(HANDLER, {"type": wanted}))
                return self._run(frame, function, (value, handler), at)
        if discriminator is not None and isinstance(wanted, Partial):
            value = self._discriminated(frame, wanted.args, discriminator, value, at)
        else:
            value = self.validate(frame, wanted, value, at)
        for leaf, function in functions:
            if leaf == "AfterValidator":
                value = self._run(frame, function, (value,), at)
        return value

    def _run(self, frame: Frame, function: Value, values: tuple[Value, ...], at: Call) -> Value:
        """Call a validator; those of the library's own change nothing that matters."""
        if not isinstance(function, (Function, LambdaValue, Partial)):
            return values[0]
        with reading(frame, at.site, Place.SCHEMA, at.field):
            result = call(frame, function, Arguments(values), at.site)
        return frame.split(result)

    # ------------------------------------------------------------------ unions

    def _union(self, frame: Frame, members: tuple[Value, ...], value: Value, at: Call) -> Value:
        """Smart mode: every member that the value may fit is tried, and one that fits is enough."""
        if value == NONE or isinstance(value, (Unknown, Const)):
            return value
        candidates = [m for m in members if self._may_take(frame, m, value)]
        if not candidates:
            return value
        fitting: Value | None = None
        if len(candidates) > 1:
            for candidate in candidates:
                with guarded_by(frame, ALL_ERRORS):
                    try:
                        made = self.validate(frame, candidate, value, at)
                    except RaisedError:
                        continue
                fitting = fitting if fitting is not None else made
            if fitting is not None:
                return fitting
        return self.validate(frame, candidates[0], value, at)

    def _may_take(self, frame: Frame, member: Value, value: Value) -> bool:
        obj = frame.get(value) if isinstance(value, Ref) else None
        match member:
            case ClassValue(info=info):
                if self.schemas.of(frame.machine, info) is None:
                    return isinstance(obj, EntityObject) and frame.machine.graph.is_a(obj.entity, info.qualname)
                return isinstance(obj, (EntityObject, Instance, Dictionary)) or isinstance(value, Tuple)
            case Partial(func=Library(name=name), args=args):
                if name.leaf in ("Annotated", "Union"):
                    nested = args[:1] if name.leaf == "Annotated" else args
                    return any(self._may_take(frame, m, value) for m in nested)
                if name.leaf in LISTS | SETS or name.leaf in ("tuple", "Tuple"):
                    return isinstance(obj, Sequence) or isinstance(value, Tuple)
                return name.leaf in DICTS and isinstance(obj, Dictionary)
            case _:
                return False

    def _discriminated(
        self, frame: Frame, members: tuple[Value, ...], discriminator: Value, value: Value, at: Call
    ) -> Value:
        """The discriminator's value decides; where it isn't known, every member is a path."""
        candidates = [m for m in members if self._may_take(frame, m, value)]
        if isinstance(value, (Unknown, Const)) or not candidates:
            return value
        tag: Value | None = None
        if isinstance(discriminator, Const) and isinstance(discriminator.value, str):
            with reading(frame, at.site, Place.SCHEMA, at.field):
                tag = self._raw(frame, value, discriminator.value, at)
            candidates = self._with_tag(frame, candidates, discriminator.value, tag, value) or candidates
        elif isinstance(discriminator, (Function, LambdaValue)):
            tag = self._run(frame, discriminator, (value,), at)
            candidates = [c for c in candidates if tag in _tags(frame, c)] or candidates
        chosen = candidates[frame.choose(len(candidates))]
        return self.validate(frame, chosen, value, at)

    def _raw(self, frame: Frame, value: Value, name: str, at: Call) -> Value | None:
        known = frame.dictionary(value)
        if known is not None:
            return next((v for k, v in known.entries if k == Const(name)), None)
        return read(frame, value, name, at.site)

    def _with_tag(
        self, frame: Frame, candidates: list[Value], name: str, tag: Value | None, value: Value
    ) -> list[Value]:
        entity = frame.entity(value)
        wanted = [tag] if isinstance(tag, Const) else []
        if not wanted and entity is not None:
            wanted = polymorphic_identities(frame, entity)
        return [c for c in candidates if set(wanted) & set(self._literals(frame, c, name))]

    def _literals(self, frame: Frame, member: Value, name: str) -> list[Value]:
        """The values of the discriminator that a member of the union takes."""
        if not isinstance(member, ClassValue):
            return []
        schema = self.schemas.of(frame.machine, member.info)
        for field in schema.fields if schema is not None else ():
            if field.name == name:
                wanted = type_value(Scope.of_class(frame.machine, field.owner, {}), field.annotation)
                if isinstance(wanted, Partial) and isinstance(wanted.func, Library):
                    return list(wanted.args) if wanted.func.name.leaf == "Literal" else []
        return []

    # ------------------------------------------------------------------ models

    def _model(self, frame: Frame, wanted: ClassValue, schema: Schema, value: Value, at: Call) -> Value:
        if at.within.count(wanted.info) >= MAX_REPEATS or len(at.within) >= MAX_NESTING:
            return frame.unknown("schema nested too deeply")
        for validator in schema.before():
            method = Function(validator.function, ClassValue(wanted.info))
            if validator.mode is Mode.WRAP:
                handler = frame.new(Instance(HANDLER, {"inner": wanted}))
                return self._run(frame, method, (value, handler), at)
            value = self._run(frame, method, (value,), at)
        return self.inner(frame, wanted, schema, value, at)

    def inner(self, frame: Frame, wanted: ClassValue, schema: Schema, value: Value, at: Call) -> Value:
        """Validation behind the validators that see the raw value."""
        if value == NONE or isinstance(value, Const):
            return value
        if self._is_instance(frame, wanted.info, value):
            return value
        if isinstance(value, Unknown):
            return frame.new(Instance(wanted.info, {}, wanted.arguments))
        if frame.dictionary(value) is None and not self._reads_attributes(schema, at):
            if schema.from_attributes is False:
                raise RaisedError(VALIDATION_ERROR)
            return frame.new(Instance(wanted.info, {}, wanted.arguments))
        made = frame.new(Instance(wanted.info, {}, wanted.arguments))
        self.fill(frame, made, wanted, schema, value, at)
        return self.finish(frame, made, schema, at)

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

    def fill(self, frame: Frame, made: Ref, wanted: ClassValue, schema: Schema, value: Value, at: Call) -> None:
        """Give the new instance its fields. Every field is tried before the failures are raised."""
        parameters = bindings(frame.machine, wanted)
        failed: RaisedError | None = None
        for field in schema.fields:
            scope = Scope.of_class(frame.machine, field.owner, parameters.get(field.owner, {}))
            inner = replace(at, within=(*at.within, wanted.info), field=f"{schema.info.name}.{field.name}")
            try:
                with guarded_by(frame, validation_guards(frame)):
                    filled = self._field(frame, made, scope, schema, field, value, inner)
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
            answer = self._run(frame, Function(validator.function, made), (), at)
            result = answer if isinstance(answer, Ref) else result
        from detachlint.interpret.attribute import call_method

        call_method(frame, made, "model_post_init", Arguments((Unknown("context"),)), at.site)
        return result

    def _field(
        self, frame: Frame, made: Ref, scope: Scope, schema: Schema, field: Field, value: Value, at: Call
    ) -> Value:
        found = self._look_up(frame, schema, field, value, at)
        if found is None:
            if field.required:
                raise RaisedError(VALIDATION_ERROR)
            return default_value(frame, field)
        found = frame.split(found)
        for validator in schema.of_field(field.name, Mode.BEFORE, Mode.WRAP, Mode.PLAIN):
            done, found = self._before(frame, validator, scope, field, found, at)
            if done:
                return found
        wanted = self._type(scope, field)
        found = self.validate(frame, wanted, found, at)
        for validator in schema.of_field(field.name, Mode.AFTER):
            found = self._run(frame, Function(validator.function, ClassValue(schema.info)), (found,), at)
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
            return True, self._run(frame, method, (found, handler), at)
        result = self._run(frame, method, (found,), at)
        return validator.mode is Mode.PLAIN, result

    def _look_up(self, frame: Frame, schema: Schema, field: Field, value: Value, at: Call) -> Value | None:
        """The raw value of a field: by its aliases, else by its name; None when there is none."""
        paths = list(field.aliases)
        if not paths or schema.by_name:
            paths.append((field.name,))
        known = frame.dictionary(value)
        if known is not None and not any(p[0] == field.name for p in paths):
            paths.append((field.name,))
        with reading(frame, at.site, Place.SCHEMA, at.field):
            for path in paths:
                found = self._follow(frame, value, path, at)
                if found is not None:
                    return found
        return None

    def _follow(self, frame: Frame, value: Value, path: tuple[str | int, ...], at: Call) -> Value | None:
        from detachlint.interpret.invoke import item

        current: Value = value
        for step in path:
            known = frame.dictionary(current)
            if known is not None:
                found = next((v for k, v in known.entries if k == Const(step)), None)
                if found is None and known.rest is None:
                    return None
                current = found if found is not None else frame.unknown("entry of a dictionary")
            elif isinstance(step, int):
                current = frame.split(item(frame, current, Const(step), at.site))
            else:
                try:
                    attribute = read(frame, current, step, at.site)
                except RaisedError as error:
                    if isinstance(error.value, Unknown) and error.value.type.endswith("AttributeError"):
                        return None
                    raise
                if attribute is None:
                    return None
                current = frame.split(attribute)
        return current


def default_value(frame: Frame, field: Field) -> Value:
    """The default of a field whose value isn't given."""
    match field.default:
        case None:
            return NONE
        case ir.Const(value=value):
            return Const(value)
        case ir.Name(id="list" | "set" as kind):
            return frame.new(Sequence(kind, (), None, True))
        case ir.Name(id="dict"):
            return frame.new(Dictionary(()))
        case ir.Display(items=()):
            return frame.new(Sequence("list", (), None, True))
        case ir.Attribute() | ir.Name():
            return module_value(frame.machine, field.owner.module, field.default)
        case _:
            return frame.unknown("default value")


def polymorphic_identities(frame: Frame, entity: EntityObject) -> list[Value]:
    """The discriminator values that the object can have: those of its class, and of the classes below it."""
    from detachlint.interpret.attribute import class_variable

    names = (entity.entity,) if entity.exact else (entity.entity, *frame.machine.graph.descendants(entity.entity))
    found: list[Value] = []
    for name in names:
        info = frame.machine.program.classes.get(name)
        if info is None or "__mapper_args__" not in frame.machine.program.members(info):
            continue
        arguments = frame.dictionary(class_variable(frame, info, "__mapper_args__"))
        for key, value in arguments.entries if arguments is not None else ():
            if key == Const("polymorphic_identity"):
                found.append(value)
    return found


def _tags(frame: Frame, member: Value) -> list[Value]:
    """The ``Tag("x")`` of a member of a union with a callable discriminator."""
    if not isinstance(member, Partial) or len(member.args) < 2:
        return []
    tags = [frame.instance(note) for note in member.args[1:]]
    return [t.fields["tag"] for t in tags if t is not None and "tag" in t.fields]
