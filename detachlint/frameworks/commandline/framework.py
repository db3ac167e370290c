"""The door to click, asyncclick and Typer: commands that the shell calls, and how code calls them."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.decorators import entries_of
from detachlint.interpret.calls.invoke import call as invoke_call
from detachlint.interpret.calls.invoke import settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.framework import Entry
from detachlint.interpret.machine import Machine
from detachlint.interpret.statements.managers import enter_value
from detachlint.interpret.values import Function, Member, Partial, Unknown, Value

_COMMANDS = frozenset({"command", "group", "callback", "result_callback"})
_DECORATORS = dict.fromkeys(("click", "asyncclick", "rich_click", "typer", "cloup", "cyclopts"), _COMMANDS)


class CommandLine(Nothing):
    """Implements the Framework protocol."""

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if isinstance(receiver, Function) and name == "main":  # ``command.main(["--all"])``
            return settle(frame, invoke_call(frame, receiver, Arguments(splat=True), site))
        if not isinstance(receiver, (Unknown, Member)) or not args.positional:
            return None
        first = frame.split(args.positional[0])
        if name == "with_resource":
            return enter_value(frame, first, site)
        if name in ("invoke", "forward") and isinstance(first, (Function, Partial)):
            return self._invoke(frame, receiver, first, args, site)
        return None

    @staticmethod
    def _invoke(frame: Frame, receiver: Value, command: Value, args: Arguments, site: Site) -> Value:
        """``ctx.invoke(command, name=...)`` calls it; ``runner.invoke(command, [...])`` parses a line."""
        parses = isinstance(receiver, Unknown) and receiver.type.endswith("CliRunner")
        listed = len(args.positional) > 1 and frame.sequence(args.positional[1]) is not None
        if parses or listed or not args.keywords:
            settle(frame, invoke_call(frame, command, Arguments(splat=True), site))
            return frame.unknown("result of a command")
        return settle(frame, invoke_call(frame, command, Arguments(args.positional[1:], args.keywords), site))

    def entries(self, machine: Machine) -> Iterator[Entry]:
        return (entry for _, entry in entries_of(machine, _DECORATORS))
