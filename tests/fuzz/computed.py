"""Attributes of models that are made of others: hybrids and association proxies."""

from tests.fuzz.calls import path_expression
from tests.fuzz.reads import choose, column
from tests.fuzz.tree import Declaration, Line, Method, Statement
from tests.fuzz.writer import Scope, Writer


def hybrid(writer: Writer, scope: Scope) -> list[Statement]:
    """Read a hybrid property."""
    variables = writer.variables(scope, many=False)
    if not variables:
        return []
    variable = writer.pick(variables)
    writer.use("hybrid")
    expression = path_expression(writer, scope, "self", variable.shape)
    # A hybrid is evaluated for the class too, which has no elements to loop over.
    decorator = "property" if set("([") & set(expression) else "hybrid_property"
    made = Method(variable.shape.entity, writer.name("total"), expression, decorator)
    writer.methods.append(made)
    return [Line(f"{variable.name}.{made.name}")]


def proxy(writer: Writer, scope: Scope) -> list[Statement]:
    """Read an attribute of what a relationship holds through an association proxy."""
    variables = writer.variables(scope, many=False)
    if not variables:
        return []
    variable = writer.pick(variables)
    relationship = choose(writer, scope, variable.shape)
    target = writer.follow(variable.shape, relationship) if relationship is not None else None
    if relationship is None or target is None:
        return []
    writer.use("proxy")
    source = f'association_proxy("{relationship.name}", "{column(writer, target)}")'
    made = Declaration(variable.shape.entity, writer.name("proxy"), source)
    writer.methods.append(made)
    expression = f"{variable.name}.{made.name}"
    if not relationship.many:
        return [Line(writer.pick((expression, f"str({expression})")))]
    variable.shape.collections.setdefault(relationship.name, "loop")
    forms = (f"list({expression})", f"[i for i in {expression}]", f"len({expression})", f"{expression}[0]")
    return [Line(writer.pick(forms))]
