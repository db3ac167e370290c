"""The relationship graph of a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detachlint.domain.models import Attribute, Entity, ModelGraph, Relationship
from detachlint.domain.source import Problem, Site
from detachlint.models.class_names import ClassNames
from detachlint.models.dataclass_mapping import dataclass_mapping
from detachlint.models.declare import Declarations
from detachlint.models.drafts import Draft
from detachlint.models.foreign_keys import resolve_foreign_keys
from detachlint.models.join_expressions import JoinExpressions
from detachlint.models.late import add_late_attributes, imperative_classes
from detachlint.models.mapped_classes import MappedClasses
from detachlint.models.relationships import RelationshipResolver, says_its_target
from detachlint.models.roots import Style
from detachlint.models.table_facts import TableFacts
from detachlint.models.tables import Tables
from detachlint.resolve.program import Program


def build(program: Program) -> ModelGraph:
    """Find the mapped classes of a program and resolve what they say about each other."""
    tables = Tables()
    tables.add_variables(program)
    declarations = Declarations(program, tables)
    for mapped in MappedClasses(program).all():
        declarations.read(mapped)
    imperative_classes(program, declarations, tables)
    add_late_attributes(program, declarations)
    drafts = declarations.drafts
    names = ClassNames(drafts.values())
    expressions = JoinExpressions(names, tables)
    constraints = resolve_foreign_keys(drafts.values(), tables, expressions)
    problems = _resolve_relationships(drafts.values(), RelationshipResolver(expressions, constraints))
    columns = TableFacts(expressions, constraints)
    entities: dict[str, Entity] = {}
    for draft in drafts.values():
        entities[draft.qualname] = _entity(program, draft, entities, columns)
    ordered = sorted(problems, key=lambda p: (p[0], p[1]))
    return ModelGraph(
        {name: entities[name] for name in sorted(entities)},
        tuple(Problem(site.path, 1, message) for site, message in ordered),
        tuple(site for site, _ in ordered),
    )


def _resolve_relationships(drafts: Iterable[Draft], resolver: RelationshipResolver) -> list[tuple[Site, str]]:
    problems: list[tuple[Site, str]] = []
    backrefs: list[tuple[Draft, Relationship]] = []
    for draft in drafts:
        for written in draft.relationships.values():
            made = resolver.resolve(draft, written)
            draft.resolved[written.name] = made.relationship
            is_ours = draft.mapped.root.style is not Style.UNSEEN_BASE  # else others may be mapped beside it
            named = made.relationship.target_name
            if made.target is None and named and is_ours and says_its_target(written):
                where = f"'{draft.mapped.info.name}.{written.name}'"
                what = f"'{named}', which is not a mapped class of this program"
                problems.append((written.site, f"relationship {where} names {what}"))
            back = resolver.backref(draft, written, made)
            if back is not None and made.target is not None:
                backrefs.append((made.target, back.relationship))
    for target, relationship in backrefs:
        if not target.has(relationship.name):
            target.resolved[relationship.name] = relationship
            target.names[relationship.name] = None
    return problems


def _entity(program: Program, draft: Draft, done: Mapping[str, Entity], columns: TableFacts) -> Entity:
    info = draft.mapped.info
    parent = draft.parent
    generated = dataclass_mapping(program, draft.mapped)
    return Entity(
        qualname=draft.qualname,
        name=info.name,
        module=info.module.name,
        site=Site(info.module.path, info.node.n),
        table=draft.table.name if draft.table is not None else None,
        attributes=_attributes(draft, done, columns),
        parent=parent.qualname if parent is not None else None,
        inheritance=draft.inheritance,
        is_dataclass=generated.is_dataclass,
        dataclass_repr=generated.has_repr,
        dataclass_eq=generated.has_eq,
        eager_defaults=draft.mapper.eager_defaults,
        polymorphic_load=draft.mapper.polymorphic_load,
        with_polymorphic=draft.mapper.with_polymorphic,
        is_table_model=draft.mapped.root.style is Style.SQLMODEL,
    )


def _attributes(draft: Draft, done: Mapping[str, Entity], columns: TableFacts) -> dict[str, Attribute]:
    """Inherited ones first; a class's own take their place."""
    out: dict[str, Attribute] = {}
    if draft.parent is not None and draft.inherits_attributes:
        out.update(done[draft.parent.qualname].attributes)
    mapped = columns.of(draft)
    for name in draft.names:
        if name in mapped:
            out[name] = mapped[name]
        elif name in draft.resolved:
            out[name] = draft.resolved[name]
        elif name in draft.attributes:
            out[name] = draft.attributes[name]
    return out
