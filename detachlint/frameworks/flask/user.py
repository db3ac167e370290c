"""``current_user``: the entity that the application's loader finds for the request."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.frameworks.syntax import called_name
from detachlint.interpret.frame import Arguments, Frame, InfeasibleError, RaisedError
from detachlint.interpret.heap import EntityObject, State
from detachlint.interpret.machine import Machine
from detachlint.interpret.paths.attempts import attempt
from detachlint.interpret.values import Function, Library, Ref, Value
from detachlint.resolve.symbols import FunctionInfo

_ROOTS = frozenset({"flask_login", "flask_security", "flask_jwt_extended", "flask_praetorian"})
_LOADERS = frozenset({"user_loader", "user_lookup_loader", "request_loader"})


class CurrentUser:
    """Finds the loader once and remembers what it loads."""

    def __init__(self) -> None:
        self._known: EntityObject | None = None
        self._searched = False

    def names(self, value: Value) -> bool:
        """Whether the value is the library's proxy."""
        return isinstance(value, Library) and value.name.leaf == "current_user" and value.name.root in _ROOTS

    def entity(self, frame: Frame) -> Ref | None:
        """The user of this request: a new object, in the session of the request."""
        if not self._searched:
            self._searched = True
            self._known = _loaded(frame)
        return frame.new(self._known) if self._known is not None else None


def _loaded(frame: Frame) -> EntityObject | None:
    from detachlint.interpret.calls.invoke import call

    info = _loader(frame.machine)
    if info is None:
        return None
    inner = Frame(frame.machine, info.module, info, info.owner, State({}, {}, 0))
    site = inner.site(info.node)

    def action() -> Value:
        return inner.split(call(inner, Function(info), Arguments(splat=True), site))

    try:
        done, _ = attempt(inner, inner.state, action)
    except (RaisedError, InfeasibleError):
        return None
    for value, state in done:
        found = state.heap.get(value.address) if isinstance(value, Ref) else None
        if isinstance(found, EntityObject) and (found.session is None or found.session < 0):
            return replace(found, attributes={}, in_map={}, many=False, identity=None)
    return None


def _loader(machine: Machine) -> FunctionInfo | None:
    for info in machine.program.functions.values():
        if any(called_name(d) in _LOADERS for d in info.node.decorators):
            return info
    return None
