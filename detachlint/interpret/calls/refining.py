"""What a parameter's annotation says of an argument of which nothing is known."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import Ref, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import FunctionInfo


def refine(frame: Frame, info: FunctionInfo, param: ir.Param, value: Value) -> Value:
    """An argument of which nothing is known is at least what the parameter's annotation says; what is learnt
    of it there, the caller learns too.
    """
    if not isinstance(value, Unknown) or param.annotation is None or (value.type and value.symbol):
        return value
    from detachlint.interpret.objects.annotation import annotated_value

    declared = annotated_value(frame, info.module, param.annotation)
    if isinstance(declared, Unknown) and value.symbol:
        return replace(declared, symbol=value.symbol, truth=value.truth)
    if declared is None:
        return value
    if isinstance(declared, Ref) and value.symbol and frame.session(declared) is not None:
        _tell(frame, value, declared)
    return declared


def _tell(frame: Frame, value: Unknown, session: Ref) -> None:
    """What the caller holds is that session from now on: whom it passes it to next gets the same one, and
    what it asks it for itself concerns the objects that the callee has returned.
    """
    env = frame.state.env
    for name, held in env.items():
        if _is(held, value):
            env[name] = session
    for address, obj in list(frame.state.heap.items()):
        if isinstance(obj, Instance) and any(_is(held, value) for held in obj.fields.values()):
            fields = {name: session if _is(held, value) else held for name, held in obj.fields.items()}
            frame.put(Ref(address), replace(obj, fields=fields))


def _is(held: Value, value: Unknown) -> bool:
    return isinstance(held, Unknown) and held.symbol == value.symbol
