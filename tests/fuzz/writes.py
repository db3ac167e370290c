"""Statements that change objects, or make new ones."""

from tests.fuzz.reads import read_from
from tests.fuzz.schema import Relationship
from tests.fuzz.tree import Line, Statement
from tests.fuzz.writer import Scope, Shape, Variable, Writer


def assign(writer: Writer, scope: Scope) -> list[Statement]:
    """Set a column, sometimes with the flush and a read of what the flush changed."""
    found = _variable(writer, scope)
    if found is None:
        return []
    name, shape = found.name, found.shape
    writer.use("set_column")
    names = [column.name for column in writer.schema.columns_of(shape.entity)]
    chosen = "note" if "note" in names and writer.chance(0.2) else "name"
    value = '"changed"'
    if writer.chance(0.15) and writer.use("sql_expression"):
        value = f'{shape.entity}.name + "!"'
        shape.missing.add("name")
    else:
        shape.missing.discard(chosen)
    statements: list[Statement] = [Line(f"{name}.{chosen} = {value}")]
    if scope.session and writer.chance(0.5):
        statements.append(Line(f"{writer.wait}{scope.session}.flush()"))
        written = [column for column in names if column in ("stamp", "version")]
        if written and writer.chance(0.6) and writer.use("onupdate"):
            statements.append(Line(f"{name}.{writer.pick(written)}"))
    if "stamp" in names:
        shape.missing.add("stamp")
    return statements


def create(writer: Writer, scope: Scope) -> list[Statement]:
    """Make an object and add it to the session."""
    entity = writer.pick(writer.schema.entities)
    writer.use("new_object")
    shape = Shape(entity, dense=False)
    identity = writer.counter + 1000
    arguments = [f"id={identity}"] if writer.chance(0.8) else []
    arguments.append('name="new"')
    for relationship in writer.schema.relationships_of(entity):
        argument = _argument(writer, scope, relationship, shape)
        if argument:
            arguments.append(argument)
    variable = writer.variable(scope, shape)
    variable.new = True
    statements: list[Statement] = [
        Line(f"{variable.name} = {entity}({', '.join(arguments)})"),
        Line(f"{scope.session}.add({variable.name})"),
    ]
    ending = writer.pick(("flush", "flush", "commit", None))
    if ending == "commit" and (scope.managed or writer.expire_on_commit):
        ending = "flush"
    if ending:
        statements.append(Line(f"{writer.wait}{scope.session}.{ending}()"))
    else:
        # Until it is flushed, everything that was not set reads as empty.
        read = [r.name for r in writer.schema.relationships_of(entity) if writer.chance(0.3)]
        return [*statements, *(Line(f"{variable.name}.{name}") for name in read)]
    return [*statements, *read_from(writer, scope, variable.name, shape)]


def _argument(writer: Writer, scope: Scope, relationship: Relationship, shape: Shape) -> str | None:
    if relationship.many:
        if not writer.chance(0.25):
            return None
        shape.loaded[relationship.name] = None
        inside = f'{relationship.target}(name="inside")' if writer.chance(0.6) else ""
        return f"{relationship.name}=[{inside}]"
    others = [v for v in writer.variables(scope, many=False) if v.shape.entity == relationship.target]
    if others and writer.chance(0.6):
        other = writer.pick(others)
        shape.loaded[relationship.name] = other.shape
        return f"{relationship.name}={other.name}"
    if relationship.foreign_key and writer.chance(0.4) and writer.use("foreign_key_only"):
        return f"{relationship.name}_id={writer.identity()}"
    return None


def relate(writer: Writer, scope: Scope) -> list[Statement]:
    """Set a to-one relationship, or change a collection."""
    found = _variable(writer, scope)
    if found is None:
        return []
    relationships = writer.schema.relationships_of(found.shape.entity)
    loaded = [r for r in relationships if r.name in found.shape.loaded]
    if loaded and writer.chance(0.7):
        relationships = loaded
    if not relationships:
        return []
    relationship = writer.pick(relationships)
    expression = f"{found.name}.{relationship.name}"
    if relationship.many:
        return _change_collection(writer, found, relationship, expression)
    writer.use("set_to_one")
    others = [
        v for v in writer.variables(scope, many=False) if v.shape.entity == relationship.target and not v.new
    ]
    if others and writer.chance(0.8):
        other = writer.pick(others)
        found.shape.loaded[relationship.name] = other.shape
        return [Line(f"{expression} = {other.name}")]
    found.shape.loaded[relationship.name] = None
    value = writer.pick(("None", f'{relationship.target}(name="fresh")'))
    return [Line(f"{expression} = {value}")]


def _change_collection(
    writer: Writer, found: Variable, relationship: Relationship, expression: str
) -> list[Statement]:
    writer.use("change_collection")
    new = f'{relationship.target}(name="appended")'
    change = writer.pick(
        (f"{expression}.append({new})",) * 4 + (f"{expression} = [{new}]", f"{expression} += [{new}]")
    )
    # What is in the collection from now on is not all in the database.
    found.shape.loaded[relationship.name] = None
    return [Line(change)]


def bulk_update(writer: Writer, scope: Scope) -> list[Statement]:
    """Update rows with a statement."""
    entity = writer.pick(writer.schema.entities)
    writer.use("bulk_update")
    where = f".where({entity}.id == {10 * writer.random.randrange(max(1, writer.universe)) + 1})"
    values = writer.pick(('name="bulk"', 'name="bulk"', f'name={entity}.name + "!"'))
    return [Line(f"{writer.wait}{scope.session}.execute(update({entity}){where}.values({values}))")]


def delete(writer: Writer, scope: Scope) -> list[Statement]:
    """Delete an object."""
    found = _variable(writer, scope)
    if found is None or found.new or scope.in_loop:
        return []
    writer.use("delete")
    scope.variables[:] = [variable for variable in scope.variables if variable.shape is not found.shape]
    statements: list[Statement] = [Line(f"{writer.wait}{scope.session}.delete({found.name})")]
    if writer.chance(0.6):
        statements.append(Line(f"{writer.wait}{scope.session}.flush()"))
    return statements


def _variable(writer: Writer, scope: Scope) -> Variable | None:
    variables = writer.variables(scope, many=False)
    return writer.pick(variables) if variables else None
