"""``isinstance``: what a value is an instance of."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.interpret.conditions.protocols import has_protocol, is_protocol
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Dictionary, EntityObject, Instance, Sequence
from detachlint.interpret.objects import enums
from detachlint.interpret.values import ClassValue, Const, Library, Option, Ref, Statement, Unknown, Value
from detachlint.interpret.variables import cells
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External

# Modules whose classes have no instances but those of classes that name them as a base.
_CONCRETE = frozenset({"builtins", "types", "datetime", "decimal", "uuid", "pathlib", "fractions"})

# What SQLAlchemy makes of the collections of a mapped object.
_COLLECTIONS = {"InstrumentedList": "list", "InstrumentedSet": "set"}

# A None that is tested for another class of a library is often one that something sets later.
_ERRORS = ("Error", "Exception")


def is_instance(frame: Frame, value: Value, cls: Value) -> bool | None:
    """``isinstance(value, cls)``, where that is known."""
    program = frame.machine.program
    if isinstance(cls, ClassValue) and is_protocol(program, cls.info):
        return has_protocol(frame, value, cls.info)
    own: ClassInfo | External | None = None
    others: tuple[ClassInfo, ...] = ()
    exact = True
    match value:
        case Ref():
            obj = frame.get(value)
            if isinstance(obj, EntityObject):
                own = program.classes.get(obj.entity)
                exact = obj.exact or not frame.machine.graph.descendants(obj.entity)
            elif isinstance(obj, Instance):
                own, others = obj.cls, obj.others
                exact = not obj.declared
            elif isinstance(obj, (Sequence, Dictionary)) and isinstance(cls, Library):
                return _is_container(obj, cls.name)
        case Const(inner):
            known = enums.owner(frame, value)
            if known is not None:
                own = known[0]
            elif isinstance(cls, ClassValue):
                return False
            elif isinstance(cls, Library) and inner is None and cls.name.leaf.endswith(_ERRORS):
                return False  # as in an ``__exit__`` behind a block that ended well
            elif isinstance(cls, Library) and cls.name.leaf == "NoneType":
                return inner is None
            elif isinstance(cls, Library) and cls.name.root in _CONCRETE:
                return type(inner).__name__ == cls.name.leaf if inner is not None else False
        case Statement() | Option():
            return (
                False
                if isinstance(cls, ClassValue) or (isinstance(cls, Library) and cls.name.root == "builtins")
                else None
            )
        case _:
            pass
    if isinstance(own, ClassInfo):
        if others and isinstance(cls, ClassValue):
            answers = {cls.info in program.mro(each) for each in (own, *others)}
            if True in answers:
                return True if answers == {True} else None
        lineage = program.mro(own)
        if isinstance(cls, ClassValue):
            if cls.info in lineage:
                return True
            if exact or not any(cls.info in program.mro(each) for each in program.descendants(own)):
                return False
            return None
        if isinstance(cls, Library):
            if cls.name.root in _CONCRETE and cls.name.leaf != "object":
                return any(isinstance(b, External) and b.leaf == cls.name.leaf for b in lineage)
            if any(isinstance(b, External) and b.leaf == cls.name.leaf for b in lineage):
                return True
            return None
    return None


def _is_container(obj: Sequence | Dictionary, cls: External) -> bool | None:
    """Whether a list, set or dict is an instance of a library's class."""
    if cls.leaf in ("list", "dict", "set", "tuple", "str", "int"):
        return cls.leaf == ("dict" if isinstance(obj, Dictionary) else obj.kind)
    if isinstance(obj, Sequence) and obj.owner is not None and cls.leaf in _COLLECTIONS:
        return obj.kind == _COLLECTIONS[cls.leaf]
    return False if cls.root in _CONCRETE and cls.root != "builtins" else None


def narrow_class(frame: Frame, place: ir.Expr, value: Value, cls: ClassInfo) -> None:
    """A test has told that the value at ``place`` is an instance of ``cls``."""
    instance = frame.instance(value)
    if instance is not None and isinstance(value, Ref):
        if instance.others:
            _keep(frame, value, instance, cls, is_one=True)
        elif isinstance(instance.cls, ClassInfo) and instance.cls in frame.machine.program.mro(cls):
            _narrow_instance(frame, value, instance, cls)
        return
    obj = frame.entity(value)
    if obj is not None and isinstance(value, Ref) and cls.qualname in frame.machine.graph.entities:
        if frame.machine.graph.is_a(cls.qualname, obj.entity):
            frame.put(value, replace(obj, entity=cls.qualname))
    elif isinstance(value, Unknown) and isinstance(place, ir.Name):
        from detachlint.interpret.objects.annotation import value_of_class

        cells.store(frame, place.id, value_of_class(frame, cls))


def rule_out(frame: Frame, value: Value, cls: ClassInfo) -> None:
    """A test has told that a value is no instance of ``cls``: it is of one of the other classes."""
    instance = frame.instance(value)
    if instance is not None and instance.others and isinstance(value, Ref):
        _keep(frame, value, instance, cls, is_one=False)


def _keep(frame: Frame, ref: Ref, known: Instance, cls: ClassInfo, *, is_one: bool) -> None:
    """Keep those of the classes that an object may be of which are, or are not, ``cls``."""
    from detachlint.interpret.objects.annotation import value_of_class

    program = frame.machine.program
    assert isinstance(known.cls, ClassInfo)
    left = [each for each in (known.cls, *known.others) if (cls in program.mro(each)) is is_one]
    if not left or ref.address < 0:
        return
    first, others = left[0], tuple(left[1:])
    if first == known.cls:
        frame.put(ref, replace(known, others=others))
        return
    made = frame.instance(value_of_class(frame, first))
    if made is not None:
        shared = set(program.mro(known.cls)) & set(program.mro(first))
        names = {n for each in shared if isinstance(each, ClassInfo) for n in program.members(each)}
        kept = {name: value for name, value in known.fields.items() if name in names}
        frame.put(ref, replace(made, fields={**made.fields, **kept}, others=others))


def narrow_library(frame: Frame, place: ir.Expr, value: Value, cls: Library) -> None:
    """A test has told that a variable of which nothing is known holds an object of a library's class."""
    from detachlint.interpret.objects.annotation import value_of_type

    if not isinstance(value, Unknown) or value.type or not isinstance(place, ir.Name):
        return
    found = value_of_type(frame, cls)
    if isinstance(found, Unknown) and value.symbol:
        found = replace(found, symbol=value.symbol, truth=value.truth)
    if found is not None:
        cells.store(frame, place.id, found)


def _narrow_instance(frame: Frame, ref: Ref, known: Instance, cls: ClassInfo) -> None:
    """An object of which a base class was known has the fields of the class that it turned out to be."""
    from detachlint.interpret.objects.annotation import value_of_class

    made = frame.instance(value_of_class(frame, cls))
    if made is not None:
        frame.put(ref, replace(made, fields={**made.fields, **known.fields}))


def class_of_object(frame: Frame, ref: Ref, obj: EntityObject) -> str:
    """The class of an object: one of a base class is of one of its subclasses too, and each of them is a path
    that knows it."""
    names = [obj.entity] if obj.exact else [obj.entity, *frame.machine.graph.descendants(obj.entity)]
    if len(names) == 1:
        return obj.entity
    name = names[frame.choose(len(names))]
    frame.put(ref, replace(obj, entity=name, exact=True))
    return name
