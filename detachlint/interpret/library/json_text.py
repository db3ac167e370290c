"""``json.dumps`` and its kin: what JSON has no form for goes to ``default=`` or the encoder's ``default``.

Source: https://docs.python.org/3/library/json.html#json.JSONEncoder.default.
"""

from __future__ import annotations

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.library.arguments import first_argument
from detachlint.interpret.objects import attribute
from detachlint.interpret.values import NONE, ClassValue, Ref, Tuple, Value
from detachlint.resolve.symbols import External

ROOTS = frozenset({"json", "simplejson", "orjson", "ujson", "rapidjson"})
_MAX_DEPTH = 6


def call_dumps(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    default = args.get("default", 1) if name.root == "orjson" else args.get("default")
    encoder = args.get("cls")
    if isinstance(encoder, ClassValue):
        from detachlint.interpret.calls.instantiate import instantiate

        encoder = instantiate(frame, encoder, Arguments(), site)
    encode(frame, first_argument(args), default, encoder, site)
    return frame.unknown("string")


def encode(frame: Frame, value: Value, default: Value | None, encoder: Value | None, site: Site) -> None:
    """Write ``value`` with a ``default`` function or an encoder of the program's own, if there is one."""
    if encoder is not None or (default is not None and default != NONE):
        _Writing(frame, default, encoder, site).write(value, 0)


class _Writing(Struct, frozen=True):
    frame: Frame
    default: Value | None
    encoder: Value | None
    site: Site

    def write(self, value: Value, depth: int) -> None:
        value = self.frame.split(value)
        if depth > _MAX_DEPTH:
            return
        for each in self._parts(value):
            self.write(each, depth + 1)

    def _parts(self, value: Value) -> tuple[Value, ...]:
        if isinstance(value, Tuple):
            return value.items
        match self.frame.get(value):
            case Sequence(kind="list") as obj:
                return (*obj.items, *([obj.rest] if obj.rest is not None else []))
            case Dictionary() as obj:
                return tuple(v for _, v in (*obj.entries, *([obj.rest] if obj.rest is not None else [])))
            case EntityObject() | Instance() | Sequence():
                replaced = self._replaced(value)
                return () if replaced is None or replaced == value else (replaced,)
            case _:
                return ()

    def _replaced(self, value: Value) -> Value | None:
        from detachlint.interpret.calls.invoke import call

        if isinstance(self.encoder, Ref):
            return attribute.call_method(self.frame, self.encoder, "default", Arguments((value,)), self.site)
        if self.default is not None and self.default != NONE:
            return call(self.frame, self.default, Arguments((value,)), self.site)
        return None
