"""Signals of blinker, which Flask's are: who sends one calls all that are connected to it.

Source: https://blinker.readthedocs.io/en/stable/ (``connect``, ``connect_via``, ``send``, ``send_async``).
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.interpret.calls.invoke import call, settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance, Sequence
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    Const,
    Function,
    Member,
    Partial,
    Ref,
    Tuple,
    Value,
    alternatives,
)
from detachlint.resolve.symbols import External

_SIGNAL = External("blinker.Signal")
_NAMESPACE = External("blinker.Namespace")


class Signals(Nothing):
    """Implements the Framework protocol."""

    def __init__(self) -> None:
        self._named: dict[tuple[int, Value], Ref] = {}

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root != "blinker":
            return None
        match name.leaf:
            case "Signal":
                return _new(frame)
            case "Namespace":
                return frame.new(Instance(_NAMESPACE))
            case "signal":
                return self._signal(frame, 0, args)
            case _:
                return None

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        instance = frame.instance(receiver)
        if instance is None or not isinstance(receiver, Ref) or instance.cls not in (_SIGNAL, _NAMESPACE):
            return None
        match name:
            case "signal":
                return self._signal(frame, receiver.address, args)
            case "connect":
                return _connect(frame, instance, args)
            case "connect_via":
                return Partial(Member(receiver, "connect"), (), (("sender", args.get("sender", 0) or NONE),))
            case "send":
                return _send(frame, instance, args, site)
            case "send_async":
                return Awaitable(_send(frame, instance, args, site))
            case _:
                return None

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        """``@signal.connect``."""
        if not isinstance(decorator, Member) or decorator.name != "connect":
            return None
        return self.method(frame, decorator.receiver, "connect", Arguments((function,)), site)

    def _signal(self, frame: Frame, namespace: int, args: Arguments) -> Value:
        """The signal of that name: there is one in a namespace."""
        name = args.get("name", 0)
        if not isinstance(name, Const):
            return _new(frame)
        known = self._named.get((namespace, name))
        if known is None or frame.instance(known) is None:
            known = self._named[namespace, name] = _new(frame)
        return known


def _new(frame: Frame) -> Ref:
    receivers = frame.new(Sequence("list", empty=True))
    return frame.new(Instance(_SIGNAL, {"receivers": receivers}))


def _connect(frame: Frame, signal: Instance, args: Arguments) -> Value:
    receiver = args.get("receiver", 0) or frame.unknown("argument that is not given")
    holder = signal.fields["receivers"]
    known = frame.sequence(holder)
    pair = Tuple((receiver, args.get("sender", 1) or NONE))
    if known is not None and isinstance(holder, Ref) and pair not in _receivers(known):
        frame.put(holder, replace(known, items=(*known.items, pair), empty=False))
    return receiver


def _send(frame: Frame, signal: Instance, args: Arguments, site: Site) -> Value:
    """Call who is connected to this sender, or to all; the answers are pairs."""
    receivers = frame.sequence(signal.fields["receivers"])
    sender = args.get("sender", 0) or NONE
    given = replace(args, positional=args.positional[:1] or (NONE,))
    answers: list[Value] = []
    for receiver, wanted in [p.items for p in _receivers(receivers)] if receivers is not None else ():
        if wanted in (NONE, sender):
            answers.append(Tuple((receiver, settle(frame, call(frame, receiver, given, site)))))
    return frame.new(Sequence("list", tuple(answers), empty=not answers))


def _receivers(known: Sequence) -> list[Tuple]:
    """Those connected while modules ran, then those that functions connect."""
    later = alternatives(known.rest) if known.rest is not None else ()
    return [pair for pair in (*known.items, *later) if isinstance(pair, Tuple)]
