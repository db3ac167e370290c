"""A response schema nests relationships more than one level deep.

## What it does

Reports a field of a response schema whose own schema has relationships in turn.
The rule is opt-in: it is a matter of style.

## Why is this bad?

Every level has to be loaded by every query that feeds the schema, and a field
that is added three levels down breaks routes far away. The answers grow, too.

## Example

```python
class InstructorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class LessonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    instructor: InstructorOut


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    lesson: LessonOut  # fails


async def show(session, booking_id):
    lesson = joinedload(Booking.lesson).joinedload(Lesson.instructor)
    return BookingOut.model_validate(await session.get(Booking, booking_id, options=[lesson]))
```

## Use instead

```python
class LessonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    instructor_id: int


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    lesson: LessonOut


async def show(session, booking_id):
    lesson = joinedload(Booking.lesson)
    return BookingOut.model_validate(await session.get(Booking, booking_id, options=[lesson]))
```

## Fix safety

There is no fix: the schema is what clients of the API see.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "deep-schema":
        message = f"`{named(misuse)}` nests relationships more than one level deep in a response"
        yield of_misuse(
            misuse, message, "keep the schema flat: send the key, or the few values that are needed"
        )


_PYDANTIC = "from pydantic import BaseModel, ConfigDict\n"
_SHOW = _PYDANTIC + studio.ASYNC + studio.async_session("await show(session, 1)")
_PAGE = _PYDANTIC + studio.ASYNC + studio.async_session("await lessons(session)")

RULE = Rule(
    code="DET404",
    name="deep-response-schema",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.INFO,
    default=False,
    examples=(
        Bad(shown(__doc__, "Example"), None, _SHOW),
        Good(shown(__doc__, "Use instead"), _SHOW),
        Bad(
            """\
class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: UserOut


class LessonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    bookings: list[BookingOut]  # fails


async def lessons(session):
    query = select(Lesson).options(selectinload(Lesson.bookings).joinedload(Booking.user))
    return [LessonOut.model_validate(lesson) for lesson in await session.scalars(query)]
""",
            None,
            _PAGE,
        ),
        Good(
            """\
class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user_id: int


class LessonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    bookings: list[BookingOut]


async def lessons(session):
    query = select(Lesson).options(selectinload(Lesson.bookings))
    return [LessonOut.model_validate(lesson) for lesson in await session.scalars(query)]
""",
            _PAGE,
        ),
    ),
)
