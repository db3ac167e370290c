"""Forms of WTForms: what they read of an object, what they set on it, what they hold, and their validators.

Source: https://wtforms.readthedocs.io/en/stable/forms/ (``obj``, ``populate_obj``, ``data`` and
``validate_<field>``), https://flask-wtf.readthedocs.io/en/stable/api/ (``validate_on_submit``).
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.reading import read
from detachlint.interpret.calls.invoke import call_function
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.heap import Dictionary, Instance, Perhaps
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.statements.assign import store_attribute
from detachlint.interpret.values import FALSE, NONE, Const, Function, Member, Ref, Super, Unknown, Value
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

_FIELD = External("wtforms.Field")
_REFUSALS = frozenset({"ValidationError", "StopValidation", "ValueError"})
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
        """A method of the library's, where no class of the program has its own."""
        if name not in ("data", "populate_obj", "validate", "validate_on_submit"):
            return None
        form = _form(frame, receiver)
        if form is None:
            return None
        obj, cls = form
        if not isinstance(receiver, Super) and find_method(frame, cls, name) is not None:
            return None
        return Member(receiver, name) if name != "data" else _data(frame, obj, cls)

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        match name:
            case "populate_obj" if args.positional:
                return self._populate(frame, receiver, args, site)
            case "validate" | "validate_on_submit":
                form = _form(frame, receiver)
                return _validate(frame, receiver, form[1], name, site) if form is not None else None
            case _:
                return None

    def _populate(self, frame: Frame, receiver: Value, args: Arguments, site: Site) -> Value | None:
        """``form.populate_obj(obj)`` sets an attribute for each field; an unknown form may set any."""
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


def _form(frame: Frame, receiver: Value) -> tuple[Instance, ClassInfo] | None:
    """The form that a method is called on, also by ``super()``, and its class."""
    obj = frame.instance(receiver.receiver if isinstance(receiver, Super) else receiver)
    if obj is None or not isinstance(obj.cls, ClassInfo) or not _is_form(frame, obj.cls):
        return None
    return obj, obj.cls


def _validate(frame: Frame, receiver: Value, cls: ClassInfo, name: str, site: Site) -> Value:
    """``validate`` calls ``validate_<field>(field)`` of the form for each field; ``validate_on_submit`` calls
    ``validate`` where the form was sent.
    """
    own = find_method(frame, cls, "validate") if name == "validate_on_submit" else None
    found = [find_method(frame, cls, f"validate_{each}") for each in _fields(frame, cls)]
    validators = [each for each in found if each is not None]
    form = receiver.receiver if isinstance(receiver, Super) else receiver
    if name == "validate_on_submit" and (own is not None or validators) and frame.choose(2) == 1:
        return FALSE
    if own is not None:
        return call_function(frame, Function(own, form), Arguments(), site)
    for each in validators:
        held = Instance(_FIELD, {"data": frame.unknown("field of a form")})
        try:
            call_function(frame, Function(each, form), Arguments((frame.new(held),)), site)
        except RaisedError as error:
            if not _is_refusal(error.value):
                raise
    return frame.unknown("field of a form")


def _is_refusal(raised: Value) -> bool:
    """Whether WTForms takes an exception of a validator for its answer."""
    return isinstance(raised, Unknown) and raised.type.rpartition(".")[2] in _REFUSALS


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
