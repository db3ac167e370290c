"""Attributes of mapped instances: what is loaded, what a read does, what a write does."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.facts import Cause, Failure, Read, Step
from detachlint.domain.models import (
    AssociationProxy,
    Column,
    Entity,
    Hybrid,
    Lazy,
    Relationship,
    ServerValue,
    Synonym,
)
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import plans
from detachlint.frameworks.sqlalchemy.usage import Usage
from detachlint.interpret.canonical import KEPT, reachable
from detachlint.interpret.exceptions import lazy_load_error
from detachlint.interpret.frame import Frame, RaisedError, shorten
from detachlint.interpret.heap import (
    AttributeState,
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    Sequence,
    SessionObject,
    Unloaded,
)
from detachlint.interpret.values import (
    NONE,
    Const,
    Hop,
    Item,
    MappedAttribute,
    Ref,
    Statement,
    Union,
    Unknown,
    Value,
)

MAY_BE_SAME = "the session may hold the object already, with it loaded"
# Among the identity map's answers: the object through which this one was reached.
VIA = "<via>"
_NEW = (Life.TRANSIENT, Life.PENDING)


def mapped(frame: Frame, ref: Value) -> tuple[EntityObject, Entity] | None:
    """The heap object and the mapping of an instance."""
    obj = frame.entity(ref)
    if obj is None:
        return None
    entity = frame.machine.graph.entities.get(obj.entity)
    return None if entity is None else (obj, entity)


def state_of(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    """Whether the attribute is in memory; values of loaded attributes come into being when they are read."""
    known = obj.attributes.get(attribute.name)
    if known is not None:
        return known
    if obj.expired is not None and obj.life not in _NEW:
        return Unloaded(obj.expired)
    match obj.base:
        case Base.UNKNOWN:
            return Perhaps("object whose query is not in the analysed code")
        case Base.FRESH | Base.STORED:
            return _fresh_state(obj, attribute)
        case Base.QUERIED:
            return _queried_state(frame, obj, attribute)


def _fresh_state(obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    if obj.life in _NEW:
        return Loaded(Unknown("attribute that was not set"))
    if isinstance(attribute, Column):
        if attribute.expression or attribute.deferred:
            return Unloaded(Cause.NEW_OBJECT)
        return Loaded(Unknown("column"))
    return Unloaded(Cause.NEW_OBJECT)


def _queried_state(frame: Frame, obj: EntityObject, attribute: Column | Relationship) -> AttributeState:
    graph = frame.machine.graph
    if plans.on_subclass(graph, obj.plan, obj.entity, attribute.name):
        return Unloaded(Cause.NOT_LOADED)
    if isinstance(attribute, Column):
        cause = plans.column_state(graph, obj.plan, obj.entity, attribute)
        by_mapping = plans.column_state(graph, Plan(), obj.entity, attribute)
        if cause is not None and obj.entity in obj.plan.repeated and by_mapping is None:
            # The other place that the query reaches it from may load the column, unless the mapping itself
            # defers it.
            return Perhaps(MAY_BE_SAME)
        return Loaded(Unknown("column")) if cause is None else Unloaded(cause)
    loaded = plans.is_loaded(graph, obj.plan, obj.entity, attribute)
    if loaded:
        return Loaded(Unknown("relationship"))
    if loaded is None:
        return Perhaps("loader options that are not known")
    if obj.entity in obj.plan.repeated and any(
        name == attribute.name and graph.is_a(obj.entity, entity) for entity, name in obj.plan.loads
    ):
        return Perhaps(MAY_BE_SAME)
    if obj.plan.reached_by == plans.OPTION:
        return Unloaded(Cause.CHAIN_STOPS)
    return Unloaded(Cause.NOT_LOADED)


# ------------------------------------------------------------------------ reads


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
        below = _subclass_with(frame, obj.entity, name)
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


def _subclass_with(frame: Frame, entity: str, name: str) -> str | None:
    """The first mapped subclass that has the attribute, if the class itself has nothing of that name."""
    program = frame.machine.program
    cls = program.classes.get(entity)
    if cls is not None:
        from detachlint.resolve.symbols import ClassInfo

        if any(isinstance(b, ClassInfo) and name in program.members(b) for b in program.mro(cls)):
            return None
    graph = frame.machine.graph
    return next((q for q in graph.descendants(entity) if name in graph.entities[q].attributes), None)


def _read_proxy(frame: Frame, ref: Ref, target: str, value: str, site: Site) -> Value:
    from detachlint.interpret.attribute import get_attribute
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
    items = tuple(get_attribute(frame, i, value, node) for i in sequence.items)
    rest = get_attribute(frame, sequence.rest, value, node) if sequence.rest is not None else None
    return frame.new(Sequence(sequence.kind, items, rest, sequence.empty))


def read_attribute(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site
) -> Value:
    if isinstance(attribute, Relationship):
        Usage.of(frame.machine).read(attribute, site)
    state = state_of(frame, obj, attribute)
    match state:
        case Loaded(value):
            if attribute.name in obj.attributes and not _is_placeholder(value):
                return value
            if value == KEPT:
                obj = replace(obj, base=Base.UNKNOWN)
            made = _materialise(frame, ref, obj, attribute)
            if not isinstance(attribute, Column) or _is_key(attribute) or obj.base is not Base.QUERIED:
                _store(frame, ref, attribute.name, made)
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


def _store(frame: Frame, ref: Ref, name: str, value: Value) -> None:
    obj = frame.entity(ref)
    if obj is not None:
        frame.put(ref, replace(obj, attributes={**obj.attributes, name: Loaded(value)}))


def _materialise(frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship) -> Value:
    """The value of an attribute that is in memory."""
    if isinstance(attribute, Column):
        if (
            attribute.primary_key
            and obj.identity is not None
            and len(frame.machine.graph.entities[obj.entity].primary_key) == 1
        ):
            return obj.identity
        if obj.life in _NEW and attribute.name not in obj.attributes:
            return NONE if attribute.default is ServerValue.NONE else frame.unknown("column")
        return frame.unknown("column")
    if obj.life in _NEW:
        return (
            frame.new(Sequence(attribute.collection or "list", (), None, True, (ref, attribute.name)))
            if attribute.uselist
            else NONE
        )
    return related(frame, ref, obj, attribute)


def related(frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship) -> Value:
    """What a loaded relationship holds."""
    graph = frame.machine.graph
    if attribute.target is None or attribute.target not in graph.entities:
        return frame.unknown("relationship whose target is not known")
    frame.machine.spent += 1
    plan = plans.child_plan(graph, obj.plan if obj.base is Base.QUERIED else Plan(), obj.entity, attribute)
    session = frame.session(obj.session)
    base = Base.UNKNOWN if obj.base is Base.UNKNOWN else Base.QUERIED
    reverse = plans.inverse(graph, obj.entity, attribute)
    known = obj.in_map.get(attribute.name)
    if (
        known is not None
        and isinstance(known, Ref)
        and not attribute.uselist
        and frame.entity(known) is not None
    ):
        _fill_from(frame, known, plan)
        return known
    in_map: dict[str, Value] = {VIA: ref} if reverse is not None and base is Base.QUERIED else {}
    if (
        reverse is not None
        and base is Base.QUERIED
        and (reverse.get_from or not (reverse.uselist or attribute.uselist))
    ):
        in_map[reverse.name] = ref
    child = EntityObject(
        attribute.target,
        base,
        obj.life if obj.life is not Life.DELETED else Life.PERSISTENT,
        obj.session if session is not None or obj.life is not Life.DETACHED else None,
        plan,
        many=obj.many or attribute.uselist,
        outlives=obj.outlives,
        in_map=in_map,
        history=obj.history,
    )
    identity = None
    if attribute.get_from and len(attribute.get_from) == 1:
        key = obj.attributes.get(attribute.get_from[0])
        if isinstance(key, Loaded) and _is_identity(key.value):
            identity = key.value
    child = _going_back(frame, obj, attribute, replace(child, identity=identity))
    made = frame.new(child)
    if attribute.uselist:
        if attribute.collection == "dict":
            from detachlint.interpret.heap import Dictionary

            return frame.new(Dictionary((), (Unknown("key"), made)))
        return frame.new(Sequence(attribute.collection or "list", (), made, None, (ref, attribute.name)))
    return made


def _going_back(
    frame: Frame, obj: EntityObject, attribute: Relationship, child: EntityObject
) -> EntityObject:
    """``tag.posts`` after ``post.tags``: one of them is the post that we came from, and lacks what that one
    lacks.
    """
    before = obj.in_map.get(VIA)
    origin = frame.entity(before)
    if (
        origin is None
        or not attribute.uselist
        or origin.entity != child.entity
        or child.base is not Base.QUERIED
    ):
        return child
    attributes = dict(child.attributes)
    for each in frame.machine.graph.entities[child.entity].attributes.values():
        if not isinstance(each, (Relationship, Column)):
            continue
        mine, known = state_of(frame, child, each), state_of(frame, origin, each)
        changed = origin.expired is not None or each.name in origin.attributes
        if isinstance(known, Unloaded) and isinstance(mine, Loaded) and changed:
            attributes[each.name] = known
    return replace(child, attributes=attributes)


def pick_one(frame: Frame, ref: Ref) -> Ref:
    """One of many, by position: it may be an object that the program holds already, with more of it
    loaded.
    """
    obj = frame.entity(ref)
    if obj is None or not obj.many or obj.base is not Base.QUERIED:
        return ref
    graph = frame.machine.graph
    attributes = dict(obj.attributes)
    for address, other in frame.entities():
        if address == ref.address or other.many or other.life is not obj.life or other.session != obj.session:
            continue
        if not (graph.is_a(other.entity, obj.entity) or graph.is_a(obj.entity, other.entity)):
            continue
        for each in graph.entities[obj.entity].attributes.values():
            if (
                isinstance(each, (Relationship, Column))
                and isinstance(state_of(frame, obj, each), Unloaded)
                and not isinstance(state_of(frame, other, each), Unloaded)
            ):
                attributes[each.name] = Perhaps(MAY_BE_SAME)
    return frame.new(replace(obj, many=False, attributes=attributes))


def _fill_from(frame: Frame, ref: Ref, plan: Plan) -> None:
    """The query comes back to an object that it has loaded already, by another way: what that way loads is
    filled in.
    """
    from detachlint.frameworks.sqlalchemy.queries import fill

    obj = frame.entity(ref)
    if obj is not None and obj.expired is None and obj.life is not Life.DETACHED:
        fill(frame, ref, plan, None, derived_only=True)


def _is_identity(value: Value) -> bool:
    return (isinstance(value, Const) and value.value is not None) or (
        isinstance(value, Unknown) and value.symbol != 0
    )


def _read_perhaps(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, reason: str
) -> Value:
    if isinstance(attribute, Relationship) or reason == MAY_BE_SAME:
        frame.machine.unknown[reason] += 1
        session = frame.session(obj.session)
        frame.emit(
            Read(
                frame.reading.site or site,
                obj.entity,
                attribute.name,
                _uncertain_failure(frame, obj, attribute, session),
                Cause.IDENTITY_MAP if reason == MAY_BE_SAME else Cause.NOT_LOADED,
                certain=False,
                is_column=isinstance(attribute, Column),
                is_collection=isinstance(attribute, Relationship) and attribute.uselist,
                reason=reason,
                method=reading_method(frame),
            ),
            obj.history,
        )
    made = _materialise(frame, ref, replace(obj, life=Life.UNKNOWN) if obj.life in _NEW else obj, attribute)
    _store(frame, ref, attribute.name, made)
    return made


def _uncertain_failure(
    frame: Frame, obj: EntityObject, attribute: Column | Relationship, session: SessionObject | None
) -> Failure:
    """What a read does if the attribute turns out to be unloaded."""
    if isinstance(attribute, Relationship):
        lazy = plans.strategy(frame.machine.graph, obj.plan, obj.entity, attribute).lazy
        if lazy in (Lazy.RAISE, Lazy.RAISE_ON_SQL):
            return Failure.INVALID_REQUEST
    if session is None:
        return Failure.DETACHED
    return Failure.MISSING_GREENLET if session.is_async else Failure.LAZY_QUERY


def _read_unloaded(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, cause: Cause
) -> Value:
    if obj.life in _NEW:
        made = _materialise(frame, ref, obj, attribute)
        _store(frame, ref, attribute.name, made)
        return made
    lazy = Lazy.SELECT
    if isinstance(attribute, Relationship):
        plan = obj.plan if obj.base is Base.QUERIED else Plan()
        lazy = plans.strategy(frame.machine.graph, plan, obj.entity, attribute).lazy
        if obj.expired is not None:
            lazy = attribute.lazy  # what an option had put on the instance went when it was expired
        if (
            lazy.is_eager
        ):  # an eager option says how the query loads; a read finds the strategy of the mapping
            lazy = attribute.lazy if not attribute.lazy.is_eager else Lazy.SELECT
        special = _special_strategy(frame, ref, obj, attribute, lazy, site)
        if special is not None:
            return special
    elif cause is Cause.RAISE:
        return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, cause)
    session = frame.session(obj.session)
    hit: Value | None = None
    if isinstance(attribute, Relationship):
        attached = session is not None and obj.life is not Life.DETACHED
        raises = lazy is Lazy.RAISE_ON_SQL
        hit = identity_map_answer(frame, ref, obj, attribute, attached=attached, raises=raises)
        if hit is not None and not isinstance(hit, Unknown):
            _note_hit(frame, obj, attribute, hit, site)
            _store(frame, ref, attribute.name, hit)
            return hit
    if obj.life is Life.UNKNOWN:
        return _read_perhaps(frame, ref, obj, attribute, site, "object whose session is not known")
    if session is None or obj.life is Life.DETACHED:
        return _fail(frame, ref, obj, attribute, site, Failure.DETACHED, cause)
    if isinstance(hit, Unknown):
        return _uncertain_hit(frame, ref, obj, attribute, site)
    if lazy is Lazy.RAISE_ON_SQL:
        return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, Cause.RAISE)
    if session.is_async:
        return _fail(frame, ref, obj, attribute, site, Failure.MISSING_GREENLET, cause)
    return _lazy_query(frame, ref, obj, attribute, site, cause)


def _note_hit(frame: Frame, obj: EntityObject, attribute: Relationship, hit: Value, site: Site) -> None:
    """The identity map has answered for something that no query of this object brought along."""
    if isinstance(hit, Ref) and hit != obj.in_map.get(attribute.name):
        _emit(frame, obj, attribute, site, Failure.WORKS, Cause.IDENTITY_MAP)


def _special_strategy(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, lazy: Lazy, site: Site
) -> Value | None:
    match lazy:
        case Lazy.RAISE:
            return _fail(frame, ref, obj, attribute, site, Failure.INVALID_REQUEST, Cause.RAISE)
        case Lazy.NOLOAD:
            _emit(frame, obj, attribute, site, Failure.SILENT, Cause.NOLOAD)
            made: Value = (
                frame.new(Sequence(attribute.collection or "list", (), None, True))
                if attribute.uselist
                else NONE
            )
            _store(frame, ref, attribute.name, made)
            return made
        case Lazy.DYNAMIC:
            return Statement(
                "dynamic",
                (Item(attribute.target or ""),),
                site,
                session=Ref(obj.session) if obj.session is not None else NONE,
                relation=MappedAttribute(obj.entity, attribute.name),
            )
        case Lazy.WRITE_ONLY:
            return frame.unknown("write-only collection", "sqlalchemy.orm.WriteOnlyCollection")
        case _:
            return None


def identity_map_answer(
    frame: Frame,
    ref: Ref,
    obj: EntityObject,
    attribute: Relationship,
    *,
    attached: bool,
    raises: bool = False,
) -> Value | None:
    """What the identity map gives for an unloaded many-to-one without SQL: a value, an Unknown for "perhaps",
    or None.

    Source: orm/queryguide/relationships.html, "The one case where SQL is not emitted".
    """
    if not attribute.get_from:
        return None
    from detachlint.frameworks.sqlalchemy.queries import keys_of

    keys = [_foreign_key(frame, obj, name) for name in attribute.get_from]
    if any(k is None for k in keys):
        return None
    if any(k == NONE for k in keys) and obj.life is not Life.DETACHED:
        return NONE
    if not attached:
        return None
    target = obj.in_map.get(attribute.name)
    if target is not None:
        held = frame.entity(target)
        alive = living(frame)
        if alive is not None and isinstance(target, Ref) and target.address not in alive:
            held = None
        if (
            held is not None
            and held.expired is None
            and held.session == obj.session
            and held.life is Life.PERSISTENT
        ):
            return target
    session = frame.session(obj.session)
    if session is not None and not session.is_async and not raises:
        return None  # SQL works here: nobody needs to know whether the identity map would have saved it
    graph = frame.machine.graph
    perhaps = False
    alive = living(frame)
    for address, other in frame.entities():
        if alive is not None and address not in alive:
            continue
        if other.session != obj.session or other.life is not Life.PERSISTENT or other.expired is not None:
            continue
        if other.base is Base.QUERIED and attribute.target in brought_along(frame, other) - {other.entity}:
            perhaps = True
        if attribute.target is None or not (
            graph.is_a(other.entity, attribute.target) or graph.is_a(attribute.target, other.entity)
        ):
            continue
        if other.every and graph.is_a(attribute.target, other.entity):
            return Ref(address)
        if (
            len(keys) == 1
            and other.identity is not None
            and other.identity == keys[0]
            and _is_identity(other.identity)
        ):
            return Ref(address)
        known = keys_of(other.identity)
        if not (other.plan.to_one and obj.many) and not (
            known and isinstance(keys[0], Const) and keys[0] not in known
        ):
            perhaps = True
    if (
        session is not None
        and attribute.target is not None
        and _known_elsewhere(session, attribute.target, keys)
    ):
        perhaps = True
    return Unknown("identity map") if perhaps else None


def living(frame: Frame) -> set[int] | None:
    """What the analysed program still refers to: the identity map is weak. None where that can't be told."""
    if frame.inputs is None or frame.namespace or frame.state.suspended is not None or frame.machine.inlined:
        return None
    roots: list[Value] = [*frame.state.env.values(), *(Ref(a) for a in range(frame.inputs))]
    heap = {
        a: replace(o, in_map={}) if isinstance(o, EntityObject) and o.in_map else o
        for a, o in frame.state.heap.items()
    }
    return reachable(roots, heap)


def brought_along(frame: Frame, obj: EntityObject) -> set[str]:
    """Entities that the query of an object has brought into the session in numbers."""
    cache = frame.machine.brought_along
    key = (obj.plan, obj.entity)
    known = cache.get(key)
    if known is None:
        known = cache[key] = plans.eager_targets(frame.machine.graph, obj.plan, obj.entity)
    return known


def _known_elsewhere(session: SessionObject, target: str, keys: list[Value | None]) -> bool:
    """Whether a caller's object in the session may be the target."""
    if target in session.classes:
        return True
    if len(keys) == 1 and isinstance(keys[0], Const):
        return f"{target}#{keys[0]}" in session.classes
    return any(c.startswith(f"{target}#") and "." not in c.partition("#")[2] for c in session.classes)


def _foreign_key(frame: Frame, obj: EntityObject, name: str) -> Value | None:
    """The value of a foreign key attribute, or None when it isn't in memory."""
    entity = frame.machine.graph.entities[obj.entity]
    column = entity.attributes.get(name)
    if not isinstance(column, Column):
        return Unknown("foreign key")
    state = state_of(frame, obj, column)
    if isinstance(state, Loaded):
        if (
            obj.base in (Base.FRESH, Base.STORED)
            and name not in obj.attributes
            and column.default is ServerValue.NONE
        ):
            return NONE
        return state.value
    return None


def _uncertain_hit(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site
) -> Value:
    _emit(frame, obj, attribute, site, Failure.MISSING_GREENLET, Cause.IDENTITY_MAP, certain=False)
    made = _materialise(frame, ref, obj, attribute)
    _store(frame, ref, attribute.name, made)
    return made


def _lazy_query(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Column | Relationship, site: Site, cause: Cause
) -> Value:
    _emit(frame, obj, attribute, site, Failure.LAZY_QUERY, cause)
    return load_now(frame, ref, attribute)


def load_now(frame: Frame, ref: Ref, attribute: Column | Relationship) -> Value:
    """SQL is emitted for the attribute and works; an expired instance gets all its columns back."""
    obj = frame.entity(ref)
    assert obj is not None
    if obj.expired is not None:
        obj = restore_columns(frame, obj)
        frame.put(ref, obj)
    if isinstance(attribute, Column):
        made = _materialise(frame, ref, obj, attribute)
    else:
        plan = replace(
            obj.plan, directives=tuple(d for d in obj.plan.directives if d.path[0] != plans.EVERYWHERE)
        )
        base = Base.UNKNOWN if obj.base is Base.UNKNOWN else Base.QUERIED
        made = related(frame, ref, replace(obj, base=base, plan=plan), attribute)
    _store(frame, ref, attribute.name, made)
    return made


def restore_columns(frame: Frame, obj: EntityObject) -> EntityObject:
    """The row of an expired instance was read again: columns are back, relationships are not."""
    cause = obj.expired or Cause.EXPIRED
    attributes = dict(obj.attributes)
    graph = frame.machine.graph
    plan = plans.anew(obj.plan, obj.entity)
    for attribute in graph.entities[obj.entity].relationships:
        # The options of its query stay with an object: what they load comes back with the columns.
        if obj.base is not Base.QUERIED or not plans.is_loaded(graph, plan, obj.entity, attribute):
            attributes.setdefault(attribute.name, Unloaded(cause))
    return replace(obj, expired=None, attributes=attributes, plan=plan)


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
    _emit(frame, obj, attribute, site, failure, cause)
    # One fault, one report: from here on it counts as loaded.
    return load_now(frame, ref, attribute)


def _emit(
    frame: Frame,
    obj: EntityObject,
    attribute: Column | Relationship,
    site: Site,
    failure: Failure,
    cause: Cause,
    *,
    certain: bool = True,
) -> None:
    reading = frame.reading
    history = obj.history
    if reading.site is not None and reading.site != site:
        history = shorten((*history, Step(site, f"`{attribute.name}` is read here")))
    frame.emit(
        Read(
            reading.site or site,
            obj.entity,
            attribute.name,
            failure,
            cause,
            place=reading.place,
            certain=certain,
            is_column=isinstance(attribute, Column),
            is_collection=isinstance(attribute, Relationship) and attribute.uselist,
            writes=frame.write_target == site.node,
            many=obj.many,
            method=reading_method(frame),
            outlives=obj.outlives,
            field=reading.field,
        ),
        history,
    )


def reading_method(frame: Frame) -> str:
    """The model method that the read stands in, or ""."""
    function = frame.function
    if function is None or function.owner is None:
        return ""
    return function.name if function.owner.qualname in frame.machine.graph.entities else ""


# ----------------------------------------------------------------------- writes


def write(frame: Frame, ref: Ref, name: str, value: Value, site: Site) -> bool:
    """``instance.name = value``; False when the attribute isn't mapped."""
    found = mapped(frame, ref)
    if found is None:
        return False
    obj, entity = found
    attribute = entity.attributes.get(name)
    match attribute:
        case Column():
            frame.put(
                ref,
                replace(
                    obj,
                    attributes={**obj.attributes, name: Loaded(_written(frame, value))},
                    changed=obj.changed | {name},
                ),
            )
            return True
        case Relationship():
            set_relationship(frame, ref, obj, attribute, value, site)
            return True
        case Synonym(targets=(target, *_)):
            return write(frame, ref, target, value, site)
        case None | Hybrid():
            from detachlint.interpret.attribute import find_setter
            from detachlint.interpret.frame import Arguments
            from detachlint.interpret.invoke import call
            from detachlint.interpret.values import Function

            cls = frame.machine.program.classes.get(obj.entity)
            setter = find_setter(frame, cls, name) if cls is not None else None
            if setter is not None:
                call(frame, Function(setter, ref), Arguments((value,)), site)
            elif name:
                frame.put(ref, replace(obj, attributes={**obj.attributes, name: Loaded(value)}))
            return True
        case _:
            return True


def _written(frame: Frame, value: Value) -> Value:
    from detachlint.interpret.values import MappedAttribute, Sql

    return value if not isinstance(value, (Sql, MappedAttribute)) else Sql()


def set_relationship(
    frame: Frame, ref: Ref, obj: EntityObject, attribute: Relationship, value: Value, site: Site
) -> None:
    """Set a relationship: an unloaded collection is loaded to be replaced, a scalar is not."""
    if attribute.uselist and obj.life not in _NEW:
        state = state_of(frame, obj, attribute)
        if isinstance(state, Unloaded):
            saved, frame.write_target = frame.write_target, site.node
            read_attribute(frame, ref, obj, attribute, site)
            frame.write_target = saved
    _blur_twins(frame, ref, attribute.name)
    current = frame.entity(ref)
    assert current is not None
    stored = value
    sequence = frame.sequence(value)
    if sequence is not None:
        stored = frame.new(replace(sequence, owner=(ref, attribute.name)))
    attributes = {**current.attributes, attribute.name: Loaded(stored)}
    frame.put(ref, replace(current, attributes=attributes, changed=current.changed | {attribute.name}))
    members = (
        [*sequence.items, *([sequence.rest] if sequence.rest is not None else [])]
        if sequence is not None
        else [value]
    )
    for member in members:
        attach(frame, ref, attribute, member)


def _blur_twins(frame: Frame, ref: Ref, name: str) -> None:
    """Another handle may be the same object: what is written here may be loaded there."""
    from detachlint.frameworks.sqlalchemy.queries import _may_be_same

    obj = frame.entity(ref)
    if obj is None or obj.life is not Life.PERSISTENT or obj.base is not Base.QUERIED:
        return
    for address, other in frame.entities():
        if address == ref.address or other.session != obj.session or other.base is not Base.QUERIED:
            continue
        attribute = frame.machine.graph.entities[other.entity].attributes.get(name)
        if (
            isinstance(attribute, Relationship)
            and _may_be_same(frame, other, obj)
            and not other.many
            and isinstance(state_of(frame, other, attribute), Unloaded)
        ):
            perhaps = {**other.attributes, name: Perhaps(MAY_BE_SAME)}
            frame.put(address, replace(other, attributes=perhaps))


def attach(frame: Frame, ref: Ref, attribute: Relationship, member: Value) -> None:
    """``member`` became related to ``ref``: the reverse side follows in memory, and it joins the session by
    cascade.
    """
    if isinstance(member, Union):
        for each in sorted(member.options, key=repr):
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
    if isinstance(reverse, Relationship):
        _blur_twins(frame, member, reverse.name)
        other = frame.entity(member) or other
        if not reverse.uselist:
            other = replace(other, attributes={**other.attributes, reverse.name: Loaded(ref)})
            frame.put(member, other)
        else:
            held = other.attributes.get(reverse.name)
            known = frame.sequence(held.value) if isinstance(held, Loaded) else None
            if known is not None and isinstance(held, Loaded) and isinstance(held.value, Ref):
                if known.rest is None or owner.base is Base.FRESH:  # else it may be among them already
                    frame.put(held.value, replace(known, items=(*known.items, ref)[:8], empty=False))
            elif other.life in _NEW:
                made = frame.new(
                    Sequence(reverse.collection or "list", (ref,), None, False, (member, reverse.name))
                )
                frame.put(member, replace(other, attributes={**other.attributes, reverse.name: Loaded(made)}))
    if (
        owner.session is not None
        and owner.life in (Life.PERSISTENT, Life.PENDING)
        and "save-update" in attribute.cascade
    ):
        from detachlint.frameworks.sqlalchemy.lifecycle import add

        other = frame.entity(member)
        if other is not None and other.life is Life.TRANSIENT:
            add(frame, owner.session, member)


def note(obj: EntityObject, site: Site, message: str) -> EntityObject:
    """Add a step to the object's history."""
    return replace(obj, history=shorten((*obj.history, Step(site, message))))
