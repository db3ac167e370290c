"""A session or an unfetched result is used after its scope, or by several tasks.

## What it does

Reports the use of a session after the `with` block that closed it, fetching
from a result whose session is closed, one session in the hands of
concurrent tasks (`asyncio.gather`, a task group, threads), and the refresh of
an object by another session than its own, which is gone or holds it.

## Why is this bad?

A closed session begins again without complaint and keeps a connection that
nobody gives back. Rows that were not fetched before the session was closed
cannot be turned into objects: `InvalidRequestError`. A session holds one
transaction, and two tasks that use it at once get into each other's flush.
A session refreshes only objects that belong to it.

## Example

```python
async def names():
    async with SessionLocal() as session:
        users = await session.stream_scalars(select(User))
    return [user.name async for user in users]  # fails
```

## Use instead

```python
async def names():
    async with SessionLocal() as session:
        users = await session.stream_scalars(select(User))
        return [user.name async for user in users]
```

Give each task a session of its own, and fetch inside the block.

## Fix safety

What follows a `with` block and needs its session is moved to the end of the
block. The fix is unsafe: it is done before the session is closed, or its
transaction ended. There is no fix for other uses: how long the session has to
live is for the author to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.edits import Applicability, MoveIntoBlock, Proposal
from detachlint.domain.facts import SessionMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown

_MESSAGES = {
    "closed": "the session is used after its scope has closed it: a new transaction begins that nobody ends",
    "result-after-close": "the result is fetched after its session was closed",
    "concurrent": "the session is used by several tasks at once, which it does not support",
    "refresh-of-detached": "the object does not belong to this session, which refuses to refresh it",
}

_REMEDIES = {
    "closed": "keep the work inside the block, or open another session",
    "result-after-close": "fetch inside the block: `.all()`",
    "concurrent": "give each task a session of its own",
    "refresh-of-detached": "get the object again in this session, by its key",
}


def check(misuse: SessionMisuse, context: RuleContext) -> Iterator[Draft]:
    error = misuse.error or ("InvalidRequestError" if misuse.how == "result-after-close" else None)
    consequence = f" ({error})" if error is not None else ""
    yield Draft(
        misuse.site,
        _MESSAGES[misuse.how] + consequence,
        help=_REMEDIES[misuse.how],
        error=error,
        origin=misuse.origin,
        trace=misuse.trace,
        severity=Severity.ERROR if error is not None else None,
        proposals=(_move(misuse),) if misuse.how in ("closed", "result-after-close") else (),
    )


def _move(misuse: SessionMisuse) -> Proposal:
    return Proposal(MoveIntoBlock(misuse.site), Applicability.UNSAFE, "do it inside the block")


_NAMES = studio.ASYNC + studio.async_main("await names()")
_BOTH = studio.ASYNC + studio.async_main("await both()")
_FIRST = studio.ASYNC + studio.async_main("await first()")
_COUNT = studio.SYNC + studio.sync_main("count()")

RULE = Rule(
    code="DET402",
    name="session-escapes-scope",
    doc=__doc__ or "",
    on=(SessionMisuse,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), "InvalidRequestError", _NAMES),
        Good(shown(__doc__, "Use instead"), _NAMES),
        Bad(
            """\
def count():
    with SessionLocal() as session:
        users = session.scalars(select(User)).all()
    return len(users) + session.scalar(select(func.count(Lesson.id)))  # fails
""",
            None,
            _COUNT,
        ),
        Good(
            """\
def count():
    with SessionLocal() as session:
        users = session.scalars(select(User)).all()
        return len(users) + session.scalar(select(func.count(Lesson.id)))
""",
            _COUNT,
        ),
        Bad(
            """\
async def greet(session, user_id):
    user = await session.get(User, user_id)
    return f"Hello {user.name}"


async def both():
    async with SessionLocal() as session:
        return await asyncio.gather(greet(session, 1), greet(session, 2))  # fails
""",
            None,
            _BOTH,
        ),
        Good(
            """\
async def greet(user_id):
    async with SessionLocal() as session:
        user = await session.get(User, user_id)
    return f"Hello {user.name}"


async def both():
    return await asyncio.gather(greet(1), greet(2))
""",
            _BOTH,
        ),
        Good(
            """class Greetings:
    def __init__(self, session):
        self.session = session

    async def names(self):
        return [user.name for user in await self.session.scalars(select(User))]

    async def greet(self, name):
        await asyncio.sleep(0)
        return f"Hello {name}"

    async def all(self):
        return await asyncio.gather(*[self.greet(name) for name in await self.names()])


async def both():
    async with SessionLocal() as session:
        return await Greetings(session).all()
""",
            _BOTH,
        ),
        Bad(
            """\
async def greet(user):
    async with SessionLocal() as session:
        await session.refresh(user)  # fails
        return f"Hello {user.name}"


async def first():
    async with SessionLocal() as session:
        user = await session.get(User, 1)
    return await greet(user)
""",
            "InvalidRequestError",
            _FIRST,
        ),
        Good(
            """\
async def greet(user_id):
    async with SessionLocal() as session:
        user = await session.get(User, user_id)
        return f"Hello {user.name}"


async def first():
    async with SessionLocal() as session:
        user = await session.get(User, 1)
    return await greet(user.id)
""",
            _FIRST,
        ),
    ),
)
