"""An object is handed to what outlives its session, and is read there.

## What it does

Reports a read of what is not loaded on an object that got away from its
session: to a background task, a thread, a queue, a cache or a module variable.

## Why is this bad?

The task runs after the session was closed, the cache answers long after. The
object is detached by then, and what was not loaded raises
`DetachedInstanceError`; under an async session that happens to be open still,
`MissingGreenlet`. A live object in a cache is also out of date, and shared
between requests.

## Example

```python
INSTRUCTORS = {}


async def warm_up():
    async with SessionLocal() as session:
        for lesson in await session.scalars(select(Lesson)):
            INSTRUCTORS[lesson.id] = lesson


def instructor_name(lesson_id):
    return INSTRUCTORS[lesson_id].instructor.name  # fails
```

## Use instead

```python
INSTRUCTORS = {}


async def warm_up():
    async with SessionLocal() as session:
        for lesson in await session.scalars(select(Lesson).options(joinedload(Lesson.instructor))):
            INSTRUCTORS[lesson.id] = lesson.instructor.name


def instructor_name(lesson_id):
    return INSTRUCTORS[lesson_id]
```

Hand over plain values, or the primary key, and load the object again where it
is needed.

## Fix safety

There is no fix: what to hand over instead is for the author to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, error, of_read, receiver


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        ending = f" ({error(read)})" if error(read) else ""
        message = (
            f"`{attribute(read)}` is read after the object left its session by a {read.outlives}{ending}"
        )
        yield of_read(
            read, message, f"hand over `{receiver(read)}.id` or plain values, and load it again there"
        )


_CACHE = studio.ASYNC + studio.async_main("await warm_up()", "instructor_name(1)")
_TASK = (
    "from fastapi import BackgroundTasks, FastAPI\nfrom fastapi.testclient import TestClient\n"
    + studio.ASYNC
    + """\
app = FastAPI()


def main():
    asyncio.run(fill())
    TestClient(app).post("/bookings/1/confirm")


"""
)

RULE = Rule(
    code="DET110",
    name="entity-outlives-session",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "DetachedInstanceError", _CACHE),
        Good(shown(__doc__, "Use instead"), _CACHE),
        Bad(
            """\
def send_mail(booking):
    logger.info("confirmed for %s", booking.user.name)  # fails


@app.post("/bookings/{booking_id}/confirm")
async def confirm(booking_id: int, background: BackgroundTasks):
    async with SessionLocal() as session:
        booking = await session.get(Booking, booking_id)
        background.add_task(send_mail, booking)
    return {"id": booking_id}
""",
            "DetachedInstanceError",
            _TASK,
        ),
        Good(
            """\
async def send_mail(booking_id):
    async with SessionLocal() as session:
        booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
        logger.info("confirmed for %s", booking.user.name)


@app.post("/bookings/{booking_id}/confirm")
async def confirm(booking_id: int, background: BackgroundTasks):
    background.add_task(send_mail, booking_id)
    return {"id": booking_id}
""",
            _TASK,
        ),
    ),
)
