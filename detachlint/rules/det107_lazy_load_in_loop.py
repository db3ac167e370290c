"""A loop loads a relationship once for each object.

## What it does

Reports a read under a synchronous session that emits a query, on one of the
many objects that a loop goes over: the N+1 problem. The loop may be in another
function, or in a template.

## Why is this bad?

One query for the list, and then one more for each of its rows. With ten rows in
a test nobody notices; with thousands, the time goes into the round trips. And
the day the session becomes asynchronous, it fails.

## Example

```python
def visits(session):
    counts = Counter()
    for booking in session.scalars(select(Booking)):
        counts[booking.user.name] += 1  # fails
    return counts
```

## Use instead

```python
def visits(session):
    counts = Counter()
    for booking in session.scalars(select(Booking).options(joinedload(Booking.user))):
        counts[booking.user.name] += 1
    return counts
```

## Fix safety

A loader option changes what the query loads and not what it returns, so adding
one is safe.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Cause, Read
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, load_at_the_query, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        remedy = load_at_the_query(read)
        if read.cause is Cause.DYNAMIC:
            remedy = "ask for all of them in one query, grouped by the owner"
        yield of_read(read, f"`{attribute(read)}` is queried once for each object of the loop (N+1)", remedy)


_VISITS = studio.SYNC + studio.sync_session("visits(session)")
_SIZES = studio.SYNC + studio.sync_session(
    "session.add(Lesson(title='Mat', instructor_id=1))", "sizes(session)"
)

RULE = Rule(
    code="DET107",
    name="lazy-load-in-loop",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _VISITS),
        Good(shown(__doc__, "Use instead"), _VISITS),
        Bad(
            """\
def size(lesson):
    return len(lesson.bookings)  # fails


def sizes(session):
    lessons = session.scalars(select(Lesson)).all()
    return {lesson.title: size(lesson) for lesson in lessons}
""",
            None,
            _SIZES,
        ),
        Good(
            """\
def size(lesson):
    return len(lesson.bookings)


def sizes(session):
    lessons = session.scalars(select(Lesson).options(selectinload(Lesson.bookings))).all()
    return {lesson.title: size(lesson) for lesson in lessons}
""",
            _SIZES,
        ),
        Good(
            """\
def second(session):
    lessons = session.scalars(select(Lesson).order_by(Lesson.id)).all()
    return len(lessons[0].bookings) if len(lessons) < 2 else len(lessons[1].bookings)
""",
            studio.SYNC + studio.sync_session("second(session)"),
        ),
        Good(
            """\
def of_instructor(session, instructor_id):
    lessons = session.scalars(select(Lesson).where(Lesson.instructor_id == instructor_id)).all()
    return [f"{lesson.title} with {lesson.instructor.name}" for lesson in lessons]
""",
            studio.SYNC + studio.sync_session("of_instructor(session, 1)"),
        ),
        Good(
            """\
class Ferry(Base):
    __tablename__ = "ferries"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Trip(Base):
    __tablename__ = "trips"
    day: Mapped[int] = mapped_column(primary_key=True)
    ferry_id: Mapped[int] = mapped_column(ForeignKey("ferries.id"), primary_key=True)
    seats: Mapped[list["Seat"]] = relationship(back_populates="trip")


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (ForeignKeyConstraint(["day", "ferry_id"], ["trips.day", "trips.ferry_id"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[int]
    ferry_id: Mapped[int] = mapped_column(ForeignKey("ferries.id"))
    trip: Mapped["Trip"] = relationship(back_populates="seats")
    ferry: Mapped["Ferry"] = relationship(overlaps="seats,trip")


def tickets(session):
    trip = session.get(Trip, (5, 1))
    return [f"{seat.id} on {seat.ferry.name}" for seat in trip.seats]
""",
            "from sqlalchemy import ForeignKeyConstraint\n"
            + studio.SYNC_DATABASE
            + studio.rows("[Ferry(id=1, name='Ida'), Trip(day=5, ferry_id=1, seats=[Seat(), Seat()])]")
            + studio.sync_session("tickets(session)"),
        ),
        Good(
            """\
def size_of(session, title):
    for lesson in session.scalars(select(Lesson)):
        if lesson.title == title:
            return len(lesson.bookings)
    return 0
""",
            studio.SYNC + studio.sync_session("size_of(session, 'Mat')"),
        ),
        Good(
            """\
def shortest(session):
    lesson = min(session.scalars(select(Lesson)), key=lambda each: each.title)
    first, *others = session.scalars(select(Lesson).order_by(Lesson.id))
    return len(lesson.bookings), len(first.bookings)
""",
            studio.SYNC + studio.sync_session("shortest(session)"),
        ),
        Good(
            """\
def last(session):
    found = None
    for lesson in session.scalars(select(Lesson).order_by(Lesson.id)):
        if lesson.title.startswith("M"):
            found = lesson
    return [booking.id for booking in found.bookings] if found else []
""",
            studio.SYNC + studio.sync_session("last(session)"),
        ),
    ),
)
