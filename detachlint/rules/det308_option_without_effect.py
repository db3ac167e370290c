"""A loader option has no effect on this query.

## What it does

Reports a loader option for a class or alias that the query does not select, one
that names a property of the class in place of a relationship, and options of
`session.get` for an object that is in the session already.

## Why is this bad?

For a class that the query does not select, SQLAlchemy raises `ArgumentError`
when the query runs; for a property, when the option is made. `session.get` returns an
object that it has as it is, and ignores the options without a word: the
relationship stays unloaded.

## Example

```python
async def last_booking(session):
    query = select(Booking).options(selectinload(User.bookings)).limit(1)
    return (await session.scalars(query)).one()  # fails
```

## Use instead

```python
async def last_booking(session):
    query = select(Booking).options(joinedload(Booking.user).selectinload(User.bookings)).limit(1)
    return (await session.scalars(query)).one()
```

For an object that may be in the session, use `select(...)`, or
`populate_existing=True` with `get`.

## Fix safety

Where one relationship leads from the class that the query selects to the one
that the option is for, the option is begun with that. The fix is unsafe: the
author may have meant another query. There is no fix for other options.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.edits import Applicability, Proposal, StartOption
from detachlint.domain.facts import StrategyMisuse, Via
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse, short


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind != "option-without-effect":
        return
    name = named(misuse)
    if misuse.detail == "get":
        message = f"`get` ignores the option for `{name}`: the object is in the session already"
        yield of_misuse(misuse, message, "load it by the first query, or pass `populate_existing=True`")
    elif misuse.detail == "property":
        message = f"`{name}` is a property and not mapped: the option raises ArgumentError"
        yield of_misuse(misuse, message, "name the relationships that the property reads")
    else:
        message = f"the option for `{name}` has no effect: the query does not select `{short(misuse.entity)}`"
        remedy = "start the option at a class that the query selects"
        yield of_misuse(misuse, message, remedy, proposals=tuple(_begun(misuse, context)))


def _begun(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Proposal]:
    """Along the only relationship that leads there."""
    selected = context.models.entities.get(misuse.detail)
    ways = [r for r in selected.relationships if r.target == misuse.entity] if selected is not None else []
    if len(ways) == 1 and misuse.origin is not None:
        via = Via(misuse.detail, ways[0].name, ways[0].uselist)
        action = StartOption(misuse.origin, misuse.entity, misuse.attribute, via)
        message = f"begin the option with `{short(misuse.detail)}.{ways[0].name}`"
        yield Proposal(action, Applicability.UNSAFE, message)


_LAST = studio.ASYNC + studio.async_session("await last_booking(session)")
_RENAME = studio.ASYNC + studio.async_session("await rename(session, 1)")

RULE = Rule(
    code="DET308",
    name="option-without-effect",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "ArgumentError", _LAST),
        Good(shown(__doc__, "Use instead"), _LAST),
        Bad(
            """\
class Writer(Base):
    __tablename__ = "writer"
    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[list["Note"]] = relationship()

    @property
    def newest(self):
        return self.notes[-1]


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    writer_id: Mapped[int] = mapped_column(ForeignKey("writer.id"))


async def last_booking(session):
    return (await session.scalars(select(Writer).options(selectinload(Writer.newest)))).first()  # fails
""",
            "ArgumentError",
            _LAST,
        ),
        Bad(
            """\
async def rename(session, user_id):
    user = await session.get(User, user_id)
    user.name = "Anne"
    again = await session.get(User, user_id, options=[selectinload(User.bookings)])  # fails
    return again.name
""",
            None,
            _RENAME,
        ),
        Good(
            """\
async def rename(session, user_id):
    user = await session.get(User, user_id, options=[selectinload(User.bookings)])
    user.name = "Anne"
    again = await session.get(User, user_id)
    return again.name, len(again.bookings)
""",
            _RENAME,
        ),
    ),
)
