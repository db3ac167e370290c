"""``flask.g``: what ``before_request`` or a helper stores there, the same request finds."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import NONE, Const, Library, Ref, Value
from detachlint.resolve.symbols import External

_G = External("flask.g")
_ROOTS = frozenset({"flask", "quart"})


class RequestGlobals:
    """Holds the one object that stands for the ``g`` of any request."""

    def __init__(self) -> None:
        self._ref: Ref | None = None

    @staticmethod
    def names(receiver: Value) -> bool:
        return isinstance(receiver, Library) and receiver.name.leaf == "g" and receiver.name.root in _ROOTS

    def member(self, frame: Frame, name: str) -> Value | None:
        """What was stored under the name; None where nothing was, or for a method of ``g``."""
        return self._object(frame)[1].fields.get(name)

    def store(self, frame: Frame, name: str, value: Value) -> None:
        ref, known = self._object(frame)
        frame.put(ref, replace(known, fields={**known.fields, name: value}))

    def method(self, frame: Frame, name: str, args: Arguments) -> Value | None:
        """``g.get("db")``, ``g.pop("db", None)``, ``g.setdefault("db", ...)``."""
        key = args.positional[0] if args.positional else None
        if name not in ("get", "pop", "setdefault") or not isinstance(key, Const):
            return None
        found = self.member(frame, str(key.value))
        if found is not None:
            return found
        given = args.positional[1] if len(args.positional) > 1 else NONE
        if name == "setdefault":
            self.store(frame, str(key.value), given)
        return given

    def _object(self, frame: Frame) -> tuple[Ref, Instance]:
        if self._ref is None:
            self._ref = frame.machine.module_heap.allocate(Instance(_G))
        found = frame.instance(self._ref)
        return self._ref, found if found is not None else Instance(_G)
