"""A method that Python calls by itself reads a lazy attribute without a guard.

## What it does

Reports `__repr__`, `__str__`, `__eq__`, `__hash__` and their like, written by
hand or generated for a dataclass, that read a relationship of the model without
looking first whether it is loaded. Where a call is seen that fails, the finding
is an error and tells the way; otherwise it is a warning.

## Why is this bad?

Nobody sees the call: a log line, a debugger, an error report or an `in` makes
it. So the attempt to log a problem raises `MissingGreenlet` or
`DetachedInstanceError`, in place of the problem.

## Example

```python
class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()

    def __repr__(self):
        return f"<Booking of {self.user.name}>"  # fails


async def check_in(session, booking_id):
    booking = await session.get(Booking, booking_id)
    logger.warning(f"checked in {booking}")
```

## Use instead

```python
class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()

    def __repr__(self):
        user = "?" if "user" in inspect(self).unloaded else self.user.name
        return f"<Booking of {user}>"


async def check_in(session, booking_id):
    booking = await session.get(Booking, booking_id)
    logger.warning(f"checked in {booking}")
```

A dataclass leaves a relationship out with `relationship(repr=False,
compare=False)`.

## Fix safety

The fix is unsafe, as it changes what is printed. If the project has a mixin
whose name says `SafeRepr`, the class inherits it and its own `__repr__` goes.
Otherwise a question mark is printed in place of what is not loaded, or the text
that Python has for any object. What a comparison should answer is for the author
to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detachlint.domain.edits import Applicability, Proposal, SafeRepr
from detachlint.domain.facts import Read, UnguardedRead
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import PROTOCOL_METHODS, classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, of_read, of_unguarded, read_in_method

_REMEDY = 'print columns only, or guard it: `if "{0}" not in inspect(self).unloaded`'


def check(fact: Read | UnguardedRead, context: RuleContext) -> Iterator[Draft]:
    remedy = _REMEDY.format(fact.attribute)
    if isinstance(fact, UnguardedRead):
        if fact.method in PROTOCOL_METHODS:
            yield replace(of_unguarded(fact, remedy), proposals=_proposals(fact))
    elif classify(fact, context) == RULE.code:
        draft = of_read(fact, read_in_method(fact, attribute(fact)), remedy, Severity.ERROR)
        yield replace(draft, proposals=_proposals(fact) or draft.proposals)


def _proposals(fact: Read | UnguardedRead) -> tuple[Proposal, ...]:
    """What a comparison should answer when it can't know is for the author to say."""
    if fact.method not in ("__repr__", "__str__"):
        return ()
    action = SafeRepr(fact.site, fact.entity, fact.method, fact.attribute)
    return (Proposal(action, Applicability.UNSAFE, f"let `{fact.method}` read only what is loaded"),)


_USER = """\
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


"""
_CHECK_IN = (
    studio.ASYNC_DATABASE
    + _USER
    + studio.rows("[Booking(id=1, user=User(id=1, name='Anna'))]")
    + studio.async_session("await check_in(session, 1)")
)
_NOTES = (
    studio.ASYNC_DATABASE
    + _USER
    + studio.rows("[Note(id=1, user=User(id=1, name='Anna')), Note(id=2, user_id=1)]")
    + studio.async_session("await is_same(session)")
)

RULE = Rule(
    code="DET201",
    name="unsafe-repr",
    doc=__doc__ or "",
    on=(Read, UnguardedRead),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _CHECK_IN),
        Good(shown(__doc__, "Use instead"), _CHECK_IN),
        Bad(
            """\
class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()

    def __eq__(self, other):
        return isinstance(other, Note) and self.user.name == other.user.name  # fails

    def __hash__(self):
        return hash(self.id)


async def is_same(session):
    first, second = (await session.scalars(select(Note))).all()
    return first == second
""",
            "MissingGreenlet",
            _NOTES,
        ),
        Good(
            """\
class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()

    def __eq__(self, other):
        return isinstance(other, Note) and self.user_id == other.user_id

    def __hash__(self):
        return hash(self.id)


async def is_same(session):
    first, second = (await session.scalars(select(Note))).all()
    return first == second
""",
            _NOTES,
        ),
    ),
)
