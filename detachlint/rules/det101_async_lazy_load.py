"""A relationship that nothing loaded is read under an async session.

## What it does

Reports a read of a relationship that neither the query nor the mapping loaded,
on an object that belongs to an `AsyncSession`. The finding stands at the read,
names the query that the object came from, and tells the way between them,
through however many functions and modules it goes.

## Why is this bad?

SQLAlchemy loads such an attribute when it is read. Under asyncio a plain
attribute access cannot wait for the database, so it raises `MissingGreenlet`.
Tests often miss it: there the object that is asked for may still be in the
session that made it.

## Example

```python
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id)
    return booking.user.name  # fails
```

## Use instead

```python
async def customer(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
    return booking.user.name
```

Use `joinedload` for a single object and `selectinload` for a collection. A new
object needs no query: pass the relationship to the constructor, or `await
session.refresh(booking, attribute_names=["user"])`. `await
booking.awaitable_attrs.user` loads at the place of the read.

## Fix safety

A loader option changes what the query loads and not what it returns, so adding
one is safe. It costs a join or a second query.
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
        message = f"`{attribute(read)}` is not loaded here: {consequence(read)}"
        yield of_read(read, message, load_at_the_query(read))


_CUSTOMER = studio.ASYNC + studio.async_session("await customer(session, 1)")
_REPOSITORY = """\
class Repository:
    def __init__(self, session, model):
        self.session = session
        self.model = model

    async def all(self, *options):
        return (await self.session.scalars(select(self.model).options(*options))).all()


"""
_SCHEDULE = (
    studio.ASYNC + studio.async_session("await Schedule(Repository(session, Lesson)).rosters()") + _REPOSITORY
)
_REGISTER = studio.ASYNC + studio.async_session("await register(session)")

RULE = Rule(
    code="DET101",
    name="async-lazy-load",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _CUSTOMER),
        Good(shown(__doc__, "Use instead"), _CUSTOMER),
        Bad(
            """\
class Schedule:
    def __init__(self, lessons):
        self.lessons = lessons

    async def rosters(self):
        return {lesson.title: len(lesson.bookings) for lesson in await self.lessons.all()}  # fails
""",
            "MissingGreenlet",
            _SCHEDULE,
        ),
        Good(
            """\
class Schedule:
    def __init__(self, lessons):
        self.lessons = lessons

    async def rosters(self):
        lessons = await self.lessons.all(selectinload(Lesson.bookings))
        return {lesson.title: len(lesson.bookings) for lesson in lessons}
""",
            _SCHEDULE,
        ),
        Bad(
            """\
async def register(session):
    user = User(name="Cleo")
    session.add(user)
    await session.flush()
    return len(user.bookings)  # fails
""",
            "MissingGreenlet",
            _REGISTER,
        ),
        Good(
            """\
async def register(session):
    user = User(name="Cleo", bookings=[])
    session.add(user)
    await session.flush()
    return len(user.bookings)
""",
            _REGISTER,
        ),
    ),
)
