"""The analysis did not follow all paths of this function (`--strict` only).

## What it does

With `--strict`, reports each function of which a bound of the analysis left
something out: more paths, more ways to call it, deeper calls or more work than
is followed. Without `--strict` it reports nothing.

## Why is this bad?

It need not be. What was left out may hold an unloaded read that nobody has
seen, so [DET001](DET001.md) being clean proves nothing about this function.

## Example

```python
async def find(session, a, b, c, d, e):  # fails
    query = select(Booking)
    if a:
        query = query.options(joinedload(Booking.user))
    if b:
        query = query.options(joinedload(Booking.lesson))
    if c:
        query = query.options(load_only(Booking.id))
    if d:
        query = query.options(raiseload("*"))
    if e:
        query = query.limit(1)
    return await session.scalar(query)
```

## Use instead

```python
async def find(session, *options):
    query = select(Booking).options(*options)
    return await session.scalar(query)
```

A function that decides less has fewer paths: let its callers say what they need.

## Fix safety

There is no fix.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import CutOff
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown


def check(cut: CutOff, context: RuleContext) -> Iterator[Draft]:
    what = f"`{cut.function}`" if cut.function else "the module's own code"
    yield Draft(
        cut.site,
        f"not all of {what} was followed: {cut.reason}",
        help="split it, or let its callers decide what it decides",
        reason=cut.reason,
    )


_FIND = studio.ASYNC + studio.async_session("await find(session, *(len(str(n)) > 1 for n in range(5)))")
_OPTIONS = studio.ASYNC + studio.async_session("await find(session, joinedload(Booking.user))")

RULE = Rule(
    code="DET002",
    name="unfollowed-path",
    doc=__doc__ or "",
    on=(CutOff,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _FIND),
        Good(shown(__doc__, "Use instead"), _OPTIONS),
        Bad(
            """\
def walk(session, lesson, depth):  # fails
    session.commit()
    return walk(session, lesson, depth - 1) if depth else lesson.title
""",
            None,
            studio.SYNC + studio.sync_session("walk(session, session.get(Lesson, 1), 2)"),
        ),
        Good(
            """\
def walk(session, lesson, depth):
    for _ in range(depth):
        session.commit()
    return lesson.title
""",
            studio.SYNC + studio.sync_session("walk(session, session.get(Lesson, 1), 2)"),
        ),
    ),
)
