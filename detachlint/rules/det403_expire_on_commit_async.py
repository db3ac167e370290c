"""An async session factory leaves `expire_on_commit` on.

## What it does

Reports `async_sessionmaker(...)`, `AsyncSession(...)` and
`sessionmaker(class_=AsyncSession)` without `expire_on_commit=False`.

## Why is this bad?

With the default, each `commit()` unloads every attribute of every object in the
session, primary keys included. The next read would load it again, which asyncio
does not allow: even `return user.id` after a commit raises `MissingGreenlet`.
SQLAlchemy's own documentation recommends `False` for asyncio.

## Example

```python
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = async_sessionmaker(engine)  # fails
```

## Use instead

```python
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
```

## Fix safety

The fix is unsafe: code may count on objects being read afresh after a commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import SessionFactory
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules.remedies import keep_after_commit
from detachlint.rules.text import shown


def check(factory: SessionFactory, context: RuleContext) -> Iterator[Draft]:
    if factory.is_async and factory.expire_on_commit:
        message = "this async session expires every object on commit, and then no attribute can be read"
        remedy = "make it with `expire_on_commit=False`"
        yield Draft(factory.site, message, help=remedy, proposals=(keep_after_commit(factory.site),))


_IMPORTS = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker


def main():
    pass


"""

RULE = Rule(
    code="DET403",
    name="expire-on-commit-async",
    doc=__doc__ or "",
    on=(SessionFactory,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _IMPORTS),
        Good(shown(__doc__, "Use instead"), _IMPORTS),
        Bad(
            """\
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = sessionmaker(engine, class_=AsyncSession, autoflush=False)  # fails
""",
            None,
            _IMPORTS,
        ),
        Good(
            """\
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = sessionmaker(engine, class_=AsyncSession, autoflush=False, expire_on_commit=False)
""",
            _IMPORTS,
        ),
    ),
)
