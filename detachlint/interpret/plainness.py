"""Arguments without what a callee can make no use of, so that contexts are told apart by what matters."""

from __future__ import annotations

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import Const, Member, Ref, Unknown, Value


def lean(frame: Frame, value: Value) -> Value:
    """An argument without what no callee can make use of: attributes of unknown things, sentences."""
    if isinstance(value, Member):
        root: Value = value
        while isinstance(root, Member):
            root = root.receiver
        obj = frame.get(root)
        if isinstance(root, Unknown) or (
            isinstance(obj, Instance) and isinstance(value.receiver, (Member, Ref))
        ):
            return Unknown("attribute of something unknown", frame.machine.fresh_symbol())
    if (
        isinstance(value, Const)
        and isinstance(value.value, str)
        and (" " in value.value or len(value.value) > 60)
    ):
        return Unknown("text")
    return value


def plain(value: Value) -> Value:
    """What is not about the ORM says little to a function that has been run in many contexts already."""
    if (
        isinstance(value, Const)
        and isinstance(value.value, (str, int, float))
        and not isinstance(value.value, bool)
    ):
        return Unknown("constant of one of many contexts")
    return value
