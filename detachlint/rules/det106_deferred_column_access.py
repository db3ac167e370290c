"""A column that the query left out is read where it cannot be loaded.

## What it does

Reports a read of a column that is mapped with `deferred=True`, or that the
query left out with `defer`, `load_only` or a text statement, under an async
session or after the session is gone.

## Why is this bad?

A column that was left out is loaded when it is read, as an unloaded
relationship is. Under asyncio that raises `MissingGreenlet`, on a detached
object `DetachedInstanceError`. `load_only` is easily forgotten when, far away,
one more column is read.

## Example

```python
async def mailing_list(session):
    users = (await session.scalars(select(User).options(load_only(User.id)))).all()
    return [user.name for user in users]  # fails
```

## Use instead

```python
async def mailing_list(session):
    users = (await session.scalars(select(User).options(load_only(User.id, User.name)))).all()
    return [user.name for user in users]
```

For a column that is deferred by its mapping, add
`.options(undefer(User.biography))`.

## Fix safety

Loading one more column is safe. It may be a large one: that is why it was left
out.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        name = attribute(read)
        message = f"the column `{name}` was left out: {consequence(read)}"
        yield of_read(read, message, f"add it to `load_only(...)`, or load it: `.options(undefer({name}))`")


_MAILING_LIST = studio.ASYNC + studio.async_session("await mailing_list(session)")
_PROFILE = studio.ASYNC + studio.async_main("await profile(1)")

RULE = Rule(
    code="DET106",
    name="deferred-column-access",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _MAILING_LIST),
        Good(shown(__doc__, "Use instead"), _MAILING_LIST),
        Bad(
            """\
# biography: Mapped[str] = mapped_column(deferred=True)
async def profile(user_id):
    async with SessionLocal() as session:
        user = await session.get(User, user_id)
    return {"name": user.name, "biography": user.biography}  # fails
""",
            "DetachedInstanceError",
            _PROFILE,
        ),
        Good(
            """\
# biography: Mapped[str] = mapped_column(deferred=True)
async def profile(user_id):
    async with SessionLocal() as session:
        user = await session.get(User, user_id, options=[undefer(User.biography)])
    return {"name": user.name, "biography": user.biography}
""",
            _PROFILE,
        ),
    ),
)
