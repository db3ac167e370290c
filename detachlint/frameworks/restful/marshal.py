"""``marshal(data, fields)``: which attributes are read.

Sources: https://flask-restful.readthedocs.io, https://flask-restx.readthedocs.io.
"""

from __future__ import annotations

from detachlint.domain.facts import Place
from detachlint.domain.source import Site
from detachlint.frameworks.reading import read, reading
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import (
    NONE,
    Const,
    Function,
    LambdaValue,
    Library,
    Partial,
    Ref,
    Tuple,
    Unknown,
    Value,
)
from detachlint.resolve.symbols import ClassInfo, External

ROOTS = frozenset({"flask_restful", "flask_restplus", "flask_restx"})
# These make text of the object's own columns.
_OF_THE_ROW = frozenset({"Url", "FormattedString"})
MAX_DEPTH = 6


def marshal(frame: Frame, data: Value, fields: Value, site: Site, depth: int = 0) -> None:
    """Read of ``data``, one object or a list of them, what ``fields`` names."""
    data = frame.split(data)
    if depth > MAX_DEPTH or data == NONE or isinstance(data, Unknown):
        return
    if isinstance(fields, (Function, LambdaValue, Partial)):
        fields = call(frame, fields, Arguments(), site)
    known = frame.dictionary(fields)
    if known is None:
        return
    if isinstance(data, Tuple) or frame.sequence(data) is not None:
        elements = elements_of(frame, data, site)
        rest = (elements.rest,) if elements.rest is not None else ()
        for each in (*elements.items, *rest):
            marshal(frame, each, fields, site, depth + 1)
        return
    for key, field in known.entries:
        if isinstance(key, Const):
            _field(frame, data, str(key.value), field, site, depth)


def _field(frame: Frame, data: Value, key: str, field: Value, site: Site, depth: int) -> None:
    if frame.dictionary(field) is not None:  # a group of fields of the same object
        marshal(frame, data, field, site, depth + 1)
        return
    instance = _instance(frame, field)
    if instance is None or (isinstance(instance.cls, External) and instance.cls.leaf in _OF_THE_ROW):
        return
    if isinstance(instance.cls, ClassInfo):
        output = find_method(frame, instance.cls, "output")
        if output is not None:
            call(frame, Function(output, field), Arguments((Const(key), data)), site)
            return
    value = _got(frame, data, key, instance, site)
    if value is None or value == NONE:
        return
    if isinstance(instance.cls, ClassInfo):
        method = find_method(frame, instance.cls, "format")
        if method is not None:
            call(frame, Function(method, field), Arguments((value,)), site)
        return
    _format(frame, value, instance, site, depth)


def _format(frame: Frame, value: Value, instance: Instance, site: Site, depth: int) -> None:
    """What a field of the library makes of its value."""
    match instance.cls.leaf if isinstance(instance.cls, External) else "":
        case "Nested":
            nested = instance.fields.get("nested") or _first(instance)
            if nested is not None:
                marshal(frame, value, nested, site, depth + 1)
        case "List":
            inner = _instance(frame, instance.fields.get("cls_or_instance") or _first(instance))
            elements = elements_of(frame, value, site)
            rest = (elements.rest,) if elements.rest is not None else ()
            for each in (*elements.items, *rest) if inner is not None else ():
                _element(frame, each, inner, site, depth)
        case _:
            return


def _element(frame: Frame, value: Value, inner: Instance | None, site: Site, depth: int) -> None:
    """One element of a list; a field with a name of its own reads that of it."""
    if inner is None:
        return
    attribute = inner.fields.get("attribute")
    got = _got(frame, value, "", inner, site) if attribute is not None else value
    if got is not None and got != NONE:
        _format(frame, got, inner, site, depth + 1)


def _got(frame: Frame, data: Value, key: str, instance: Instance, site: Site) -> Value | None:
    """The value that a field takes from the object: an attribute, a dotted way, or what a function says."""
    attribute = instance.fields.get("attribute")
    if isinstance(attribute, (Function, LambdaValue, Partial)):
        return frame.split(call(frame, attribute, Arguments((data,)), site))
    name = attribute.value if isinstance(attribute, Const) and isinstance(attribute.value, str) else key
    current = data
    with reading(frame, site, Place.SERIALISER, key or name):
        for step in name.split("."):
            mapping = frame.dictionary(current)
            if mapping is None:
                found = read(frame, current, step, site)
            else:
                found = next((v for k, v in mapping.entries if k == Const(step)), None)
            if found is None:
                return None
            current = frame.split(found)
            if current == NONE:
                return NONE
    return current


def _first(instance: Instance) -> Value | None:
    return instance.arguments[0] if instance.arguments else None


def _instance(frame: Frame, field: Value | None) -> Instance | None:
    """A field, which may be given as its class."""
    if isinstance(field, Library) and field.name.root in ROOTS:
        return Instance(field.name)
    return frame.instance(field) if isinstance(field, Ref) else None
