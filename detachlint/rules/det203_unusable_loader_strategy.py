"""A relationship has a loader strategy that cannot work here.

## What it does

Reports a relationship with `lazy="dynamic"` (or `DynamicMapped`) that is used
under an async session, or after the session is gone.

## Why is this bad?

A dynamic relationship is a query that runs when it is iterated. It runs in the
old, synchronous way: under asyncio it raises `MissingGreenlet`, and no loader
option can load it beforehand.

## Example

```python
class Instructor(Base):
    __tablename__ = "instructors"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: DynamicMapped[Lesson] = relationship(lazy="dynamic")


async def schedule(session, instructor_id):
    instructor = await session.get(Instructor, instructor_id)
    return [lesson.title for lesson in instructor.lessons]  # fails
```

## Use instead

```python
class Instructor(Base):
    __tablename__ = "instructors"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: WriteOnlyMapped[Lesson] = relationship()


async def schedule(session, instructor_id):
    instructor = await session.get(Instructor, instructor_id)
    return [lesson.title for lesson in await session.scalars(instructor.lessons.select())]
```

## Fix safety

There is no fix: a write-only relationship is used differently wherever it
occurs.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read, StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, named, of_misuse, of_read

_REMEDY = "map it with `WriteOnlyMapped[...]`, and query it: `await session.scalars(obj.{}.select())`"


def check(fact: Read | StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    remedy = _REMEDY.format(fact.attribute)
    if isinstance(fact, StrategyMisuse):
        if fact.kind == "dynamic-async":
            yield of_misuse(fact, f"`{named(fact)}` is dynamic, which does not work under asyncio", remedy)
    elif classify(fact, context) == RULE.code:
        message = f"`{attribute(fact)}` is dynamic: {consequence(fact)}"
        yield of_read(fact, message, remedy, Severity.ERROR)


_LESSON = """\
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructors.id"))


"""
_DATA = (
    studio.ASYNC_DATABASE
    + _LESSON
    + studio.rows("[Instructor(id=1), Lesson(id=1, title='Mat', instructor_id=1)]")
)
_SCHEDULE = _DATA + studio.async_session("await schedule(session, 1)")
_COUNT = _DATA + studio.async_session("await lesson_count(session, 1)")

RULE = Rule(
    code="DET203",
    name="unusable-loader-strategy",
    doc=__doc__ or "",
    on=(
        Read,
        StrategyMisuse,
    ),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _SCHEDULE),
        Good(shown(__doc__, "Use instead"), _SCHEDULE),
        Bad(
            """\
class Instructor(Base):
    __tablename__ = "instructors"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: DynamicMapped[Lesson] = relationship(lazy="dynamic")


async def lesson_count(session, instructor_id):
    instructor = await session.get(Instructor, instructor_id)
    return instructor.lessons.count()  # fails
""",
            "MissingGreenlet",
            _COUNT,
        ),
        Good(
            """\
class Instructor(Base):
    __tablename__ = "instructors"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: WriteOnlyMapped[Lesson] = relationship()


async def lesson_count(session, instructor_id):
    instructor = await session.get(Instructor, instructor_id)
    return len((await session.scalars(instructor.lessons.select())).all())
""",
            _COUNT,
        ),
    ),
)
