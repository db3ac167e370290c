"""A mapped dataclass counts on a relationship's default after the flush.

## What it does

Reports a relationship of a mapped dataclass with a default
(`default_factory=list`, `default=None`) that is read after the flush of a new
object to which nobody gave it.

## Why is this bad?

Up to SQLAlchemy 2.0 the default was put into the object, and stayed there after
the flush. Since 2.1 it is not: the attribute is not loaded then, and reading it
raises `MissingGreenlet` under asyncio.

## Example

```python
class Locker(Base):
    __tablename__ = "lockers"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    number: Mapped[int]
    items: Mapped[list[Item]] = relationship(default_factory=list)


async def assign(session, number):
    locker = Locker(number=number)
    session.add(locker)
    await session.flush()
    return len(locker.items)  # fails
```

## Use instead

```python
class Locker(Base):
    __tablename__ = "lockers"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    number: Mapped[int]
    items: Mapped[list[Item]] = relationship(default_factory=list)


async def assign(session, number):
    locker = Locker(number=number)
    session.add(locker)
    await session.flush()
    await session.refresh(locker, attribute_names=["items"])
    return len(locker.items)
```

## Fix safety

A refresh that names the relationship is safe, and costs a query.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read, StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, named, of_misuse, of_read, refresh


def check(fact: Read | StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if isinstance(fact, StrategyMisuse):
        if fact.kind == "dataclass-default":
            message = f"SQLAlchemy 2.1 does not keep the default of `{named(fact)}` after a flush"
            yield of_misuse(
                fact, message, f"pass `{fact.attribute}=` when the object is made, or refresh it by name"
            )
    elif classify(fact, context) == RULE.code:
        message = f"the default of `{attribute(fact)}` is gone after the flush: {consequence(fact)}"
        yield of_read(fact, message, f"load it by name: `{refresh(fact)}`", Severity.ERROR)


_DATABASE = studio.ASYNC_DATABASE.replace(
    "class Base(AsyncAttrs,", "class Base(MappedAsDataclass, AsyncAttrs,"
)
_ITEM = """\
class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    locker_id: Mapped[int | None] = mapped_column(ForeignKey("lockers.id"), init=False)


"""
_DATA = _DATABASE + _ITEM + studio.rows("[]")
_ASSIGN = _DATA + studio.async_session("await assign(session, 7)")
_CLOSED = _DATA + studio.async_main("await assign(7)")

RULE = Rule(
    code="DET205",
    name="dataclass-relationship-default",
    doc=__doc__ or "",
    on=(
        Read,
        StrategyMisuse,
    ),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _ASSIGN),
        Good(shown(__doc__, "Use instead"), _ASSIGN),
        Bad(
            """\
class Locker(Base):
    __tablename__ = "lockers"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    items: Mapped[list[Item]] = relationship(default_factory=list)


async def assign(number):
    locker = Locker()
    async with SessionLocal() as session:
        session.add(locker)
        await session.commit()
    return [item.id for item in locker.items]  # fails
""",
            "DetachedInstanceError",
            _CLOSED,
        ),
        Good(
            """\
class Locker(Base):
    __tablename__ = "lockers"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    items: Mapped[list[Item]] = relationship(default_factory=list)


async def assign(number):
    locker = Locker(items=[Item()])
    async with SessionLocal() as session:
        session.add(locker)
        await session.commit()
    return [item.id for item in locker.items]
""",
            _CLOSED,
        ),
    ),
)
