"""The door to marshmallow: fields are made, schema instances dump and load."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.marshmallow.dump import Dumping, Wanted
from detachlint.frameworks.marshmallow.load import load
from detachlint.frameworks.marshmallow.schema import FIELD, ROOTS, Schemas
from detachlint.frameworks.responses import Responses, body_of
from detachlint.frameworks.syntax import is_unpacked
from detachlint.interpret.calls.instantiate import instantiate
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance, Sequence
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import NONE, ClassValue, Function, Member, Ref, Super, Tuple, Unknown, Value
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_DUMPS = frozenset({"dump", "dumps", "jsonify"})
_LOADS = frozenset({"load", "loads", "validate"})
_RESPONDING = frozenset({"flask_smorest", "apiflask", "flask_apispec", "flask_accepts"})
_RESPONSES = frozenset({"response", "output", "marshal_with", "responds"})
_RESULT = frozenset({"data", "errors"})  # of marshmallow 2; a dict and a list have no such attributes
_ERRORS = "errors of marshmallow"
_OPTIONS = ("only", "exclude", "many")


class Marshmallow(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._schemas = Schemas()
        self._dumping = Dumping(self._schemas)
        self._responses = Responses(_RESPONDING, _RESPONSES)

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root not in ROOTS or not _is_field(name.leaf):
            return None
        return self._field(frame, name.leaf, args)

    @staticmethod
    def _field(frame: Frame, leaf: str, args: Arguments) -> Value:
        if leaf == "auto_field":
            named = args.get("column_name", 0)
            fields = dict(args.keywords) | ({} if named is None else {"attribute": named})
            return frame.new(Instance(External(FIELD + "Auto"), fields))
        return frame.new(Instance(External(FIELD + leaf), dict(args.keywords), args.positional))

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        if self._schemas.of(frame, cls) is None:
            return None
        own = find_method(frame, cls, "__init__")
        if own is not None:
            made = frame.new(Instance(cls))
            call(frame, Function(own, made), args, site)
            return made
        return frame.new(Instance(cls, _options(args)))

    def responded(self, frame: Frame, info: FunctionInfo, value: Value) -> Value | None:
        """A view has returned: ``@blueprint.response(200, Schema)`` dumps what it gives."""
        known = self._responses.of(frame, info)
        for response in known:
            for given in response.arguments.all:
                wanted = self._schema(frame, given, response.site)
                if wanted is not None:
                    many = response.arguments.flag("many")
                    wanted = wanted if many is None else replace(wanted, many=many)
                    value = self._dumping.dump(frame, wanted, body_of(value), response.site)
                    break
        return value if known else None

    def _schema(self, frame: Frame, given: Value, site: Site) -> Wanted | None:
        if isinstance(given, ClassValue) and self._schemas.of(frame, given.info) is not None:
            given = instantiate(frame, given, Arguments(), site)
        instance = frame.instance(given)
        if instance is None or not isinstance(given, Ref):
            return None
        return self._dumping.wanted(frame, given, instance)

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if name in _RESULT and isinstance(frame.get(receiver), (Dictionary, Sequence)):
            return receiver if name == "data" else frame.unknown(_ERRORS)
        instance = frame.instance(receiver)
        if instance is None or name not in _DUMPS | _LOADS or not isinstance(instance.cls, ClassInfo):
            return None
        if (
            self._schemas.of(frame, instance.cls) is None
            or find_method(frame, instance.cls, name) is not None
        ):
            return None
        return Member(receiver, name)

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, Unknown):
            extension = receiver.type.partition(".")[0]
            return self._field(frame, name, args) if extension in ROOTS and _is_field(name) else None
        target = receiver.receiver if isinstance(receiver, Super) else receiver
        instance = frame.instance(target)
        if instance is None or not isinstance(target, Ref):
            return None
        wanted = self._dumping.wanted(frame, target, instance)
        if wanted is None:
            return None
        if name == "__init__" and isinstance(receiver, Super):
            frame.put(target, replace(instance, fields={**instance.fields, **_options(args)}))
            return NONE
        if name in _DUMPS:
            many = args.flag("many")
            wanted = wanted if many is None else replace(wanted, many=many)
            data = self._dumping.dump(frame, wanted, args.get("obj", 0) or NONE, site)
            return data if name == "dump" else frame.unknown("JSON")
        if name not in _LOADS:
            return None
        many = args.flag("many")
        data = load(frame, self._dumping, wanted if many is None else replace(wanted, many=many), site)
        return Tuple((data, frame.unknown(_ERRORS))) if is_unpacked(frame.machine, site) else data


def _is_field(leaf: str) -> bool:
    return leaf[:1].isupper() or leaf == "auto_field"


def _options(args: Arguments) -> dict[str, Value]:
    return {name: value for name, value in args.keywords if name in _OPTIONS}
