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

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown, summary
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "contains-eager-without-join":
        name = named(misuse)
        message = f"`contains_eager({name})` without a join fills `{name}` with arbitrary rows"
        yield of_misuse(misuse, message, f"join it: `.join({name})`, or load it with `joinedload({name})`")


_OWNERS = studio.ASYNC + studio.async_session("await owners(session)")
_TITLES = studio.SYNC + studio.sync_session("titles(session)")

RULE = Rule(
    code="DET306",
    name="contains-eager-without-join",
    summary=summary(__doc__),
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
