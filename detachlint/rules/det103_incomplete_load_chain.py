"""A loader option stops one level short of what is read.

## What it does

Reports a read of a relationship on an object that a loader option brought in,
where the option does not go on to that relationship:
`selectinload(Lesson.bookings)` and then `booking.user`.

## Why is this bad?

An option loads the relationships that it names, and nothing of what these
objects refer to in turn. The query looks as if it had been taken care of, and
still the next hop raises `MissingGreenlet`, or `DetachedInstanceError` once the
session is closed.

## Example

```python
async def roster(session, lesson_id):
    query = select(Lesson).options(selectinload(Lesson.bookings)).where(Lesson.id == lesson_id)
    lesson = (await session.scalars(query)).one()
    return [booking.user.name for booking in lesson.bookings]  # fails
```

## Use instead

```python
async def roster(session, lesson_id):
    bookings = selectinload(Lesson.bookings).joinedload(Booking.user)
    lesson = (await session.scalars(select(Lesson).options(bookings).where(Lesson.id == lesson_id))).one()
    return [booking.user.name for booking in lesson.bookings]
```

## Fix safety

Continuing an option is safe: it changes what is loaded and not what is
returned.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, continue_the_option, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"the loading stops before `{attribute(read)}`: {consequence(read)}"
        yield of_read(read, message, continue_the_option(read))


_ROSTER = studio.ASYNC + studio.async_session("await roster(session, 1)")
_TEACHER = studio.ASYNC + studio.async_main("await teacher(1)")

RULE = Rule(
    code="DET103",
    name="incomplete-load-chain",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _ROSTER),
        Good(shown(__doc__, "Use instead"), _ROSTER),
        Bad(
            """\
async def find(booking_id, *options):
    async with SessionLocal() as session:
        return await session.get(Booking, booking_id, options=options)


async def teacher(booking_id):
    booking = await find(booking_id, joinedload(Booking.lesson))
    return booking.lesson.instructor.name  # fails
""",
            "DetachedInstanceError",
            _TEACHER,
        ),
        Good(
            """\
async def find(booking_id, *options):
    async with SessionLocal() as session:
        return await session.get(Booking, booking_id, options=options)


async def teacher(booking_id):
    booking = await find(booking_id, joinedload(Booking.lesson).joinedload(Lesson.instructor))
    return booking.lesson.instructor.name
""",
            _TEACHER,
        ),
    ),
)
