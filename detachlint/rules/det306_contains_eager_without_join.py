"""`contains_eager` fills a relationship from rows that no join brings.

## What it does

Reports a query with `contains_eager(A.b)` that does not join `A.b`.

## Why is this bad?

`contains_eager` promises that the query has the rows already. Without the join
the two tables are multiplied: each object is shown with some arbitrary row of
the other table, and there is no error.

## Example

```python
async def owners(session):
    query = select(Booking).options(contains_eager(Booking.user)).order_by(Booking.id)  # fails
    return [booking.user.name for booking in await session.scalars(query)]
```

## Use instead

```python
async def owners(session):
    query = select(Booking).join(Booking.user).options(contains_eager(Booking.user)).order_by(Booking.id)
    return [booking.user.name for booking in await session.scalars(query)]
```

## Fix safety

`joinedload` in place of `contains_eager` is an unsafe fix: the answer changes,
to the right one.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.edits import AddLoaderOptions, Applicability, Proposal
from detachlint.domain.facts import StrategyMisuse, Via
from detachlint.domain.findings import Severity
from detachlint.domain.models import Relationship
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "contains-eager-without-join":
        name = named(misuse)
        message = f"`contains_eager({name})` without a join fills `{name}` with arbitrary rows"
        remedy = f"join it: `.join({name})`, or load it with `joinedload({name})`"
        yield of_misuse(misuse, message, remedy, proposals=(_reload(misuse, context),))


def _reload(misuse: StrategyMisuse, context: RuleContext) -> Proposal:
    """Load it anew. That changes what the query gives, as it gave arbitrary rows."""
    entity = context.models.entities.get(misuse.entity)
    attribute = entity.attributes.get(misuse.attribute) if entity is not None else None
    to_many = isinstance(attribute, Relationship) and attribute.uselist
    path = (Via(misuse.entity, misuse.attribute, to_many),)
    action = AddLoaderOptions(misuse.site, (), path, root=misuse.entity)
    return Proposal(action, Applicability.UNSAFE, f"load `{named(misuse)}` by a query of its own")


_OWNERS = studio.ASYNC + studio.async_session("await owners(session)")
_TITLES = studio.SYNC + studio.sync_session("titles(session)")

RULE = Rule(
    code="DET306",
    name="contains-eager-without-join",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _OWNERS),
        Good(shown(__doc__, "Use instead"), _OWNERS),
        Bad(
            """\
def titles(session):
    query = select(Booking).options(contains_eager(Booking.lesson)).limit(1)  # fails
    return [booking.lesson.title for booking in session.scalars(query)]
""",
            None,
            _TITLES,
        ),
        Good(
            """\
def titles(session):
    query = select(Booking).join(Booking.lesson).options(contains_eager(Booking.lesson)).limit(1)
    return [booking.lesson.title for booking in session.scalars(query)]
""",
            _TITLES,
        ),
    ),
)
