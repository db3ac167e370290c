"""The door to Flask-RESTful and Flask-RESTX: models are made, resources answer by them."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.responses import Responses, body_of
from detachlint.frameworks.restful.marshal import ROOTS, marshal
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import Unknown, Value
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo

_FIELDS = frozenset({"Raw", "Nested", "List", "String", "Integer", "Float", "Boolean", "DateTime"})
_DECORATORS = frozenset({"marshal_with", "marshal_list_with"})
_MODELS = frozenset({"Model", "OrderedModel", "model"})
_DERIVED = frozenset({"inherit", "clone"})


class Restful(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._responses = Responses(ROOTS, _DECORATORS)

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root not in ROOTS:
            return None
        if ".fields." in name.dotted:
            return frame.new(Instance(name, dict(args.keywords), args.positional))
        return _shared(frame, name.leaf, args, site)

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        """``api.model(...)``, ``namespace.marshal(...)``."""
        if not isinstance(receiver, Unknown) or receiver.type.partition(".")[0] not in ROOTS:
            return None
        return _shared(frame, name, args, site)

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        """A field of the program's own."""
        bases = frame.machine.program.external_bases(cls)
        if not any(b.root in ROOTS and ".fields." in b.dotted for b in bases):
            return None
        if find_method(frame, cls, "__init__") is not None:
            return None
        return frame.new(Instance(cls, dict(args.keywords), args.positional))

    def responded(self, frame: Frame, info: FunctionInfo, value: Value) -> Value | None:
        """A resource has returned: its decorators marshal what it gives."""
        known = self._responses.of(frame, info)
        for response in known:
            fields = response.arguments.get("fields", 0)
            if fields is not None:
                marshal(frame, body_of(value), fields, response.site)
        return frame.unknown("response") if known else None


def _shared(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """What the library's functions and the methods of its applications and namespaces have in common."""
    if name == "marshal":
        data, fields = args.get("data", 0), args.get("fields", 1)
        if data is not None and fields is not None:
            marshal(frame, data, fields, site)
        return frame.unknown("marshalled data")
    if name in _MODELS:
        return args.get("model", 1)
    if name in _DERIVED:  # ``inherit(name, parent, ..., fields)``
        known = [frame.dictionary(each) for each in args.positional[1:]]
        merged = {k: v for each in known if each is not None for k, v in each.entries}
        return frame.new(Dictionary(tuple(merged.items())))
    return None
