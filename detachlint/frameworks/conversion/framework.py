"""The door to msgspec and adaptix: their functions that make one object of another.

Source: https://jcristharif.com/msgspec/converters.html, https://adaptix.readthedocs.io/en/latest/conversion/tutorial.html.
"""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.conversion.filling import At, convert
from detachlint.frameworks.syntax import argument, call_at
from detachlint.frameworks.type_values import ANY, Scope, type_value
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.values import ClassValue, Function, Library, Partial, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

_CONVERTER = External("adaptix.conversion.converter")
_DECORATOR = External("adaptix.conversion.impl_converter")
_RETORT = External("adaptix.conversion.ConversionRetort")
_RETORTS = frozenset({"ConversionRetort", "AdornedConversionRetort", "FilledConversionRetort"})


class Conversion(Nothing):
    """Implements the Framework protocol."""

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        if name.root == "msgspec" and name.leaf == "convert":
            return _of_msgspec(frame, args, site)
        if name.root != "adaptix":
            return None
        return (
            frame.new(Instance(_RETORT)) if name.leaf in _RETORTS else _adaptix(frame, name.leaf, args, site)
        )

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        instance = frame.instance(receiver)
        if instance is None:
            return None
        if instance.cls == _CONVERTER and name == "__call__" and args.positional:
            return convert(frame, instance.fields["type"], args.positional[0], At(site))
        if instance.cls == _RETORT:
            return receiver if name == "extend" else _adaptix(frame, name, args, site)
        return None

    def annotated(
        self, frame: Frame, name: External | ClassInfo, arguments: tuple[ir.Expr, ...]
    ) -> Value | None:
        is_retort = isinstance(name, External) and name.root == "adaptix" and name.leaf in _RETORTS
        return frame.new(Instance(_RETORT)) if is_retort else None

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        """``@impl_converter def to_dto(user: User) -> UserDto: ...``."""
        instance = frame.instance(decorator)
        is_plain = decorator == Library(_DECORATOR)
        returns = function.info.node.returns
        if returns is None or not (is_plain or (instance is not None and instance.cls == _DECORATOR)):
            return None
        return _converter(frame, type_value(Scope(frame.machine, function.info.module), returns))


def _of_msgspec(frame: Frame, args: Arguments, site: Site) -> Value | None:
    wanted = _type(frame, args, site, 1, "type")
    if wanted is None or not args.positional:
        return None
    if args.flag("from_attributes") is not True:
        return Unknown("result of a conversion")
    return convert(frame, wanted, args.positional[0], At(site, uses_defaults=True))


def _adaptix(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    match name:
        case "get_converter":
            wanted = _type(frame, args, site, 1, "dst")
            return _converter(frame, wanted) if wanted is not None else None
        case "convert" if args.positional:
            wanted = _type(frame, args, site, 1, "dst")
            return convert(frame, wanted, args.positional[0], At(site)) if wanted is not None else None
        case "impl_converter":
            return frame.new(Instance(_DECORATOR))
        case _:
            return None


def _converter(frame: Frame, wanted: Value) -> Value:
    return frame.new(Instance(_CONVERTER, {"type": wanted}))


def _type(frame: Frame, args: Arguments, site: Site, index: int, name: str) -> Value | None:
    """The argument that says what to make: as written (``list[Out]``), else its value."""
    expression = argument(call_at(frame.machine, site), index, name)
    if expression is not None:
        wanted = type_value(Scope.of_frame(frame), expression)
        if wanted != ANY:
            return wanted
    given = args.get(name, index)
    return given if isinstance(given, (ClassValue, Partial)) else None
