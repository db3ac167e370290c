"""Forms of WTForms: what they read of an object, what they set on it, and what they hold.

Source: https://wtforms.readthedocs.io/en/stable/forms/ (``obj``, ``populate_obj`` and ``data``).
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.reading import read
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance, Perhaps
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.statements.assign import store_attribute
from detachlint.interpret.values import NONE, Const, Member, Ref, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

_ROOTS = frozenset({"wtforms", "flask_wtf", "starlette_wtf", "quart_wtf", "wtforms_sqlalchemy"})


class WtForms(Nothing):
    """Implements the Framework protocol."""

    def construct(self, frame: Frame, cls: ClassInfo, args: Arguments, site: Site) -> Value | None:
        """``Form(request.form, obj)`` reads an attribute of the object for each field that it has one for."""
        if not _is_form(frame, cls) or find_method(frame, cls, "__init__") is not None:
            return None
        given = args.get("obj", 1)
        entity = frame.split(given) if given is not None else None
        if entity is not None and frame.entity(entity) is not None:
            for name in _fields(frame, cls):
                read(frame, entity, name, site)
        return None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if name not in ("populate_obj", "data") or not isinstance(receiver, Ref):
            return None
        form = frame.instance(receiver)
        if form is None or not isinstance(form.cls, ClassInfo) or not _is_form(frame, form.cls):
            return None
        if find_method(frame, form.cls, name) is not None:
            return None
        return Member(receiver, name) if name == "populate_obj" else _data(frame, form, form.cls)

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        """``form.populate_obj(obj)`` sets an attribute for each field; an unknown form may set any."""
        if name != "populate_obj" or not args.positional:
            return None
        target = frame.split(args.positional[0])
        obj = frame.entity(target)
        if obj is None or not isinstance(target, Ref):
            return None
        form = frame.instance(receiver)
        cls = form.cls if form is not None else None
        entity = frame.machine.graph.entities.get(obj.entity)
        mapped = list(entity.attributes) if entity is not None else []
        certain = set(_fields(frame, cls)) if isinstance(cls, ClassInfo) else set()
        possible = _fields_below(frame, cls) if isinstance(cls, ClassInfo) else set(mapped)
        perhaps = {n: Perhaps("set by a form") for n in mapped if n in possible and n not in obj.attributes}
        frame.put(target, replace(obj, attributes={**obj.attributes, **perhaps}))
        for each in [n for n in mapped if n in certain]:
            store_attribute(frame, target, each, frame.unknown("field of a form"), ir.Opaque(site.node))
        return NONE


def _data(frame: Frame, form: Instance, cls: ClassInfo) -> Value | None:
    """A new dictionary with what each field holds."""
    names = _fields(frame, cls)
    if "data" in names:
        return None
    entries = tuple((Const(name), frame.unknown("field of a form")) for name in names)
    other = frame.unknown("field of a form")
    return frame.new(Dictionary(entries, (other, other) if form.declared else None))


def _is_form(frame: Frame, cls: ClassInfo) -> bool:
    return any(base.root in _ROOTS for base in frame.machine.program.external_bases(cls))


def _fields_below(frame: Frame, cls: ClassInfo) -> set[str]:
    """The fields of the subclasses: what is known to be a form of a class may be one of them."""
    program = frame.machine.program
    below = [c for c in program.classes.values() if c is not cls and cls in program.mro(c)]
    return {name for each in below for name in _fields(frame, each)}


def _fields(frame: Frame, cls: ClassInfo) -> list[str]:
    """The fields, in the order of the classes: what a class body binds to a call."""
    program = frame.machine.program
    names: dict[str, None] = {}
    for base in reversed(program.mro(cls)):
        members = program.members(base) if isinstance(base, ClassInfo) else {}
        for name, node in members.items():
            if isinstance(node, (ir.Assign, ir.AnnAssign)) and isinstance(node.value, ir.Call):
                names[name] = None
    return list(names)
