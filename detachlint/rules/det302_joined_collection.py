"""Rows with a joined collection are fetched without `unique()`.

## What it does

Reports a query that loads a collection with `joinedload`, or whose mapping
does, and whose rows are fetched without `.unique()`.

## Why is this bad?

The join gives one row for each element of the collection, so the same object
comes again and again. SQLAlchemy refuses to return that: fetching raises
`InvalidRequestError`.

## Example

```python
async def users(session):
    result = await session.execute(select(User).options(joinedload(User.bookings)))
    return result.scalars().all()  # fails
```

## Use instead

```python
async def users(session):
    result = await session.execute(select(User).options(selectinload(User.bookings)))
    return result.scalars().all()
```

Or keep the join: `result.unique().scalars().all()`.

## Fix safety

Both fixes are safe. `selectinload` makes a second query in place of a wide
join.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import FetchWithoutUnique
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.remedies import add_unique
from detachlint.rules.text import shown
from detachlint.rules.wording import short


def check(fetch: FetchWithoutUnique, context: RuleContext) -> Iterator[Draft]:
    entity = short(fetch.entity)
    name = f"{entity}.{fetch.attribute}"
    remedy = f"load it with `selectinload({name})`, or add `.unique()` before the rows are fetched"
    if fetch.limited:
        remedy = f"load it with `selectinload({name})`, which leaves the limit alone"
    yield Draft(
        fetch.site,
        f"`{name}` is a joined collection: fetching the rows needs `.unique()` (InvalidRequestError)",
        help=remedy,
        entity=entity,
        relationship=fetch.attribute,
        error="InvalidRequestError",
        origin=fetch.origin,
        trace=fetch.trace,
        proposals=(add_unique(fetch.site),),
    )


_USERS = studio.ASYNC + studio.async_session("await users(session)")
_LESSONS = studio.SYNC + studio.sync_session("lessons(session)")

RULE = Rule(
    code="DET302",
    name="joined-collection",
    doc=__doc__ or "",
    on=(FetchWithoutUnique,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "InvalidRequestError", _USERS),
        Good(shown(__doc__, "Use instead"), _USERS),
        Bad(
            """\
def query():
    return select(Lesson).options(joinedload(Lesson.bookings))


def lessons(session):
    return [lesson.title for lesson in session.scalars(query())]  # fails
""",
            "InvalidRequestError",
            _LESSONS,
        ),
        Good(
            """\
def query():
    return select(Lesson).options(joinedload(Lesson.bookings))


def lessons(session):
    return [lesson.title for lesson in session.scalars(query()).unique()]
""",
            _LESSONS,
        ),
    ),
)
