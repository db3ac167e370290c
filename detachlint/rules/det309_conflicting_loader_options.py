"""Two loader options of a query contradict each other.

## What it does

Reports a query that is executed with two loader options for one relationship
or column that load it in different ways. An option says something of each
relationship that it names, those on its way included.

## Why is this bad?

SQLAlchemy does not choose between them: executing the query raises
`InvalidRequestError`. Often one of the two comes from elsewhere, a list of
default options or a parameter.

## Example

```python
DEFAULTS = [joinedload(Booking.user)]


async def bookings(session):
    query = select(Booking).options(*DEFAULTS, selectinload(Booking.user).selectinload(User.bookings))
    return (await session.scalars(query)).all()  # fails
```

## Use instead

```python
DEFAULTS = [joinedload(Booking.user)]


async def bookings(session):
    query = select(Booking).options(*DEFAULTS, joinedload(Booking.user).selectinload(User.bookings))
    return (await session.scalars(query)).all()
```

`defaultload(Booking.user).selectinload(User.bookings)` goes with whatever the
other option says.

## Fix safety

There is no fix: which of the two is meant is for their author to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "conflicting-options":
        message = f"the options of this query load `{named(misuse)}` in two ways, {misuse.detail}"
        remedy = "keep one of them; `defaultload` goes on behind what another option loads"
        yield of_misuse(misuse, f"{message} (InvalidRequestError)", remedy, "InvalidRequestError")


_BOOKINGS = studio.ASYNC + studio.async_session("await bookings(session)")
_SYNC = studio.SYNC.replace("contains_eager,", "contains_eager, defer, load_only,")
_NAMES = _SYNC + studio.sync_session("names(session)")

RULE = Rule(
    code="DET309",
    name="conflicting-loader-options",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "InvalidRequestError", _BOOKINGS),
        Good(shown(__doc__, "Use instead"), _BOOKINGS),
        Bad(
            """\
def names(session):
    query = session.query(User).options(defer(User.name)).options(load_only(User.name))
    return [user.name for user in query]  # fails
""",
            "InvalidRequestError",
            _NAMES,
        ),
        Good(
            """\
def names(session):
    query = session.query(User).options(defer(User.biography)).options(load_only(User.name))
    return [user.name for user in query]
""",
            _NAMES,
        ),
    ),
)
