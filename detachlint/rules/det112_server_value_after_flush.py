"""A value that the database computed is read after the flush that wrote it.

## What it does

Reports a read, after a flush or commit, of a column whose value the database
made: `onupdate=func.now()`, `server_onupdate`, or an attribute that was set to
an SQL expression; and one that a bulk `update()` set to an SQL function, of an
object that the session holds.

## Why is this bad?

SQLAlchemy does not know the value and fetches it when it is read. An INSERT
brings such values along where the database has RETURNING; an UPDATE does not by
default. Under asyncio the read raises `MissingGreenlet`, also with
`expire_on_commit=False`.

## Example

```python
class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=func.now(), onupdate=func.now())


async def edit(session, note_id, text):
    note = await session.get(Note, note_id)
    note.text = text
    await session.commit()
    return note.updated_at  # fails
```

## Use instead

```python
class Note(Base):
    __tablename__ = "notes"
    __mapper_args__ = {"eager_defaults": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=func.now(), onupdate=func.now())


async def edit(session, note_id, text):
    note = await session.get(Note, note_id)
    note.text = text
    await session.commit()
    return note.updated_at
```

Or fetch it: `await session.refresh(note, attribute_names=["updated_at"])`. A
Python function as `onupdate` needs neither.

## Fix safety

A refresh that names the column is safe, and costs a query. `eager_defaults`
changes every flush of the class and is not offered as a fix.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, of_read, refresh


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"the database computed `{attribute(read)}`, which is not fetched: {consequence(read)}"
        yield of_read(read, message, f"`{refresh(read)}`, or `eager_defaults` in the mapper arguments")


_EDIT = (
    studio.ASYNC_DATABASE
    + studio.rows("[Note(id=1, text='mat')]")
    + studio.async_session("await edit(session, 1, 'reformer')")
)
_COUNT = (
    studio.ASYNC_DATABASE
    + """\
class Package(Base):
    __tablename__ = "packages"

    id: Mapped[int] = mapped_column(primary_key=True)
    credits: Mapped[int]


"""
    + studio.rows("[Package(id=1, credits=10)]")
    + studio.async_session("await use_credit(session, 1)")
)

RULE = Rule(
    code="DET112",
    name="server-value-after-flush",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _EDIT),
        Good(shown(__doc__, "Use instead"), _EDIT),
        Bad(
            """\
async def use_credit(session, package_id):
    package = await session.get(Package, package_id)
    package.credits = Package.credits - 1
    await session.flush()
    return package.credits  # fails
""",
            "MissingGreenlet",
            _COUNT,
        ),
        Good(
            """\
async def use_credit(session, package_id):
    package = await session.get(Package, package_id)
    package.credits = Package.credits - 1
    await session.flush()
    await session.refresh(package, attribute_names=["credits"])
    return package.credits
""",
            _COUNT,
        ),
    ),
)
