"""A property or method of a model reads a lazy attribute without a guard.

## What it does

Reports a property, hybrid or method of a mapped class that reads a relationship
of its own object without looking first whether it is loaded. Where a call is
seen that fails, the finding is an error and tells the way; otherwise it is a
warning.

## Why is this bad?

`lesson.available_spots` looks like a column, and works or fails by what some
query elsewhere has loaded. Every caller has to know which relationships the
method reads, and the signature does not say so.

## Example

```python
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    bookings: Mapped[list[Booking]] = relationship()

    @property
    def available_spots(self):
        return self.capacity - len(self.bookings)  # fails


async def places(session):
    return [lesson.available_spots for lesson in await session.scalars(select(Lesson))]
```

## Use instead

```python
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    bookings: Mapped[list[Booking]] = relationship()

    @property
    def available_spots(self):
        if "bookings" in inspect(self).unloaded:
            return None
        return self.capacity - len(self.bookings)


async def places(session):
    lessons = await session.scalars(select(Lesson).options(selectinload(Lesson.bookings)))
    return [lesson.available_spots for lesson in lessons]
```

`hasattr` and `getattr(self, "bookings", None)` are no guards: they load as
well. A `column_property` with a subquery computes the number in the query.

Or the docstring says what callers have to load, in a line like `Needs loaded:
bookings.`: then only a call that fails is reported.

## Fix safety

A loader option at the failing query is a safe fix. Two are unsafe: where the
annotation allows for None, a guard that answers None; and else, where no call is
seen that fails, a line in the docstring that says what the method needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detachlint.domain.edits import Applicability, GuardProperty, NoteNeeds, Proposal
from detachlint.domain.facts import Read, UnguardedRead
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import PROTOCOL_METHODS, classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, load_at_the_query, of_read, of_unguarded, read_in_method


def check(fact: Read | UnguardedRead, context: RuleContext) -> Iterator[Draft]:
    if isinstance(fact, UnguardedRead):
        if fact.method not in PROTOCOL_METHODS:
            remedy = (
                f'guard it (`if "{fact.attribute}" in inspect(self).unloaded`), or say in its docstring what '
                f"callers have to load: `Needs loaded: {fact.attribute}.`"
            )
            yield replace(of_unguarded(fact, remedy), proposals=_proposals(fact))
    elif classify(fact, context) == RULE.code:
        message = read_in_method(fact, attribute(fact))
        draft = of_read(fact, message, load_at_the_query(fact), Severity.ERROR)
        yield replace(draft, proposals=(*draft.proposals, *_proposals(fact)))


def _proposals(fact: Read | UnguardedRead) -> tuple[Proposal, ...]:
    guard = GuardProperty(fact.site, fact.entity, fact.method, fact.attribute)
    message = f"let `{fact.method}` answer None while `{fact.attribute}` is not loaded"
    found = (Proposal(guard, Applicability.UNSAFE, message),)
    if isinstance(fact, Read):
        return found
    note = NoteNeeds(fact.site, fact.entity, fact.method, fact.attribute)
    return (
        *found,
        Proposal(note, Applicability.UNSAFE, f"say in its docstring that it needs `{fact.attribute}`"),
    )


_BOOKING = """\
class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lessons.id"))


"""
_DATA = studio.ASYNC_DATABASE + _BOOKING + studio.rows("[Lesson(id=1, capacity=8, bookings=[Booking(id=1)])]")
_PLACES = _DATA + studio.async_session("await places(session)")
_EXPORT = _DATA + studio.async_main("await export(1)")

RULE = Rule(
    code="DET202",
    name="unsafe-model-property",
    doc=__doc__ or "",
    on=(Read, UnguardedRead),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _PLACES),
        Good(shown(__doc__, "Use instead"), _PLACES),
        Bad(
            """\
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    bookings: Mapped[list[Booking]] = relationship()

    def to_dict(self):
        return {"id": self.id, "bookings": [booking.id for booking in self.bookings]}  # fails


async def export(lesson_id):
    async with SessionLocal() as session:
        lesson = await session.get(Lesson, lesson_id)
    return lesson.to_dict()
""",
            "DetachedInstanceError",
            _EXPORT,
        ),
        Good(
            """\
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    bookings: Mapped[list[Booking]] = relationship()

    def to_dict(self):
        return {"id": self.id, "capacity": self.capacity}


async def export(lesson_id):
    async with SessionLocal() as session:
        lesson = await session.get(Lesson, lesson_id, options=[selectinload(Lesson.bookings)])
    return {**lesson.to_dict(), "bookings": [booking.id for booking in lesson.bookings]}
""",
            _EXPORT,
        ),
    ),
)
