"""An attribute is read after it was expired, where it cannot be loaded again.

## What it does

Reports a read of a column or relationship that a `commit()`, a `rollback()`,
`expire()`, `expire_all()` or a `refresh()` without names has unloaded, under an
async session or after the session is gone.

## Why is this bad?

These calls do more than they seem to. `commit()` expires every object of the
session, unless it was made with `expire_on_commit=False`. `rollback()` does so
whatever the setting, and error handlers like to log the very object.
`refresh(user)` reloads the columns and *unloads* the relationships that are not
eager by mapping. The next read raises `MissingGreenlet` or
`DetachedInstanceError`.

## Example

```python
Session = async_sessionmaker(engine)


async def cancel(booking_id):
    async with Session() as session:
        booking = await session.get(Booking, booking_id)
        booking.status = "cancelled"
        await session.commit()
        return booking.status  # fails
```

## Use instead

```python
Session = async_sessionmaker(engine, expire_on_commit=False)


async def cancel(booking_id):
    async with Session() as session:
        booking = await session.get(Booking, booking_id)
        booking.status = "cancelled"
        await session.commit()
        return booking.status
```

Before a rollback, copy what will be needed. In a refresh, name the
relationships: `await session.refresh(user, attribute_names=["bookings"])`.

## Fix safety

Adding names to a `refresh` is safe. `expire_on_commit=False` is an unsafe fix:
code elsewhere may count on the objects being read afresh after a commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Cause, Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, load_at_the_query, of_read

_PAST = {
    Cause.EXPIRED_COMMIT: "was expired by the commit",
    Cause.EXPIRED_ROLLBACK: "was expired by the rollback",
    Cause.EXPIRED_REFRESH: "was unloaded by a refresh that does not name it",
    Cause.EXPIRED: "was expired",
}


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"`{attribute(read)}` {_PAST[read.cause]}: {consequence(read)}"
        yield of_read(read, message, load_at_the_query(read))


_CANCEL = studio.ASYNC + studio.async_main("await cancel(1)")
_REFRESHED = studio.ASYNC + studio.async_session("await register(session, 1)")
_ROLLED_BACK = studio.ASYNC + studio.async_session("await confirm(session, 1)")

RULE = Rule(
    code="DET105",
    name="expired-attribute-access",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _CANCEL),
        Good(shown(__doc__, "Use instead"), _CANCEL),
        Bad(
            """\
async def register(session, lesson_id):
    user = User(name="Cleo", bookings=[Booking(lesson_id=lesson_id)])
    session.add(user)
    await session.commit()
    await session.refresh(user)
    return user.id, len(user.bookings)  # fails
""",
            "MissingGreenlet",
            _REFRESHED,
        ),
        Good(
            """\
async def register(session, lesson_id):
    user = User(name="Cleo", bookings=[Booking(lesson_id=lesson_id)])
    session.add(user)
    await session.commit()
    await session.refresh(user, attribute_names=["bookings"])
    return user.id, len(user.bookings)
""",
            _REFRESHED,
        ),
        Bad(
            """\
async def confirm(session, booking_id):
    booking = await session.get(Booking, booking_id)
    try:
        raise ConnectionError("no mail server")
    except ConnectionError:
        await session.rollback()
        logger.warning("booking %s was not confirmed", booking.id)  # fails
""",
            "MissingGreenlet",
            _ROLLED_BACK,
        ),
        Good(
            """\
async def confirm(session, booking_id):
    booking = await session.get(Booking, booking_id)
    try:
        raise ConnectionError("no mail server")
    except ConnectionError:
        await session.rollback()
        logger.warning("booking %s was not confirmed", booking_id)
""",
            _ROLLED_BACK,
        ),
    ),
)
