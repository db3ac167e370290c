"""What a handler may claim of objects that its ``try`` has begun to read."""

import pytest

from detachlint.api import analyse_sources

_POLLING = """\
import logging

import requests
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Feed(Base):
    __tablename__ = "feed"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    state: Mapped[str]


def poll(session: Session, address: str):
    for feed in session.scalars(select(Feed)).all():
        try:
            {fetch}
            session.commit()
        except OSError:
            logging.error("could not poll %s", feed.name)  # the handler
"""


@pytest.mark.parametrize(
    ("fetch", "claimed"),
    [
        ("feed.state = requests.get(feed.url).text", False),
        ("feed.state = requests.get(address).text", True),
        ("feed.state = requests.get(feed.url if address else address).text", True),
    ],
)
def test_an_expired_row_that_the_statement_reads_is_there_when_it_raises(fetch: str, claimed: bool) -> None:
    text = _POLLING.format(fetch=fetch)
    handler = text.splitlines().index(next(x for x in text.splitlines() if x.endswith("# the handler"))) + 1
    lines = [f.line for f in analyse_sources({"app.py": text}).findings]
    assert (handler in lines) is claimed
