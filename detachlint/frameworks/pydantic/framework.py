"""The door to pydantic: what its functions, and the methods of the program's schema classes, do."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.pydantic import getters
from detachlint.frameworks.pydantic.dump import Dump, Selection
from detachlint.frameworks.pydantic.lookup import Call
from detachlint.frameworks.pydantic.schema import Schema, Schemas
from detachlint.frameworks.pydantic.validate import HANDLER, Validation
from detachlint.frameworks.syntax import argument, call_at
from detachlint.frameworks.type_values import ANY, Scope, bindings, type_value
from detachlint.interpret.calls.invoke import call as invoke_call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.objects.annotation import annotated_value
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import NONE, ClassValue, Const, Function, Member, Ref, Super, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

_ADAPTER = External("pydantic.TypeAdapter")
_NOTES = frozenset(
    {
        "Field",
        "Discriminator",
        "Tag",
        "BeforeValidator",
        "AfterValidator",
        "PlainValidator",
        "WrapValidator",
        "PlainSerializer",
        "WrapSerializer",
    }
)
_FIELD_INFO = External("pydantic.fields.FieldInfo")
_FIELD_TABLES = frozenset({"model_fields", "__pydantic_fields__", "__fields__"})
_FROM_OBJECT = frozenset({"model_validate", "from_orm", "parse_obj", "validate"})
_FROM_TEXT = frozenset({"model_validate_json", "model_validate_strings", "parse_raw", "parse_file"})
_DUMPS = frozenset({"model_dump", "dict", "json", "model_dump_json"})
_COPIES = frozenset({"model_copy", "copy"})
_INSTANCE_METHODS = _DUMPS | _COPIES | _FROM_OBJECT
_ROOTS = frozenset({"pydantic", "pydantic_core", "sqlmodel"})


class Pydantic(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self.schemas = Schemas()
        self.validation = Validation(self.schemas)
        self.dumping = Dump(self.schemas)

    # ------------------------------------------------------------------ calls

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.leaf == "TypeAdapter":
            return frame.new(Instance(_ADAPTER, {"type": self._type_argument(frame, args, site)}))
        if name.leaf == "parse_obj_as":
            wanted = self._type_argument(frame, args, site)
            value = args.get("obj", 1)
            return NONE if value is None else self.validation.validate(frame, wanted, value, Call(site))
        if name.root in _ROOTS and name.leaf in _NOTES:
            fields = dict(args.keywords)
            if args.positional:
                first = {"Discriminator": "discriminator", "Tag": "tag"}.get(name.leaf, "func")
                fields.setdefault("default" if name.leaf == "Field" else first, args.positional[0])
            return frame.new(Instance(External(f"pydantic.{name.leaf}"), fields))
        return None

    @staticmethod
    def _type_argument(frame: Frame, args: Arguments, site: Site) -> Value:
        """The first argument, a type: from the syntax where that is at hand, else the value."""
        expression = argument(call_at(frame.machine, site), 0, "type", "type_")
        if expression is not None:
            wanted = type_value(Scope.of_frame(frame), expression)
            if wanted != ANY:
                return wanted
        return args.positional[0] if args.positional else ANY

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        schema = self.schemas.of(frame.machine, cls)
        if schema is None:
            return None
        wanted = self._written_class(frame, cls, site)
        own = find_method(frame, cls, "__init__")
        if own is not None:
            made = frame.new(Instance(cls, {}, wanted.arguments))
            invoke_call(frame, Function(own, made), args, site)
            return made
        given = args.positional[0] if args.positional else self._keywords(frame, args)
        return self.validation.validate(frame, wanted, given, Call(site))

    @staticmethod
    def _keywords(frame: Frame, args: Arguments) -> Value:
        entries = tuple((Const(k), v) for k, v in args.keywords)
        rest: tuple[Value, Value] | None = None
        if args.splat:
            rest = (Unknown("keyword"), Unknown("argument of a schema"))
        return frame.new(Dictionary(entries, rest))

    @staticmethod
    def _written_class(frame: Frame, cls: ClassInfo, site: Site) -> ClassValue:
        """``Page[OrderOut](...)``: the class with its type arguments."""
        call = call_at(frame.machine, site)
        func = call.func if call is not None else None
        if isinstance(func, ir.Attribute):
            func = func.value
        if isinstance(func, ir.Subscript):
            wanted = type_value(Scope.of_frame(frame), func)
            if isinstance(wanted, ClassValue) and wanted.info is cls:
                return wanted
        return ClassValue(cls)

    # ---------------------------------------------------------------- methods

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        match receiver:
            case ClassValue(info=info):
                if self.schemas.of(frame.machine, info) is None:
                    return None
                return self._class_method(frame, receiver, name, args, site)
            case Super(receiver=target):
                found = getters.inherited(frame, receiver, name, args, site)
                return found if found is not None else self._super(frame, target, name, args, site)
            case Ref():
                instance = frame.instance(receiver)
                if instance is None:
                    return None
                if isinstance(instance.cls, External):
                    return self._library_method(frame, instance, name, args, site)
                schema = self.schemas.of(frame.machine, instance.cls)
                return (
                    None
                    if schema is None
                    else self._instance_method(frame, receiver, instance, name, args, site)
                )
            case _:
                return None

    def _class_method(
        self, frame: Frame, receiver: ClassValue, name: str, args: Arguments, site: Site
    ) -> Value | None:
        wanted = receiver if receiver.arguments else self._written_class(frame, receiver.info, site)
        if name in _FROM_OBJECT:
            value = args.get("obj", 0)
            if value is None:
                return frame.new(Instance(receiver.info))
            return self.validation.validate(frame, wanted, value, Call(site, self._force(args)))
        if name in _FROM_TEXT:
            return frame.new(Instance(receiver.info, {}, wanted.arguments, declared=True))
        if name in ("model_construct", "construct"):
            return frame.new(Instance(receiver.info, dict(args.keywords), wanted.arguments))
        return None

    @staticmethod
    def _force(args: Arguments) -> bool | None:
        """``from_attributes=`` of the call; one that isn't constant may be true."""
        stated = args.flag("from_attributes")
        return True if stated is None and "from_attributes" in dict(args.keywords) else stated

    def _super(self, frame: Frame, target: Value, name: str, args: Arguments, site: Site) -> Value | None:
        """``super().model_validate(...)``, ``super().__init__(...)``, ``super().model_dump()``."""
        if isinstance(target, ClassValue):
            return self.method(frame, target, name, args, site)
        instance = frame.instance(target)
        if instance is None or not isinstance(target, Ref) or not isinstance(instance.cls, ClassInfo):
            return None
        schema = self.schemas.of(frame.machine, instance.cls)
        if schema is None:
            return None
        if name == "__init__":
            wanted = ClassValue(instance.cls, instance.arguments)
            self.validation.fill(frame, target, wanted, schema, self._keywords(frame, args), Call(site))
            return NONE
        return self._instance_method(frame, target, instance, name, args, site)

    def _instance_method(
        self, frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
    ) -> Value | None:
        if name in _DUMPS:
            plain = self.dumping.dump(frame, ref, site, Selection.of(frame, args, site))
            return plain if name in ("model_dump", "dict") else frame.unknown("JSON")
        if name in _COPIES:
            update = frame.dictionary(args.get("update"))
            fields = dict(instance.fields)
            for key, value in update.entries if update is not None else ():
                if isinstance(key, Const) and isinstance(key.value, str):
                    fields[key.value] = value
            return frame.new(replace(instance, fields=fields))
        return None

    def _library_method(
        self, frame: Frame, instance: Instance, name: str, args: Arguments, site: Site
    ) -> Value | None:
        if instance.cls == _ADAPTER:
            if name == "validate_python":
                value = args.get("object", 0) or NONE
                at = Call(site, self._force(args))
                return self.validation.validate(frame, instance.fields.get("type", NONE), value, at)
            if name in ("dump_python", "dump_json"):
                return self.dumping.dump(frame, args.get("instance", 0) or NONE, site)
            return frame.unknown("value of a type adapter")
        if instance.cls == HANDLER and name == "__call__":
            return self._handler(frame, instance, args.positional[0] if args.positional else NONE, site)
        return None

    def _handler(self, frame: Frame, instance: Instance, value: Value, site: Site) -> Value:
        """``handler(value)`` in a wrapping validator."""
        inner = instance.fields.get("inner")
        if isinstance(inner, ClassValue):
            schema = self.schemas.of(frame.machine, inner.info)
            if schema is not None:
                return self.validation.inner(frame, inner, schema, frame.split(value), Call(site))
        return self.validation.validate(frame, instance.fields.get("type", ANY), value, Call(site))

    # ------------------------------------------------------------- attributes

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        """A field of an instance whose making wasn't seen (a request's body) has a value of its type."""
        if isinstance(receiver, ClassValue) and name in _FIELD_TABLES:
            return self._field_table(frame, receiver)
        instance = frame.instance(receiver)
        if instance is None or name in instance.fields or not isinstance(receiver, Ref):
            return None
        if not isinstance(instance.cls, ClassInfo):
            return None
        schema = self.schemas.of(frame.machine, instance.cls)
        if schema is None:
            return None
        field = next((f for f in schema.fields if f.name == name), None)
        if field is None:
            return (
                Member(receiver, name)
                if name in _INSTANCE_METHODS and not self._overrides(frame, schema, name)
                else None
            )
        value = self._bound(frame, instance, field.owner, field.annotation)
        if value is None:
            value = annotated_value(frame, field.owner.module, field.annotation) or frame.unknown(
                "field of a schema"
            )
        if receiver.address >= 0:
            current = frame.instance(receiver)
            assert current is not None
            frame.put(receiver, replace(current, fields={**current.fields, name: value}))
        return value

    def _field_table(self, frame: Frame, cls: ClassValue) -> Value | None:
        """``Out.model_fields``: the fields by name."""
        schema = self.schemas.of(frame.machine, cls.info)
        if schema is None:
            return None
        parameters = bindings(frame.machine, cls)
        entries: list[tuple[Value, Value]] = []
        for field in schema.fields:
            scope = Scope.of_class(frame.machine, field.owner, parameters.get(field.owner, {}))
            stated = {"annotation": type_value(scope, field.annotation)}
            entries.append((Const(field.name), frame.new(Instance(_FIELD_INFO, stated))))
        return frame.new(Dictionary(tuple(entries)))

    @staticmethod
    def _overrides(frame: Frame, schema: Schema, name: str) -> bool:
        return find_method(frame, schema.info, name) is not None

    @staticmethod
    def _bound(frame: Frame, instance: Instance, owner: ClassInfo, annotation: ir.Expr) -> Value | None:
        """A field whose type is a type parameter that is bound to a class of the program."""
        assert isinstance(instance.cls, ClassInfo)
        parameters = bindings(frame.machine, ClassValue(instance.cls, instance.arguments)).get(owner, {})
        if not parameters:
            return None
        from detachlint.interpret.objects.annotation import value_of_class

        wanted = type_value(Scope.of_class(frame.machine, owner, parameters), annotation)
        return value_of_class(frame, wanted.info) if isinstance(wanted, ClassValue) else None

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        if isinstance(name, ClassInfo) and self.schemas.of(frame.machine, name) is not None:
            return frame.new(Instance(name))
        return None
