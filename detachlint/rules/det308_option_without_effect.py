"""A loader option has no effect on this query.

## What it does

Reports a loader option for a class or alias that the query does not select, and
options of `session.get` for an object that is in the session already.

## Why is this bad?

For a class that the query does not select, SQLAlchemy raises `ArgumentError`
when the query runs. `session.get` returns an object that it has as it is, and
ignores the options without a word: the relationship stays unloaded.

## Example

```python
async def last_booking(session):
    query = select(Booking).options(selectinload(User.bookings)).limit(1)
    return (await session.scalars(query)).one()  # fails
```

## Use instead

```python
async def last_booking(session):
    query = select(Booking).options(joinedload(Booking.user).selectinload(User.bookings)).limit(1)
    return (await session.scalars(query)).one()
```

For an object that may be in the session, use `select(...)`, or
`populate_existing=True` with `get`.

## Fix safety

There is no fix: where the option belongs is for the author to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown, summary
from detachlint.rules.wording import named, of_misuse, short


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind != "option-without-effect":
        return
    name = named(misuse)
    if misuse.detail == "get":
        message = f"`get` ignores the option for `{name}`: the object is in the session already"
        yield of_misuse(misuse, message, "load it by the first query, or pass `populate_existing=True`")
    else:
        message = f"the option for `{name}` has no effect: the query does not select `{short(misuse.entity)}`"
        yield of_misuse(misuse, message, "start the option at a class that the query selects")


_LAST = studio.ASYNC + studio.async_session("await last_booking(session)")
_RENAME = studio.ASYNC + studio.async_session("await rename(session, 1)")

RULE = Rule(
    code="DET308",
    name="option-without-effect",
    summary=summary(__doc__),
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "ArgumentError", _LAST),
        Good(shown(__doc__, "Use instead"), _LAST),
        Bad(
            """\
async def rename(session, user_id):
    user = await session.get(User, user_id)
    user.name = "Anne"
    again = await session.get(User, user_id, options=[selectinload(User.bookings)])  # fails
    return again.name
""",
            None,
            _RENAME,
        ),
        Good(
            """\
async def rename(session, user_id):
    user = await session.get(User, user_id, options=[selectinload(User.bookings)])
    user.name = "Anne"
    again = await session.get(User, user_id)
    return again.name, len(again.bookings)
""",
            _RENAME,
        ),
    ),
)
