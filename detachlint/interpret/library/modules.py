"""``importlib.import_module("shop.crud")``: a module that is imported by its name."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import Const, Value
from detachlint.interpret.variables.names import symbol_value
from detachlint.resolve.symbols import External


def call_import_module(frame: Frame, name: External, args: Arguments, site: Site) -> Value:
    wanted = args.get("name", 0)
    if not isinstance(wanted, Const) or not isinstance(wanted.value, str) or not wanted.value:
        return frame.unknown("module of an unknown name")
    dotted = wanted.value
    if dotted.startswith("."):
        dotted = _absolute(frame, dotted, args.get("package", 1))
    return symbol_value(frame, frame.machine.program.find(dotted, frame.module))


def _absolute(frame: Frame, relative: str, package: Value | None) -> str:
    """What a relative name means; ``package=__package__`` is the package of the module that asks."""
    inner = relative.lstrip(".")
    if isinstance(package, Const) and isinstance(package.value, str):
        parts = package.value.split(".")
    else:
        parts = frame.module.name.split(".")
        parts = parts if frame.module.is_package else parts[:-1]
    above = len(relative) - len(inner) - 1
    return ".".join([*parts[: len(parts) - above], *([inner] if inner else [])])
