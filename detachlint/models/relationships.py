"""Relationships: from what is written to target, direction, collection and loading."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.domain.models import Direction, Lazy, Relationship
from detachlint.models.annotations import Annotation
from detachlint.models.drafts import Draft, RelationshipDraft
from detachlint.models.join_expressions import JoinExpressions
from detachlint.models.join_guesses import guess_direction, guess_join
from detachlint.models.joins import (
    Equivalents,
    Join,
    Resolved,
    cascades_on_delete,
    direction,
    get_columns,
    join_by_constraints,
    mark_foreign,
    mark_remote,
)
from detachlint.models.mapped_classes import is_abstract_concrete
from detachlint.models.scope import Arguments, Value, dotted_name, last_name
from detachlint.models.tables import Table
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, Missing

_CASCADES = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
_CONTAINER_LAZY = {"WriteOnlyMapped": Lazy.WRITE_ONLY, "DynamicMapped": Lazy.DYNAMIC}
_COLLECTION_CLASSES = {
    "list": "list",
    "set": "set",
    "dict": "dict",
    "ordering_list": "list",
    "OrderingList": "list",
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolved relationship and the join that its backref turns round."""

    relationship: Relationship
    target: Draft | None
    join: Join | None
    secondary: Table | None


class RelationshipResolver:
    """Resolves relationships once all classes and tables are known."""

    def __init__(self, expressions: JoinExpressions, constraints: Resolved) -> None:
        self._names = expressions.names
        self._constraints = constraints
        self._expressions = expressions

    def resolve(self, draft: Draft, written: RelationshipDraft) -> Resolution:
        """A relationship as written in a class."""
        arguments = written.arguments
        argument = _target_value(written)
        target = self._names.resolve(argument, draft) if argument is not None else None
        secondary = self._secondary(draft, arguments)
        join = self._join(draft, target, written) if secondary is None else None
        return self._finish(draft, written, target, _target_name(argument), join, secondary)

    def backref(self, source: Draft, written: RelationshipDraft, made: Resolution) -> Resolution | None:
        """The relationship that ``backref=`` makes on the other side."""
        value = written.arguments.given("backref")
        if value is None or made.target is None:
            return None
        call = value.construct()
        arguments = call.arguments if call is not None else Arguments([], {})
        first = arguments.first() if call is not None else value
        name = first.text() if first is not None else None
        if name is None:
            return None
        handed_on = {k: v for k, v in written.arguments.keywords.items() if k == "viewonly"}
        keywords = {**handed_on, **arguments.keywords}
        other = RelationshipDraft(name, written.site, Arguments([], keywords), None, written.scope)
        join = made.join.reversed() if made.join is not None else None
        if "primaryjoin" in keywords:
            join = self._join(made.target, source, other)
        source_name = source.mapped.info.name
        return self._finish(
            made.target, other, source, source_name, join, made.secondary, mirrors=made.relationship
        )

    # -------------------------------------------------------------------- join

    def _secondary(self, draft: Draft, arguments: Arguments) -> Table | None:
        value = arguments.given("secondary")
        if value is None and len(arguments.positional) > 1:
            value = arguments.positional[1]
        if value is None:
            return None
        found = self._expressions.table(value, draft)
        return found or Table(value.text() or last_name(value.node), draft.registry)

    def _join(self, parent: Draft, child: Draft | None, written: RelationshipDraft) -> Join | None:
        if child is None:
            return None
        arguments = written.arguments
        foreign = self._expressions.columns(arguments.given("foreign_keys"), parent)
        remote = self._expressions.columns(arguments.given("remote_side"), parent)
        condition = arguments.given("primaryjoin")
        if condition is None:
            join = join_by_constraints(parent, child, self._constraints, foreign)
        else:
            join = self._expressions.join(condition, parent)
        if join is None and condition is None:
            keys = self._expressions.primary_key(parent), self._expressions.primary_key(child)
            return guess_join(parent, child, written, _reverse(arguments), keys, self._constraints)
        if join is None:
            return None
        join = mark_foreign(join, self._constraints, foreign)
        return mark_remote(join, parent, child, remote)

    # ------------------------------------------------------------------ result

    def _finish(
        self,
        draft: Draft,
        written: RelationshipDraft,
        target: Draft | None,
        target_name: str,
        join: Join | None,
        secondary: Table | None,
        *,
        mirrors: Relationship | None = None,
    ) -> Resolution:
        arguments, annotation = written.arguments, written.annotation
        if secondary is not None:
            towards = Direction.MANY_TO_MANY
        else:
            found = direction(join, draft, target) if join is not None and target is not None else None
            if found is None and mirrors is not None:
                found = _opposite(mirrors.direction)
            if found is None:
                foreign = self._expressions.columns(arguments.given("foreign_keys"), draft)
                found = guess_direction(draft, target, written, foreign, self._constraints)
            towards = found
        lazy = _lazy(arguments, annotation)
        uselist = _uselist(arguments, annotation, lazy, towards)
        get_from: tuple[str, ...] = ()
        refers_by: tuple[str, ...] = ()
        if join is not None and target is not None and not uselist and not self._is_aliased(written):
            same = Equivalents(target, self._constraints)
            key = self._expressions.primary_key(target)
            get_from = get_columns(join, draft, key, same)
            refers_by = get_from or get_columns(join.equalities, draft, key, same)
        viewonly = arguments.flag("viewonly")
        relationship = Relationship(
            name=written.name,
            site=written.site,
            owner=draft.qualname,
            target=target.qualname if target is not None else None,
            target_name=target_name,
            direction=towards,
            uselist=uselist,
            lazy=lazy,
            reverse=mirrors.name if mirrors is not None else _reverse(arguments),
            secondary=secondary.name if secondary is not None else None,
            get_from=get_from,
            refers_by=refers_by,
            collection=_collection(arguments, annotation) if uselist else "",
            cascade=_cascade(arguments, viewonly),
            passive_deletes=_passive_deletes(arguments),
            database_deletes=join is not None and cascades_on_delete(join),
            viewonly=viewonly,
            join_depth=_integer(arguments.keywords.get("join_depth")),
            active_history=arguments.flag("active_history"),
            synthetic=mirrors is not None,
            in_repr=arguments.flag("repr", default=True),
            in_compare=arguments.flag("compare", default=True),
            has_default="default" in arguments.keywords or "default_factory" in arguments.keywords,
            # Flask-SQLAlchemy's function gives a plain ``RelationshipProperty``.
            is_typed=annotation is not None or (written.root == "sqlalchemy" and mirrors is None),
        )
        return Resolution(relationship, target, join, secondary)

    def _is_aliased(self, written: RelationshipDraft) -> bool:
        first = written.arguments.first()
        return first is not None and isinstance(first.deferred().node, ir.Call)


def _target_value(written: RelationshipDraft) -> Value | None:
    """The argument wins over the annotation."""
    explicit = written.arguments.first() or written.arguments.given("argument")
    if explicit is not None:
        return explicit
    return written.annotation.type if written.annotation is not None else None


def says_its_target(written: RelationshipDraft) -> bool:
    """Whether the text says which class is meant: a name for the registry, or one that the program binds.
    What a function computes (``type(...)`` in a ``declared_attr``) and what an abstract concrete base stands
    for is mapped when the program runs.
    """
    argument = _target_value(written)
    if argument is None:
        return False
    settled = argument.settle()
    node = settled.node.body if isinstance(settled.node, ir.Lambda) else settled.node
    if not isinstance(node, (ir.Name, ir.Attribute)):
        return True
    symbol = settled.scope.symbol(node)
    if isinstance(symbol, ClassInfo):
        return not is_abstract_concrete(settled.scope.program, symbol)
    is_annotation = written.annotation is not None and argument is written.annotation.type
    return is_annotation or not isinstance(symbol, (Missing, Assigned))


def _target_name(argument: Value | None) -> str:
    if argument is None:
        return ""
    settled = argument.settle()
    if isinstance(settled.node, ir.Const):
        return str(settled.node.value)
    node = settled.node.body if isinstance(settled.node, ir.Lambda) else settled.node
    return dotted_name(node)


def _lazy(arguments: Arguments, annotation: Annotation | None) -> Lazy:
    if annotation is not None and annotation.container in _CONTAINER_LAZY:
        return _CONTAINER_LAZY[annotation.container]
    if "lazy" not in arguments.keywords:
        return Lazy.SELECT
    value = arguments.keywords["lazy"].settle()
    if not isinstance(value.node, ir.Const):
        return Lazy.SELECT
    constant = value.node.value
    match constant:
        case True:
            return Lazy.SELECT
        case False:
            return Lazy.JOINED
        case None:
            return Lazy.NOLOAD
        case str() if constant in {lazy.value for lazy in Lazy}:
            return Lazy(constant)
        case _:
            return Lazy.SELECT


def _uselist(arguments: Arguments, annotation: Annotation | None, lazy: Lazy, towards: Direction) -> bool:
    """A scalar in ``Mapped`` settles it; then the argument; then the direction."""
    unbounded = lazy in (Lazy.WRITE_ONLY, Lazy.DYNAMIC)
    if annotation is not None and annotation.container and not annotation.collection:
        in_container = annotation.container in _CONTAINER_LAZY
        if not in_container and "collection_class" not in arguments.keywords:
            return False
    default = towards is not Direction.MANY_TO_ONE or unbounded
    return arguments.flag("uselist", default=default)


def _collection(arguments: Arguments, annotation: Annotation | None) -> str:
    value = arguments.given("collection_class")
    if value is not None:
        made = value.construct()
        name = made.name if made is not None else last_name(value.settle().node)
        if name in _COLLECTION_CLASSES:
            return _COLLECTION_CLASSES[name]
        lowered = name.lower()
        if "dict" in lowered or "mapped_collection" in lowered or "map" in lowered:
            return "dict"
        return "set" if "set" in lowered else "list"
    return annotation.collection if annotation is not None and annotation.collection else "list"


def _cascade(arguments: Arguments, viewonly: bool) -> frozenset[str]:
    value = arguments.given("cascade")
    if value is None:
        if arguments.flag("cascade_delete"):
            return _CASCADES | {"delete-orphan"}
        return frozenset({"merge"}) if viewonly else frozenset({"save-update", "merge"})
    names = {part.strip() for part in (value.text() or "").split(",")} - {""}
    if "all" in names:
        names = (names - {"all"}) | _CASCADES
    if "none" in names:
        names = set()
    return frozenset(names)


def _passive_deletes(arguments: Arguments) -> bool:
    value = arguments.given("passive_deletes")
    return value is not None and bool(value.constant())


def _reverse(arguments: Arguments) -> str | None:
    """``back_populates`` as a string, a lambda or an attribute; the name of ``backref``."""
    value = arguments.given("back_populates")
    if value is not None:
        settled = value.settle()
        if isinstance(settled.node, ir.Lambda):
            settled = Value(settled.node.body, settled.scope)
        return settled.text() or last_name(settled.node) or None
    value = arguments.given("backref")
    if value is None:
        return None
    made = value.construct()
    if made is not None:
        first = made.arguments.first()
        return first.text() if first is not None else None
    return value.text()


def _integer(value: Value | None) -> int | None:
    constant = value.constant() if value is not None else None
    return constant if isinstance(constant, int) else None


def _opposite(towards: Direction) -> Direction:
    match towards:
        case Direction.MANY_TO_ONE:
            return Direction.ONE_TO_MANY
        case Direction.ONE_TO_MANY:
            return Direction.MANY_TO_ONE
        case Direction.MANY_TO_MANY:
            return Direction.MANY_TO_MANY
