"""Statements that read attributes."""

from collections.abc import Callable

from tests.fuzz.schema import Relationship
from tests.fuzz.tree import Line, Statement, block
from tests.fuzz.writer import Scope, Shape, Variable, Writer


def read(writer: Writer, scope: Scope) -> list[Statement]:
    """Read from some variable: a column, or along its relationships."""
    candidates = writer.variables(scope)
    if not candidates:
        return []
    variable = writer.pick(candidates)
    if variable.many:
        return _from_list(writer, scope, variable)
    return read_from(writer, scope, variable.name, variable.shape)


def read_from(writer: Writer, scope: Scope, name: str, shape: Shape) -> list[Statement]:
    """Read from an object that the expression ``name`` stands for."""
    relationship = choose(writer, scope, shape)
    if relationship is None:
        return [Line(_styled(writer, f"{name}.{column(writer, shape)}"))]
    target = writer.follow(shape, relationship)
    expression = f"{name}.{relationship.name}"
    if target is None:
        return [Line(writer.pick((expression, f"bool({expression})")))]
    if relationship.many:
        return _from_collection(writer, scope, shape, relationship, expression, target)
    forms: tuple[Callable[[], list[Statement]], ...] = (
        lambda: [Line(expression)],
        lambda: read_from(writer, scope, expression, target),
        lambda: read_from(writer, scope, expression, target),
        lambda: read_from(writer, scope, expression, target),
        lambda: _assigned(writer, scope, expression, target),
        lambda: _assigned(writer, scope, expression, target),
        lambda: [Line(f'getattr({name}, "{relationship.name}", None)')],
        lambda: [block(f"if {expression} is not None:", read_from(writer, scope, expression, target))],
        lambda: [Line(f'hasattr({name}, "{relationship.name}")')],
    )
    return writer.pick(forms)()


def choose(writer: Writer, scope: Scope, shape: Shape) -> Relationship | None:
    """A relationship to read, or None for a column."""
    relationships = writer.schema.relationships_of(shape.entity)
    loaded = [r for r in relationships if r.name in shape.loaded]
    other = [r for r in relationships if r.name not in shape.loaded]
    lazily = 0.2 if scope.session is None else 0.13 if writer.is_async else 0.35
    if other and writer.chance(lazily):
        return writer.pick(other)
    if loaded and writer.chance(0.75):
        return writer.pick(loaded)
    return None


def column(writer: Writer, shape: Shape) -> str:
    """The name of a column, mostly one that is there."""
    names = ["id", "name", *(c.name for c in writer.schema.columns_of(shape.entity))]
    present = [name for name in names if name not in shape.missing]
    return writer.pick(present if writer.chance(0.93) else names)


def _from_list(writer: Writer, scope: Scope, variable: Variable) -> list[Statement]:
    # What is done to one element says nothing about the others: a list is indexed or looped over.
    if variable.use is None:
        variable.use = writer.pick(("index", "loop", "loop"))
    if variable.use == "index":
        if writer.chance(0.4):
            return _assigned(writer, scope, f"{variable.name}[0]", variable.shape)
        return read_from(writer, scope, f"{variable.name}[0]", variable.shape)
    return _loop(writer, scope, variable.name, variable.shape)


def _from_collection(
    writer: Writer, scope: Scope, owner: Shape, relationship: Relationship, expression: str, target: Shape
) -> list[Statement]:
    use = owner.collections.setdefault(relationship.name, writer.pick(("index", "loop", "loop")))
    if writer.chance(0.25):
        return [
            Line(
                writer.pick((f"len({expression})", f"list({expression})", expression, f"bool({expression})"))
            )
        ]
    if use == "loop":
        return _loop(writer, scope, expression, target)
    first = writer.pick((f"{expression}[0]", f"{expression}[0]", f"next(iter({expression}))"))
    if writer.chance(0.5):
        return _assigned(writer, scope, first, target)
    return read_from(writer, scope, first, target)


def _loop(writer: Writer, scope: Scope, expression: str, element: Shape) -> list[Statement]:
    if writer.chance(0.45):
        return [Line(_comprehension(writer, expression, element, scope))]
    writer.use("loop")
    inner = scope.inner(in_loop=True)
    item = Variable(writer.name("item"), element)
    inner.variables.append(item)
    body: list[Statement] = []
    for _ in range(writer.pick((1, 1, 2))):
        body += read_from(writer, inner, item.name, element)
    header = f"for {item.name} in {expression}:"
    if writer.chance(0.1):
        header = f"for _, {item.name} in enumerate({expression}):"
    return [block(header, body)]


def _comprehension(writer: Writer, expression: str, element: Shape, scope: Scope) -> str:
    writer.use("comprehension")
    value = _value(writer, scope, "i", element)
    forms = (
        f"[{value} for i in {expression}]",
        f"[{value} for i in {expression}]",
        f"{{i.id: {value} for i in {expression}}}",
        f"list(map(lambda i: {value}, {expression}))",
        f'", ".join(str({value}) for i in {expression})',
        f"sorted({expression}, key=lambda i: str({value}))",
        f"any({value} is None for i in {expression})",
        f"[{value} for i in {expression} if i.id > 0]",
    )
    return writer.pick(forms)


def _value(writer: Writer, scope: Scope, name: str, shape: Shape) -> str:
    relationship = choose(writer, scope, shape)
    if relationship is None:
        return f"{name}.{column(writer, shape)}"
    target = writer.follow(shape, relationship)
    expression = f"{name}.{relationship.name}"
    if relationship.many:
        shape.collections.setdefault(relationship.name, "loop")
        return f"len({expression})"
    return expression if target is None else _value(writer, scope, expression, target)


def _assigned(writer: Writer, scope: Scope, expression: str, shape: Shape) -> list[Statement]:
    variable = Variable(writer.name(shape.entity.lower()), shape)
    scope.variables.append(variable)
    return [Line(f"{variable.name} = {expression}")]


def _styled(writer: Writer, expression: str) -> str:
    return writer.pick(
        (expression, expression, f"str({expression})", f"print({expression})", f'f"{{{expression}}}"')
    )


def guarded(writer: Writer, scope: Scope) -> list[Statement]:
    """Read only when the attribute is there already."""
    variables = writer.variables(scope, many=False)
    if not variables:
        return []
    variable = writer.pick(variables)
    relationships = writer.schema.relationships_of(variable.shape.entity)
    if not relationships:
        return []
    writer.use("guard")
    name, attribute = variable.name, writer.pick(relationships).name
    if writer.chance(0.25):
        return [
            block(f'if "{attribute}" in inspect({name}).unloaded:', [Line("pass")]),
        ]
    test = writer.pick(
        (f'"{attribute}" in {name}.__dict__', f'"{attribute}" not in inspect({name}).unloaded')
    )
    return [block(f"if {test}:", [Line(f"{name}.{attribute}")])]


def attempt(writer: Writer, scope: Scope) -> list[Statement]:
    """Read inside ``try``."""
    from tests.fuzz.tree import Clause, Compound

    inner = scope.inner()
    body = read(writer, inner)
    if not body:
        return []
    writer.use("try")
    handler = writer.pick(("except Exception:", "except SQLAlchemyError:", "except ValueError:"))
    if writer.chance(0.2):
        return [Compound((Clause("try:", tuple(body)), Clause("finally:", (Line("pass"),))))]
    return [Compound((Clause("try:", tuple(body)), Clause(handler, (Line("pass"),))))]
