"""What one statement of a class's body declares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detachlint.domain.models import AssociationProxy, Attribute, Hybrid, Synonym
from detachlint.domain.source import Site
from detachlint.models.annotations import CONTAINERS, Annotation, read_annotation
from detachlint.models.columns import COLUMN_CALLS, PROPERTY_CALLS, ColumnDraft, read_column
from detachlint.models.drafts import RelationshipDraft
from detachlint.models.scope import Construct, Scope, Value, last_name, last_return
from detachlint.models.sqlmodel import read_field, relationship_arguments
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo

RELATIONSHIP_CALLS = frozenset({"relationship", "Relationship", "dynamic_loader", "relation"})
Declared = ColumnDraft | RelationshipDraft | Attribute


@dataclass(frozen=True, slots=True)
class Member:
    """A statement of a class's body, read for the mapped class ``owner``."""

    name: str
    holder: ClassInfo
    owner: ClassInfo
    scope: Scope
    statement: ir.Stmt
    is_sqlmodel: bool

    @property
    def site(self) -> Site:
        return Site(self.scope.module.path, self.statement.n)

    def declared(self) -> list[Declared]:
        """What it maps; a composite maps its columns too. Empty for everything that isn't mapped."""
        match self.statement:
            case ir.FunctionDef() as function:
                return self._function(function)
            case ir.Assign(value=value):
                return self._value(value, None)
            case ir.AnnAssign(annotation=node, value=value):
                annotation = read_annotation(self.scope, node)
                if annotation.is_class_variable:
                    return []
                if self.is_sqlmodel and annotation.container not in CONTAINERS:
                    return self._field(value, annotation)
                return self._value(value, annotation)
            case _:
                return []

    def _function(self, function: ir.FunctionDef) -> list[Declared]:
        kinds = {_decorator(self.scope, d) for d in function.decorators}
        if "hybrid_property" in kinds:
            return [Hybrid(self.name, self.site)]
        if "synonym_for" in kinds:
            decorator = next(d for d in function.decorators if _decorator(self.scope, d) == "synonym_for")
            made = self.scope.construct(decorator)
            first = made.arguments.first() if made is not None else None
            target = first.text() if first is not None else None
            return [Synonym(self.name, self.site, (target,))] if target else []
        if "declared_attr" in kinds:
            returned = last_return(function)
            if returned is None:
                return []
            inner = replace(self.scope, owner=self.owner)
            annotation = read_annotation(inner, function.returns) if function.returns is not None else None
            if annotation is not None and not annotation.container:
                annotation = None  # ``-> relationship`` says nothing
            return replace(self, scope=inner)._value(returned, annotation)
        return []

    def _value(self, value: ir.Expr | None, annotation: Annotation | None) -> list[Declared]:
        made = self.scope.construct(value) if value is not None else None
        if made is None:
            if annotation is not None and annotation.container in CONTAINERS and value is None:
                return [read_column(self.name, self.site, None, annotation)]
            return []
        return self._made(made, annotation)

    def _made(self, made: Construct, annotation: Annotation | None) -> list[Declared]:
        if made.name in COLUMN_CALLS or made.name in PROPERTY_CALLS:
            return [read_column(self.name, self.site, made, annotation)]
        if made.name in RELATIONSHIP_CALLS:
            return [self._relationship(made, annotation)]
        first = made.arguments.first()
        match made.name:
            case "hybrid_property":
                return [Hybrid(self.name, self.site)]
            case "association_proxy":
                texts = [v.text() for v in made.arguments.positional]
                texts += [made.arguments.text(n) for n in ("target_collection", "attr")[len(texts) :]]
                if len(texts) >= 2 and texts[0] and texts[1]:
                    return [AssociationProxy(self.name, self.site, texts[0], texts[1])]
                return []
            case "synonym":
                target = first.text() if first is not None else made.arguments.text("name")
                return [Synonym(self.name, self.site, (target,))] if target else []
            case "composite":
                return self._composite(made, annotation)
            case "Field" if self.is_sqlmodel and annotation is not None:
                return [read_field(self.name, self.site, made, None, annotation)]
            case _:
                return []

    def _relationship(self, made: Construct, annotation: Annotation | None) -> RelationshipDraft:
        if made.name == "Relationship" and made.root in ("sqlmodel", ""):
            made = relationship_arguments(made)
        return RelationshipDraft(self.name, self.site, made.arguments, annotation, self.scope, made.root)

    def _field(self, value: ir.Expr | None, annotation: Annotation) -> list[Declared]:
        """A field of a table model, with ``Field(...)``, with a plain default or with nothing."""
        if self.name.startswith("_") or self.name == "model_config":
            return []
        made = self.scope.construct(value) if value is not None else None
        if made is not None and (made.name in RELATIONSHIP_CALLS or made.name in COLUMN_CALLS):
            if self.holder is not self.owner and made.name == "Relationship":
                return []
            return self._made(made, replace(annotation, container="Mapped"))
        if made is not None and made.name != "Field":
            others = self._made(made, annotation)
            if others:
                return others
        given = Value(value, self.scope) if value is not None else None
        return [read_field(self.name, self.site, made, given, annotation)]

    def _composite(self, made: Construct, annotation: Annotation | None) -> list[Declared]:
        names: list[str] = []
        columns: list[Declared] = []
        for value in made.arguments.positional:
            inner = value.construct()
            if inner is not None and inner.name in COLUMN_CALLS:
                draft = read_column("", self.site, inner, annotation and replace(annotation, metadata=()))
                key = draft.column.column
                if key:
                    names.append(key)
                    columns.append(replace(draft, column=replace(draft.column, name=key, python_type=None)))
            elif (text := value.text()) is not None:
                names.append(text)
            elif isinstance(value.node, ir.Name) and value.node.id in self.scope.program.members(self.holder):
                names.append(value.node.id)
        return [*columns, Synonym(self.name, self.site, tuple(names))]


def _decorator(scope: Scope, node: ir.Expr) -> str:
    """The kind of a decorator; ``declared_attr.directive`` is a declared_attr."""
    while isinstance(node, ir.Call):
        node = node.func
    if last_name(node) in ("declared_attr", "hybrid_property"):  # a type checker may be told something else
        return last_name(node)
    if isinstance(node, ir.Attribute) and last_name(node.value) in ("declared_attr", "hybrid_property"):
        return last_name(node.value)
    return scope.leaf(node)


def is_declared_attr(scope: Scope, statement: ir.Stmt, *, cascading: bool = False) -> bool:
    if not isinstance(statement, ir.FunctionDef):
        return False
    for decorator in statement.decorators:
        if _decorator(scope, decorator) == "declared_attr":
            return not cascading or last_name(decorator) == "cascading"
    return False
