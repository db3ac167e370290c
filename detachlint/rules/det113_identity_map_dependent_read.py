"""A relationship is read that works only while its target is in the session.

## What it does

Reports a read of a many-to-one that nothing loaded, in a session that holds
objects of the target's class: if the one that is asked for is among them,
SQLAlchemy answers from the identity map, and if not, the read emits SQL.
The same goes for any attribute that this query leaves out, where an earlier
query of the session may have brought the same row with it.

## Why is this bad?

Whether it works depends on what else was loaded before, on which objects are
still referenced, and on the data. It passes in a test whose session made the
object, and fails in production with `MissingGreenlet`.

No error is claimed, as the target may be there. With `--strict`, reads whose
target is not proved to be in the session are reported as DET001.

## Example

```python
async def signatures(session, user_id):
    user = await session.get(User, user_id)
    bookings = (await session.scalars(select(Booking).where(Booking.user_id == user.id))).all()
    return [f"{booking.id} {booking.user.name}" for booking in bookings]  # fails
```

## Use instead

```python
async def signatures(session, user_id):
    query = select(Booking).options(joinedload(Booking.user)).where(Booking.user_id == user_id)
    return [f"{booking.id} {booking.user.name}" for booking in await session.scalars(query)]
```

## Fix safety

Adding a loader option is safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detachlint.domain.facts import Read
from detachlint.domain.findings import Severity
from detachlint.domain.models import Direction, Relationship
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, load_at_the_query, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"`{attribute(read)}` is not loaded{_when_it_works(read, context)}"
        # The target may be there: no error is claimed.
        yield replace(of_read(read, message, load_at_the_query(read)), error=None)


def _when_it_works(read: Read, context: RuleContext) -> str:
    entity = context.models.entities.get(read.entity)
    mapped = entity.attributes.get(read.attribute) if entity is not None else None
    if isinstance(mapped, Relationship) and mapped.direction is Direction.MANY_TO_ONE:
        return ": this works only while its target is in the session"
    owner = read.entity.rpartition(".")[2]
    return f" by this query: this works only if the session holds the {owner} already, and with it"


_SIGNATURES = studio.ASYNC + studio.async_session("await signatures(session, 1)")
_TITLES = studio.ASYNC + studio.async_session("await titles(session)")

RULE = Rule(
    code="DET113",
    name="identity-map-dependent-read",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    severity=Severity.INFO,
    examples=(
        Bad(shown(__doc__, "Example"), None, _SIGNATURES),
        Good(shown(__doc__, "Use instead"), _SIGNATURES),
        Bad(
            """\
async def titles(session):
    lessons = (await session.scalars(select(Lesson))).all()
    bookings = (await session.scalars(select(Booking))).all()
    return len(lessons), [booking.lesson.title for booking in bookings]  # fails
""",
            None,
            _TITLES,
        ),
        Good(
            """\
async def titles(session):
    lessons = (await session.scalars(select(Lesson))).all()
    bookings = (await session.scalars(select(Booking).options(joinedload(Booking.lesson)))).all()
    return len(lessons), [booking.lesson.title for booking in bookings]
""",
            _TITLES,
        ),
        # What is asked for by the key of an object is that object, with what the second query loads.
        Good(
            """\
async def reload(session, booking):
    return (await session.scalars(select(Booking).where(Booking.id == booking.id))).one()


async def status(session):
    query = select(Booking).options(load_only(Booking.id)).limit(1)
    booking = await reload(session, (await session.scalars(query)).one())
    return booking.status
""",
            studio.ASYNC + studio.async_session("await status(session)"),
        ),
        # The query meets its own row again, further down, and has loaded all of it.
        Good(
            """\
async def bookings_of(session, booking_id):
    query = select(Booking).where(Booking.id == booking_id)
    query = query.options(joinedload(Booking.user).joinedload(User.bookings))
    booking = (await session.scalars(query.execution_options(populate_existing=True))).unique().one()
    return booking.status, len(booking.user.bookings)
""",
            studio.ASYNC + studio.async_session("await bookings_of(session, 1)"),
        ),
        # The options stay with the object, also where a function of its own has made the query.
        Good(
            """\
async def find(session, booking_id):
    query = select(Booking).options(joinedload(Booking.lesson)).where(Booking.id == booking_id)
    return await session.scalar(query)


async def title(session, booking_id):
    booking = await find(session, booking_id)
    await session.refresh(booking)
    return booking.lesson.title
""",
            studio.ASYNC + studio.async_session("await title(session, 1)"),
        ),
    ),
)
