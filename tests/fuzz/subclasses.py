"""Objects of a subclass of what is queried."""

from tests.fuzz.options import Plan, random_plan
from tests.fuzz.reads import column
from tests.fuzz.schema import Subclass
from tests.fuzz.tree import Line, Load, Option, Statement
from tests.fuzz.writer import Scope, Writer


def inheritance(writer: Writer, scope: Scope) -> list[Statement]:
    """Read what only the subclass has, mostly after a load that knows of it."""
    special = writer.schema.subclass
    if special is None:
        return []
    writer.use("inheritance")
    found = [
        v
        for v in writer.variables(scope, many=False)
        if v.shape.entity == special.entity and v.shape.dense and not v.new
    ]
    if found and (scope.session is None or writer.chance(0.4)):
        return _read(writer, special, writer.pick(found).name)
    if scope.session is None:
        return []
    statements = writer.pick((_of_subclass, _selectin, _with_polymorphic))(writer, scope, special)
    if writer.chance(0.6):
        statements += _read(writer, special, scope.variables[-1].name)
    return statements


def _read(writer: Writer, special: Subclass, name: str) -> list[Statement]:
    if special.keeper is None or writer.chance(0.5):
        return [Line(f"{name}.extra")]
    if writer.chance(0.4):
        return [Line(f"{name}.keeper")]
    return [Line(f"{name}.keeper.{column(writer, writer.mapped_shape(special.keeper))}")]


def _of_subclass(writer: Writer, scope: Scope, special: Subclass) -> list[Statement]:
    plan = random_plan(writer, special.entity, root=special.name)
    _add_keeper(writer, plan, special, special.name)
    variable = writer.variable(scope, plan.shape)
    start = f"{variable.name} = {writer.wait}{scope.session}"
    if writer.chance(0.4):
        call = f"{start}.get({special.name}, {writer.identity()}, options=["
        return [Load(call, plan.options, "])", as_method=False)]
    where = f".where({special.name}.id == {writer.identity()})"
    unique = ".unique()" if plan.needs_unique else ""
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({special.name})"
    return [Load(call, plan.options, f"{where})){unique}.one()")]


def _selectin(writer: Writer, scope: Scope, special: Subclass) -> list[Statement]:
    plan = random_plan(writer, special.entity)
    plan.options += (Option(f"selectin_polymorphic({special.entity}, [{special.name}])"),)
    _add_keeper(writer, plan, special, special.name)
    variable = writer.variable(scope, plan.shape)
    where = f".where({special.entity}.id == {writer.identity()})"
    unique = ".unique()" if plan.needs_unique else ""
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({special.entity})"
    return [Load(call, plan.options, f"{where})){unique}.one()")]


def _with_polymorphic(writer: Writer, scope: Scope, special: Subclass) -> list[Statement]:
    alias = writer.name("poly")
    plan = random_plan(writer, special.entity, root=alias)
    _add_keeper(writer, plan, special, f"{alias}.{special.name}")
    variable = writer.variable(scope, plan.shape)
    where = f".where({alias}.id == {writer.identity()})"
    unique = ".unique()" if plan.needs_unique else ""
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({alias})"
    return [
        Line(f"{alias} = with_polymorphic({special.entity}, [{special.name}])"),
        Load(call, plan.options, f"{where})){unique}.one()"),
    ]


def _add_keeper(writer: Writer, plan: Plan, special: Subclass, root: str) -> None:
    if special.keeper is not None and writer.chance(0.6):
        plan.options += (Option(f"{writer.pick(('joinedload', 'selectinload'))}({root}.keeper)"),)
