"""What reading an attribute of a mapped instance does."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause, Failure, Read
from detachlint.domain.models import AssociationProxy, Column, Hybrid, Lazy, Relationship, Synonym
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.identity.changes import changed
from detachlint.frameworks.sqlalchemy.identity.doubts import doubt_all
from detachlint.frameworks.sqlalchemy.identity.identity_map import identity_map_answer, names_the_row
from detachlint.frameworks.sqlalchemy.identity.same_target import held_by_another
from detachlint.frameworks.sqlalchemy.identity.twins import few_have, twins
from detachlint.frameworks.sqlalchemy.instances import dynamic
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    DOUBTS,
    MAY_BE_SAME,
    MAY_RAISE,
    NEW,
    UNKNOWN_OPTIONS,
    mapped,
    state_of,
)
from detachlint.frameworks.sqlalchemy.instances.failures import emit_read, reading_method, uncertain_failure
from detachlint.frameworks.sqlalchemy.instances.related import (
    is_empty,
    load_related,
    materialise,
    store_loaded,
)
from detachlint.frameworks.sqlalchemy.instances.rereading import reread
from detachlint.frameworks.sqlalchemy.instances.strategies import key_states, lazy_in_force
from detachlint.frameworks.sqlalchemy.observers import demand
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.frameworks.sqlalchemy.sessions.flush import autoflush
from detachlint.frameworks.sqlalchemy.sessions.objects import targets, touch
from detachlint.frameworks.syntax import is_indexed
from detachlint.interpret.contexts.lean_heap import KEPT
from detachlint.interpret.frame import Frame, RaisedError
from detachlint.interpret.heap import (
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Sequence,
    Unloaded,
)
from detachlint.interpret.library.containers import first_of
from detachlint.interpret.statements.exceptions import lazy_load_error
from detachlint.interpret.statements.tries import UNFINISHED
from detachlint.interpret.values import NONE, Ref, Unknown, Value
from detachlint.resolve.symbols import ClassInfo


def read(frame: Frame, ref: Ref, name: str, site: Site) -> Value | None:
    """``instance.name``; None when it isn't a mapped attribute (a method, a property, anything of the
    class).
    """
    found = mapped(frame, ref)
    if found is None:
        return None
    obj, entity = found
    attribute = entity.attributes.get(name)
    if attribute is None and not obj.exact:
        below = _subclass_with(frame, obj, name)
        if below is not None:  # only an object of that subclass survives the read
            obj = replace(obj, entity=below)
            frame.put(ref, obj)
            attribute = frame.machine.graph.entities[below].attributes[name]
    match attribute:
        case Column() | Relationship():
            return read_attribute(frame, ref, obj, attribute, site)
        case Synonym(targets=(target, *_)):
            return read(frame, ref, target, site)
        case AssociationProxy(target=target, value=value):
            return _read_proxy(frame, ref, target, value, site)
        case Hybrid() | None:
            return None
        case _:
            return None


def _subclass_with(frame: Frame, obj: EntityObject, name: str) -> str | None:
    """The mapped subclass that has the attribute, if the class itself has nothing of that name. Of several,
    it is the one that the options name.
    """
    program = frame.machine.program
    cls = program.classes.get(obj.entity)
    if cls is not None and any(
        isinstance(b, ClassInfo) and name in program.members(b) for b in program.mro(cls)
    ):
        return None
    graph = frame.machine.graph
    having = [q for q in graph.descendants(obj.entity) if name in graph.entities[q].attributes]
    named = {*obj.plan.polymorphic, *(d.path[0].entity for d in obj.plan.directives if d.path)}
    return next((q for q in having if q in named), having[0] if having else None)


def _read_proxy(frame: Frame, ref: Ref, target: str, value: str, site: Site) -> Value:
    from detachlint.interpret.objects.attribute import get_attribute
    from detachlint.parse import ir

    held = read(frame, ref, target, site)
    if held is None:
        return frame.unknown("association proxy")
    node = ir.Opaque(site.node)
    sequence = frame.sequence(held)
    if sequence is None:
        if held == NONE or isinstance(held, Unknown):
            return held
        return get_attribute(frame, held, value, node)
    if isinstance(held, Ref) and sequence.rest is not None and is_indexed(frame.machine, site):
        one = get_attribute(frame, first_of(frame, held), value, node)  # the proxy asks no other one
        return frame.new(Sequence(sequence.kind, (), one, sequence.empty))
    items = tuple(get_attribute(frame, i, value, node) for i in sequence.items)
    rest = get_attribute(frame, sequence.rest, value, node) if sequence.rest is not None else None
    return frame.new(Sequence(sequence.kind, items, rest, sequence.empty))


def read_attribute(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site
) -> Value:
    """The value of a column or relationship that the program reads; what is wrong with that is noted."""
    if isinstance(attribute, Relationship):
        Usage.of(frame.machine).read(attribute, site)
    if obj.plan.way is not None:
        demand.read(frame, obj, attribute)
    state = state_of(frame, obj, attribute)
    match state:
        case Loaded(value):
            if attribute.name in obj.attributes and not _is_placeholder(value):
                return value
            if value == KEPT:
                obj = replace(obj, base=Base.UNKNOWN)
            made = materialise(frame, ref, obj, attribute)
            if made == NONE and obj.life in NEW and isinstance(attribute, Relationship):
                return made  # nothing is there, and nothing is kept
            if not isinstance(attribute, Column) or _is_key(attribute) or obj.base is not Base.QUERIED:
                store_loaded(frame, ref, attribute.name, made)
            if isinstance(attribute, Column) and names_the_row(frame, obj, attribute):
                frame.put(ref, replace(frame.entity(ref) or obj, identity=made))
            return made
        case Perhaps(reason):
            return _read_perhaps(frame, ref, obj, attribute, site, reason)
        case Unloaded(cause):
            return _read_unloaded(frame, ref, obj, attribute, site, cause)


def _is_key(column: Column) -> bool:
    """Whether the identity map asks for the value; other columns are as good as new at each read."""
    return column.primary_key or bool(column.foreign_keys)


def _is_placeholder(value: Value) -> bool:
    return isinstance(value, Unknown) and value.symbol == 0


def _read_perhaps(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, reason: str
) -> Value:
    session = frame.session(obj.session)
    lazily = session is not None and not session.is_async and obj.many and reason == MAY_BE_SAME
    if lazily and isinstance(attribute, Relationship) and few_have(frame, obj, ref.address, attribute):
        return _lazy_query(frame, ref, obj, attribute, site, Cause.NOT_LOADED)
    failure = uncertain_failure(frame, obj, attribute, session, reason)
    if isinstance(attribute, Relationship) or reason in DOUBTS:
        frame.machine.unknown[reason] += 1
        frame.emit(
            Read(
                frame.reading.site or site,
                obj.entity,
                attribute.name,
                failure,
                Cause.IDENTITY_MAP if reason in DOUBTS else Cause.NOT_LOADED,
                certain=False,
                is_column=isinstance(attribute, Column),
                is_collection=isinstance(attribute, Relationship) and attribute.uselist,
                reason=reason,
                method=reading_method(frame),
            ),
            obj.history,
        )
    if reason in DOUBTS and failure in frame.guards and frame.choose(2) == 1:
        raise RaisedError(lazy_load_error(failure.value))
    made = materialise(frame, ref, replace(obj, life=Life.UNKNOWN) if obj.life in NEW else obj, attribute)
    if reason in (*DOUBTS, UNFINISHED.reason, UNKNOWN_OPTIONS):
        doubt_all(frame, targets(frame, made))
    store_loaded(frame, ref, attribute.name, made)
    return made


def _read_unloaded(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, cause: Cause
) -> Value:
    if obj.life in NEW:
        made = materialise(frame, ref, obj, attribute)
        store_loaded(frame, ref, attribute.name, made)
        return made
    lazy = Lazy.SELECT
    if isinstance(attribute, Relationship):
        lazy = lazy_in_force(frame, obj, attribute)
        again = lazy is Lazy.SELECT and attribute.lazy is Lazy.RAISE_ON_SQL and obj.expired is not None
        if again and twins(frame, obj, ref.address):  # then the options of another query may hold
            return _read_perhaps(frame, ref, obj, attribute, site, MAY_RAISE)
        special = _special_strategy(frame, ref, obj, attribute, lazy, site)
        if special is not None:
            return special
        cause = Cause.NOT_LOADED if cause is Cause.RAISE else cause
    elif cause is Cause.RAISE:
        return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, cause)
    session = frame.session(obj.session)
    hit: Value | None = None
    if isinstance(attribute, Relationship):
        attached = session is not None and obj.life is not Life.DETACHED
        raises = lazy is Lazy.RAISE_ON_SQL
        beside = held_by_another(frame, ref, obj, attribute) if attached else None
        if beside is not None:
            store_loaded(frame, ref, attribute.name, beside)
            return beside
        hit = identity_map_answer(frame, ref, obj, attribute, attached=attached, raises=raises)
        if hit is not None and not isinstance(hit, Unknown):
            if session is not None and session.is_async:
                _note_hit(frame, obj, attribute, hit, site)
            store_loaded(frame, ref, attribute.name, hit)
            return hit
    if obj.life is Life.UNKNOWN:  # of a session that is known: it may be one that has left it
        reason = MAY_BE_SAME if session is not None else "object whose session is not known"
        return _read_perhaps(frame, ref, obj, attribute, site, reason)
    if session is None or obj.life is Life.DETACHED:
        return _fail(frame, ref, obj, attribute, site, Failure.DETACHED, cause)
    if isinstance(hit, Unknown):
        return _uncertain_hit(frame, ref, obj, attribute, site)
    if lazy is Lazy.RAISE_ON_SQL:
        keys = key_states(frame, obj, attribute) if session.is_async else []
        if any(isinstance(state, Perhaps) for state in keys):
            return _read_perhaps(frame, ref, obj, attribute, site, MAY_RAISE)
        # A foreign key that is not loaded is asked for first, and that is SQL already.
        if not any(isinstance(state, Unloaded) for state in keys):
            return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, Cause.RAISE)
    if session.block == "ended":
        return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, cause)
    if session.is_async:
        return _fail(frame, ref, obj, attribute, site, Failure.MISSING_GREENLET, cause)
    return _lazy_query(frame, ref, obj, attribute, site, cause)


def _note_hit(frame: Frame, obj: EntityObject, attribute: Relationship, hit: Value, site: Site) -> None:
    """The identity map has answered for something that no query of this object brought along."""
    if isinstance(hit, Ref) and hit != obj.in_map.get(attribute.name):
        emit_read(frame, obj, attribute, site, Failure.WORKS, Cause.IDENTITY_MAP)


def _special_strategy(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, lazy: Lazy, site: Site
) -> Value | None:
    match lazy:
        case Lazy.RAISE:
            return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, Cause.RAISE)
        case Lazy.NOLOAD:
            if not is_empty(frame, ref, obj, attribute):
                emit_read(frame, obj, attribute, site, Failure.SILENT, Cause.NOLOAD)
            made: Value = (
                frame.new(Sequence(attribute.collection or "list", (), None, True))
                if attribute.uselist
                else NONE
            )
            store_loaded(frame, ref, attribute.name, made)
            return made
        case Lazy.DYNAMIC:
            return dynamic.query_of(frame, ref, attribute, site)
        case Lazy.WRITE_ONLY:
            return frame.unknown("write-only collection", "sqlalchemy.orm.WriteOnlyCollection")
        case _:
            return None


def _uncertain_hit(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site
) -> Value:
    failure = uncertain_failure(frame, obj, attribute, frame.session(obj.session), "")
    emit_read(frame, obj, attribute, site, failure, Cause.IDENTITY_MAP, certain=False)
    if failure in frame.guards and frame.choose(2) == 1:
        raise RaisedError(lazy_load_error(failure.value))
    made = materialise(frame, ref, obj, attribute)
    doubt_all(frame, targets(frame, made))
    store_loaded(frame, ref, attribute.name, made)
    return made


def _lazy_query(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, cause: Cause
) -> Value:
    emit_read(frame, obj, attribute, site, Failure.LAZY_QUERY, cause)
    if obj.session is not None:
        touch(frame, obj.session)
    return load_now(frame, ref, attribute, site)


def load_now(
    frame: Frame, ref: Ref, attribute: Column | Relationship, site: Site, *, restore: bool = True
) -> Value:
    """SQL is emitted for the attribute and works.

    Args:
        restore: it is read, and an expired instance gets all its columns back; else it is refreshed.
    """
    before = frame.entity(ref)
    assert before is not None
    if before.session is not None:
        autoflush(frame, before.session, site)
        before = frame.entity(ref) or before
    value = _loaded(frame, ref, before, attribute, restore=restore)
    changed(frame, ref.address, before)
    return value


def _loaded(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, *, restore: bool = True
) -> Value:
    if obj.expired is not None and restore:
        obj = reread(frame, ref.address, obj)
    if isinstance(attribute, Column):
        made = materialise(frame, ref, obj, attribute)
    else:
        made = load_related(frame, ref, obj, attribute, restore=restore)
    store_loaded(frame, ref, attribute.name, made)
    return made


def _fail(
    frame: Frame,
    ref: Ref,
    obj: EntityObject,
    attribute: Column | Relationship,
    site: Site,
    failure: Failure,
    cause: Cause,
) -> Value:
    if failure in frame.guards:
        raise RaisedError(lazy_load_error(failure.value))
    emit_read(frame, obj, attribute, site, failure, cause)
    # One fault, one report: from here on it counts as loaded.
    current = frame.entity(ref)
    assert current is not None
    return _loaded(frame, ref, current, attribute)
