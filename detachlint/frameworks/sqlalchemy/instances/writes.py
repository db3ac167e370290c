"""What setting an attribute of a mapped instance does."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from detachlint.domain.models import Column, Direction, Hybrid, Lazy, Relationship, Synonym
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.instances.attributes import DOUBTS, NEW, mapped, state_of
from detachlint.frameworks.sqlalchemy.instances.reads import read_attribute
from detachlint.frameworks.sqlalchemy.instances.related import read_loaded
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.frameworks.sqlalchemy.sessions.objects import touch
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Base, EntityObject, Life, Loaded, Perhaps, Plan, Sequence, Unloaded
from detachlint.interpret.library.containers import widen
from detachlint.interpret.machine import Machine
from detachlint.interpret.values import Const, Function, MappedAttribute, Ref, Sql, Union, Value, alternatives
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo


class _Validators(dict[tuple[str, str], list[FunctionInfo]]):
    """The ``@validates`` methods by entity and attribute, found once."""


def write(frame: Frame, ref: Ref, name: str, value: Value, site: Site) -> bool:
    """``instance.name = value``; False when the attribute isn't mapped."""
    found = mapped(frame, ref)
    if found is None:
        return False
    obj, entity = found
    attribute = entity.attributes.get(name)
    value = _validated(frame, ref, obj, name, value, site)
    obj = frame.entity(ref) or obj
    is_mapped = isinstance(attribute, (Column, Relationship))
    if is_mapped and obj.life is Life.PERSISTENT and obj.session is not None:
        touch(frame, obj.session)
    match attribute:
        case Column():
            frame.put(
                ref,
                replace(
                    obj,
                    attributes={**obj.attributes, name: Loaded(_written(frame, value))},
                    changed=obj.changed | {name},
                    shared=obj.shared - {name},
                    in_map={},
                ),
            )
            return True
        case Relationship():
            set_relationship(frame, ref, obj, attribute, value, site)
            return True
        case Synonym(targets=(target, *_)):
            return write(frame, ref, target, value, site)
        case None | Hybrid():
            from detachlint.interpret.calls.invoke import call
            from detachlint.interpret.objects.attribute import find_setter

            cls = frame.machine.program.classes.get(obj.entity)
            setter = find_setter(frame, cls, name) if cls is not None else None
            if setter is not None:
                call(frame, Function(setter, ref), Arguments((value,)), site)
            elif name:
                frame.put(ref, replace(obj, attributes={**obj.attributes, name: Loaded(value)}))
            return True
        case _:
            return True


def _validated(frame: Frame, ref: Ref, obj: EntityObject, name: str, value: Value, site: Site) -> Value:
    """What the program's ``@validates("name")`` makes of the value. Source: orm/mapped_attributes.html."""
    from detachlint.interpret.calls.invoke import call

    for method in _validators(frame.machine, obj.entity, name):
        result = call(frame, Function(method, ref), Arguments((Const(name), value)), site)
        value = result if isinstance(result, Ref) else value
    return value


def _validators(machine: Machine, entity: str, name: str) -> list[FunctionInfo]:
    known = machine.note(_Validators)
    if (entity, name) not in known:
        known[entity, name] = list(_find_validators(machine, entity, name))
    return known[entity, name]


def _find_validators(machine: Machine, entity: str, name: str) -> Iterator[FunctionInfo]:
    cls = machine.program.classes.get(entity)
    for base in machine.program.mro(cls) if cls is not None else ():
        for node in base.node.body if isinstance(base, ClassInfo) else ():
            if isinstance(node, ir.FunctionDef) and any(_validates(d, name) for d in node.decorators):
                assert isinstance(base, ClassInfo)
                yield machine.program.declare_function(base.module, node, base.qualname, base)


def _validates(decorator: ir.Expr, name: str) -> bool:
    match decorator:
        case ir.Call(func=ir.Name(id="validates") | ir.Attribute(attr="validates"), args=args):
            return any(isinstance(a.value, ir.Const) and a.value.value == name for a in args)
        case _:
            return False


def _written(frame: Frame, value: Value) -> Value:
    return value if not isinstance(value, (Sql, MappedAttribute)) else Sql()


def set_relationship(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, value: Value, site: Site
) -> None:
    """Set a relationship: an unloaded collection is loaded to be replaced, a scalar is not."""
    if attribute.uselist and obj.life not in NEW:
        state = state_of(frame, obj, attribute)
        if isinstance(state, Unloaded) or (isinstance(state, Perhaps) and state.reason in DOUBTS):
            saved, frame.write_target = frame.write_target, site.node
            read_attribute(frame, ref, obj, attribute, site)
            frame.write_target = saved
    current = frame.entity(ref)
    assert current is not None
    if current.attributes.get(attribute.name) == Loaded(value) and (attribute.uselist or not current.many):
        return  # the same object or collection again: nothing is told to the other side
    stored = value
    sequence = frame.sequence(value)
    if sequence is not None:
        stored = frame.new(replace(sequence, owner=(ref, attribute.name)))
    attributes = {**current.attributes, attribute.name: Loaded(stored)}
    frame.put(
        ref,
        replace(current, attributes=attributes, changed=current.changed | {attribute.name}, in_map={}),
    )
    changed(frame, ref.address, current)
    members = (
        [*sequence.items, *([sequence.rest] if sequence.rest is not None else [])]
        if sequence is not None
        else [value]
    )
    for member in members:
        attach(frame, ref, attribute, member)


def attach(frame: Frame, ref: Ref, attribute: Relationship, member: Value) -> None:
    """``member`` became related to ``ref``: the reverse side follows in memory, and it joins the session by
    cascade.
    """
    if isinstance(member, Union):
        for each in alternatives(member):
            attach(frame, ref, attribute, each)
        return
    other = frame.entity(member)
    owner = frame.entity(ref)
    if other is None or owner is None or not isinstance(member, Ref):
        return
    graph = frame.machine.graph
    reverse = (
        graph.entities[other.entity].attributes.get(attribute.reverse or "")
        if other.entity in graph.entities
        else None
    )
    if reverse is None and attribute.direction is Direction.ONE_TO_MANY and other.life not in NEW:
        # The flush writes the foreign key in the member's row.
        other = replace(other, changed=other.changed | {"*"})
        frame.put(member, other)
    if isinstance(reverse, Relationship):
        # The reverse side counts as changed, in memory too: a savepoint's rollback expires it.
        other = replace(other, changed=other.changed | {reverse.name})
        frame.put(member, other)
        if not reverse.uselist:
            attributes = {**other.attributes, reverse.name: Loaded(ref)}
            frame.put(member, replace(other, attributes=attributes, in_map={}))
            changed(frame, member.address, other)
        else:
            held = _held(frame, member, other, reverse)
            known = frame.sequence(held)
            if known is not None and isinstance(held, Ref):
                if known.rest is None:
                    frame.put(held, replace(known, items=(*known.items, ref)[:8], empty=False))
                elif owner.base is Base.FRESH:  # else it may be among them already
                    widen(frame, held, ref)
            elif other.life in NEW or _gains(frame, owner, other, reverse):
                made = frame.new(
                    Sequence(reverse.collection or "list", (ref,), None, False, (member, reverse.name))
                )
                frame.put(member, replace(other, attributes={**other.attributes, reverse.name: Loaded(made)}))
    if (
        owner.session is not None
        and owner.life in (Life.PERSISTENT, Life.PENDING)
        and "save-update" in attribute.cascade
    ):
        from detachlint.frameworks.sqlalchemy.sessions.cascades import add

        other = frame.entity(member)
        if other is not None and other.life is Life.TRANSIENT:
            add(frame, owner.session, member)


def _gains(frame: Frame, owner: EntityObject, other: EntityObject, attribute: Relationship) -> bool:
    """Whether the owner is all that is in a collection of which nothing is ever loaded. If it referred to the
    other one before, nothing is appended, unless that one was expired and the identity map did not know.
    """
    plan = other.plan if other.base is Base.QUERIED and other.expired is None else Plan()
    lazy = plans.strategy(frame.machine.graph, plan, other.entity, attribute).lazy
    return lazy is Lazy.NOLOAD and (owner.base is Base.FRESH or other.expired is not None)


def _held(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Value | None:
    """The collection, if it is in memory; one that was loaded and never read comes into being."""
    if obj.life in NEW or not isinstance(state_of(frame, obj, attribute), Loaded):
        held = obj.attributes.get(attribute.name)
        return held.value if isinstance(held, Loaded) else None
    return read_loaded(frame, ref, obj, attribute)
