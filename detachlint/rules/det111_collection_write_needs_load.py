"""A collection that is not loaded is changed, which loads it.

## What it does

Reports `append`, `remove`, `clear`, an assignment and the like on a collection
that is not loaded, under an async session or after the session is gone.

## Why is this bad?

To change a collection SQLAlchemy has to know what is in it, so the first write
loads it, as a read does. Under asyncio that raises `MissingGreenlet`. An
assignment needs the old contents too, to find out what was removed.

## Example

```python
async def book(session, user_id, lesson_id):
    user = await session.get(User, user_id)
    user.bookings.append(Booking(lesson_id=lesson_id))  # fails
    await session.commit()
```

## Use instead

```python
async def book(session, user_id, lesson_id):
    user = await session.get(User, user_id)
    session.add(Booking(user=user, lesson_id=lesson_id))
    await session.commit()
```

Setting the many-to-one side loads nothing. Where the contents matter, load them
with `selectinload`; for a large collection there is `WriteOnlyMapped`.

## Fix safety

Adding `selectinload` is safe, though it loads the whole collection. Writing to
the other side is not offered as a fix.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Failure, Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, error, loader_option, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) != RULE.code:
        return
    name = attribute(read)
    if read.failure is Failure.INVALID_REQUEST:
        message = f"writing to `{name}` loads it first, which is refused ({error(read)})"
    else:
        message = f"`{name}` is not loaded, and writing to it loads it first ({error(read)})"
    remedy = f"set the other side of the relationship, or load it: `.options({loader_option(read)})`"
    yield of_read(read, message, remedy)


_BOOK = studio.ASYNC + studio.async_session("await book(session, 1, 1)")
_TAG = (
    studio.ASYNC_DATABASE
    + """\
class Template(Base):
    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Tag"]] = relationship()


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    template_id: Mapped[int | None] = mapped_column(ForeignKey("templates.id"))


"""
    + studio.rows("[Template(id=1)]")
    + studio.async_session("await retag(session, 1, 'springs')")
)

RULE = Rule(
    code="DET111",
    name="collection-write-needs-load",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _BOOK),
        Good(shown(__doc__, "Use instead"), _BOOK),
        Bad(
            """\
async def retag(session, template_id, label):
    template = await session.get(Template, template_id)
    template.tags = [Tag(label=label)]  # fails
    await session.commit()
""",
            "MissingGreenlet",
            _TAG,
        ),
        Good(
            """\
async def retag(session, template_id, label):
    template = await session.get(Template, template_id, options=[selectinload(Template.tags)])
    template.tags = [Tag(label=label)]
    await session.commit()
""",
            _TAG,
        ),
    ),
)
