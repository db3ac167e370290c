"""A relationship or column that refuses to load itself is read unloaded.

## What it does

Reports a read of an attribute that is mapped with `lazy="raise"` or
`lazy="raise_on_sql"`, or that a query covered with `raiseload`, where no loader
option loads it. So is a read that needs SQL where the session emits none: after
the end of its transaction, in an `after_commit` listener or a `begin()` block.

## Why is this bad?

Such an attribute refuses to load itself: the read raises `InvalidRequestError`,
in synchronous code and on detached objects as well. That is what it is for, and
it tells of the missing option only when the line is run.

## Example

```python
class Payment(Base):
    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    booking: Mapped[Booking] = relationship(lazy="raise")


async def paid_by(session, payment_id):
    payment = await session.get(Payment, payment_id)
    return payment.booking.user_id  # fails
```

## Use instead

```python
class Payment(Base):
    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    booking: Mapped[Booking] = relationship(lazy="raise")


async def paid_by(session, payment_id):
    payment = await session.get(Payment, payment_id, options=[joinedload(Payment.booking)])
    return payment.booking.user_id
```

`awaitable_attrs` does not get round `lazy="raise"`; `session.refresh(payment,
["booking"])` does.

## Fix safety

Adding the loader option is safe. Removing `lazy="raise"` is not offered: it was
put there on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Cause, Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, load_at_the_query, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        refuses = "refuses to load itself and was not loaded"
        ended = "is not loaded, and its session emits no SQL here, behind the end of its transaction"
        why = refuses if read.cause is Cause.RAISE else ended
        message = f"`{attribute(read)}` {why} (InvalidRequestError)"
        yield of_read(read, message, load_at_the_query(read))


_PAID_BY = studio.ASYNC + studio.async_session(
    "session.add(Payment(id=1, booking_id=1))",
    "await session.commit()",
    "session.expunge_all()",
    "await paid_by(session, 1)",
)
_NAMES = studio.SYNC + studio.sync_session("names(session)")

RULE = Rule(
    code="DET104",
    name="raise-loaded-access",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "InvalidRequestError", _PAID_BY),
        Good(shown(__doc__, "Use instead"), _PAID_BY),
        Bad(
            """\
def names(session):
    query = select(Booking).options(joinedload(Booking.lesson), raiseload("*"))
    return [(booking.lesson.title, booking.user.name) for booking in session.scalars(query)]  # fails
""",
            "InvalidRequestError",
            _NAMES,
        ),
        Good(
            """\
def names(session):
    query = select(Booking).options(joinedload(Booking.lesson), joinedload(Booking.user), raiseload("*"))
    return [(booking.lesson.title, booking.user.name) for booking in session.scalars(query)]
""",
            _NAMES,
        ),
    ),
)
