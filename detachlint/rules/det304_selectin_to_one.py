"""A to-one relationship is loaded with a second query, where a join would do.

## What it does

Reports `selectinload` of a relationship that leads to one object. The rule is
opt-in: it is a matter of cost.

## Why is this bad?

`selectinload` makes another query. For a collection that is right, as a join
would repeat the row for each element. A to-one relationship repeats nothing:
`joinedload` brings it in the same query.

## Example

```python
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[selectinload(Booking.user)])  # fails
    return booking.user.name
```

## Use instead

```python
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
    return booking.user.name
```

Where many rows share a few targets, the second query may well be the cheaper
one.

## Fix safety

The fix is safe: the same objects are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.remedies import replace_loader
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "selectin-to-one":
        name = named(misuse)
        message = f"`selectinload({name})` makes a second query for a single object"
        remedy = f"join it: `joinedload({name})`"
        yield of_misuse(misuse, message, remedy, proposals=(replace_loader(misuse.site, "joinedload"),))


_CUSTOMER = studio.ASYNC + studio.async_session("await customer(session, 1)")
_ROSTER = studio.SYNC + studio.sync_session("roster(session)")

RULE = Rule(
    code="DET304",
    name="selectin-to-one",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.INFO,
    default=False,
    examples=(
        Bad(shown(__doc__, "Example"), None, _CUSTOMER),
        Good(shown(__doc__, "Use instead"), _CUSTOMER),
        Bad(
            """\
def roster(session):
    bookings = selectinload(Lesson.bookings).selectinload(Booking.user)  # fails
    lessons = session.scalars(select(Lesson).options(bookings))
    return [booking.user.name for lesson in lessons for booking in lesson.bookings]
""",
            None,
            _ROSTER,
        ),
        Good(
            """\
def roster(session):
    bookings = selectinload(Lesson.bookings).joinedload(Booking.user)
    lessons = session.scalars(select(Lesson).options(bookings))
    return [booking.user.name for lesson in lessons for booking in lesson.bookings]
""",
            _ROSTER,
        ),
    ),
)
