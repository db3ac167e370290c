"""A relationship that nothing loaded is read after the object's session is gone.

## What it does

Reports a read of an unloaded relationship on an object whose session was
closed, or that was expunged from it.

## Why is this bad?

A detached object keeps what is in memory and has no connection to load the rest
with: SQLAlchemy raises `DetachedInstanceError`. The read is often far from the
`with` block that closed the session, in a function that cannot know about it.

## Example

```python
async def find_booking(booking_id):
    async with SessionLocal() as session:
        return await session.get(Booking, booking_id)


async def receipt(booking_id):
    booking = await find_booking(booking_id)
    return booking.user.name  # fails
```

## Use instead

```python
async def find_booking(booking_id):
    async with SessionLocal() as session:
        return await session.get(Booking, booking_id, options=[joinedload(Booking.user)])


async def receipt(booking_id):
    booking = await find_booking(booking_id)
    return booking.user.name
```

Or keep the session open for as long as its objects are in use, as a session per
request does.

## Fix safety

A loader option changes what the query loads and not what it returns, so adding
one is safe. Moving the end of the session is not offered as a fix.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, load_at_the_query, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"`{attribute(read)}` is not loaded: {consequence(read)}"
        yield of_read(read, message, load_at_the_query(read))


_RECEIPT = studio.ASYNC + studio.async_main("await receipt(1)")
_REPORT = studio.SYNC + studio.sync_main("report()")

RULE = Rule(
    code="DET102",
    name="detached-lazy-load",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "DetachedInstanceError", _RECEIPT),
        Good(shown(__doc__, "Use instead"), _RECEIPT),
        Bad(
            """\
def report():
    with SessionLocal() as session:
        users = session.scalars(select(User)).all()
    return [len(user.bookings) for user in users]  # fails
""",
            "DetachedInstanceError",
            _REPORT,
        ),
        Good(
            """\
def report():
    with SessionLocal() as session:
        users = session.scalars(select(User).options(selectinload(User.bookings))).all()
    return [len(user.bookings) for user in users]
""",
            _REPORT,
        ),
    ),
)
