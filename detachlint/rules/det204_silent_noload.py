"""A relationship that is never loaded is read, and answers as if there were nothing.

## What it does

Reports a read of a relationship with `lazy="noload"` that nothing else loaded,
such a mapping together with a delete cascade, and a `lazy="dynamic"`
relationship that is read of a detached object.

## Why is this bad?

The read gives `[]` or `None`, whatever is in the database, and no error tells
that this is wrong. A delete cascade sees the same empty relationship and leaves
the rows behind. SQLAlchemy 2.1 deprecates `noload`.

## Example

```python
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="noload")


async def lesson_count(session, template_id):
    template = await session.get(Template, template_id)
    return len(template.lessons)  # fails
```

## Use instead

```python
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="raise")


async def lesson_count(session, template_id):
    template = await session.get(Template, template_id, options=[selectinload(Template.lessons)])
    return len(template.lessons)
```

For a relationship that is only written to there is `WriteOnlyMapped`.

## Fix safety

`lazy="raise"` in place of `lazy="noload"` is an unsafe fix: reads that were
wrong in silence become errors.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Cause, Read, StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.domain.models import Lazy, Relationship
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, named, of_misuse, of_read

_REMEDY_DYNAMIC = "ask for it while the session of its object is open"
_REMEDY = 'map it with `lazy="raise"` and load it where it is read'


def check(fact: Read | StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if isinstance(fact, Read):
        if classify(fact, context) == RULE.code:
            empty = "`[]`" if fact.is_collection else "`None`"
            is_dynamic = fact.cause is Cause.DYNAMIC
            why = "is dynamic, and its object detached" if is_dynamic else _why_empty(fact, context)
            message = f"`{attribute(fact)}` {why}: this is {empty}, whatever the database holds"
            yield of_read(fact, message, _REMEDY_DYNAMIC if is_dynamic else _REMEDY)
    elif fact.kind == "noload":
        yield of_misuse(
            fact, f"`{named(fact)}` is never loaded, and reads as empty without an error", _REMEDY
        )
    elif fact.kind == "noload-delete":
        message = f"`{named(fact)}` is never loaded, so its delete cascade leaves the rows behind"
        yield of_misuse(
            fact, message, "use `passive_deletes=True` with `ON DELETE CASCADE`, or another strategy"
        )


def _why_empty(read: Read, context: RuleContext) -> str:
    entity = context.models.entities.get(read.entity)
    mapped = entity.attributes.get(read.attribute) if entity is not None else None
    by_mapping = isinstance(mapped, Relationship) and mapped.lazy is Lazy.NOLOAD
    return "is mapped with `noload`" if by_mapping else "is left out by an option `noload`"


_DELETE = """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="noload", cascade="all, delete"){comment}


async def delete_template(session, template_id):
    await session.delete(await session.get(Template, template_id))
    await session.commit()
"""
_LOADED = "template = await session.get(Template, template_id, options=[selectinload(Template.lessons)])"
_CHANGED = """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="noload")


async def changed_lessons(session, template_id):
    template = await session.get(Template, template_id)
    attribute = inspect(template).attrs["lessons"]
    return len(attribute.value) if attribute.history.has_changes() else 0
"""
_MADE = """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="noload")


async def made(session):
    template = Template()
    session.add(template)
    {lesson}await session.commit()
    await session.refresh(template)
    return len(template.lessons){comment}
"""
_LESSON = """\
class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("templates.id"))


"""
_DELETED = 'ForeignKey("templates.id", ondelete="CASCADE")'
_IN_DATABASE = _LESSON.replace('ForeignKey("templates.id")', _DELETED)
_LEFT = studio.rows("[Template(id=1), Lesson(id=1, template_id=1)]") + studio.async_session(
    "await delete_template(session, 1)"
)
_DYNAMIC = """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="dynamic")


def lesson_ids(template_id):
    with SessionLocal() as session:
        template = session.get(Template, template_id)
    {before}return [lesson.id for lesson in template.lessons]  # fails
"""
_TITLES = (
    studio.SYNC_DATABASE
    + _LESSON
    + studio.rows("[Template(id=1), Lesson(id=1, template_id=1)]")
    + studio.sync_main("lesson_ids(1)")
)
_DATA = studio.ASYNC_DATABASE + _LESSON + studio.rows("[Template(id=1), Lesson(id=1, template_id=1)]")
_COUNT = _DATA + studio.async_session("assert await lesson_count(session, 1) in (0, 1)")
_FOR_IT = "session.add(Lesson(template_id=1))\n    "
_MAKE = studio.ASYNC_DATABASE + _LESSON + studio.rows("[]") + studio.async_session("await made(session)")
_CHANGES = studio.async_session("await changed_lessons(session, 1)")
_IDS = _DATA + studio.async_main("await lesson_ids(1)")

RULE = Rule(
    code="DET204",
    name="silent-noload",
    doc=__doc__ or "",
    on=(
        Read,
        StrategyMisuse,
    ),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _COUNT),
        Good(shown(__doc__, "Use instead"), _COUNT),
        Bad(
            """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="noload")


async def lesson_ids(template_id):
    async with SessionLocal() as session:
        template = await session.get(Template, template_id)
    return [lesson.id for lesson in template.lessons]  # fails
""",
            None,
            _IDS,
        ),
        Good(
            """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    lessons: Mapped[list[Lesson]] = relationship(lazy="selectin")


async def lesson_ids(template_id):
    async with SessionLocal() as session:
        template = await session.get(Template, template_id)
    return [lesson.id for lesson in template.lessons]
""",
            _IDS,
        ),
        Bad(_DYNAMIC.format(before=""), None, _TITLES),
        Good(_DYNAMIC.format(before="    ").replace("  # fails", ""), _TITLES),
        Bad(_DELETE.format(comment="  # fails"), None, studio.ASYNC_DATABASE + _LESSON + _LEFT),
        # The query of what is deleted loads them.
        Good(
            _DELETE.format(comment="").replace(
                "await session.delete(await session.get(Template, template_id))",
                f"{_LOADED}\n    await session.delete(template)",
            ),
            studio.ASYNC_DATABASE + _LESSON + _LEFT,
        ),
        # What has just been made has nothing behind it; what is made for it is not in the list.
        Good(_MADE.format(lesson="", comment=""), _MAKE),
        Bad(_MADE.format(lesson=_FOR_IT, comment="  # fails"), None, _MAKE),
        # What has changed is in memory.
        Good(_CHANGED, _DATA + _CHANGES),
        # The database deletes them.
        Good(_DELETE.format(comment=""), studio.ASYNC_DATABASE + _IN_DATABASE + _LEFT),
    ),
)
