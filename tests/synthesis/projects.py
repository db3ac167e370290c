"""Small programs for which a module is written, and what is done with it then."""

SHOP = {
    "shop/__init__.py": "",
    "shop/models.py": """\
from __future__ import annotations

import enum
import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Status(enum.Enum):
    OPEN = "open"
    PAID = "paid"


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    story: Mapped[str] = mapped_column(deferred=True)
    orders: Mapped[list[Order]] = relationship(back_populates="customer")
    addresses: Mapped[list[Address]] = relationship(lazy="joined")
    visits: Mapped[list[Visit]] = relationship(lazy="dynamic")


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))


class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[Status]
    placed_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    customer: Mapped[Customer] = relationship(back_populates="orders", lazy="raise")
    items: Mapped[list[Item]] = relationship(back_populates="order")


class Item(Base):
    __tablename__ = "items"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[Order] = relationship(back_populates="items")


class Category(Base):
    __tablename__ = "categories"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    parent: Mapped[Category | None] = relationship(remote_side="Category.id")
""",
    "shop/logins.py": """\
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.models import Base, Customer


class Session(Base):
    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    session: Mapped[str]
    customer: Mapped[Customer] = relationship()
""",
    "shop/service.py": """\
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.logins import Session as Login
from shop.models import Category, Customer, Item, Order, Status


def name_of(order: Order) -> str:
    return order.customer.name


def waiting(session: Session) -> list[str]:
    query = select(Order).where(Order.status == Status.OPEN, Order.cancelled_at.is_(None))
    return [name_of(order) for order in session.scalars(query.order_by(Order.placed_at))]


def latest(session: Session, customer_id: UUID) -> list[int]:
    orders = session.scalars(select(Order).where(Order.customer_id == customer_id).limit(5)).all()
    return [item.line for order in orders for item in order.items]


def late(session: Session) -> list[int]:
    return [len(order.items) for order in session.scalars(select(Order).where(Order.id > 5))]


def everybody(session: Session) -> list[str]:
    names = []
    for customer in session.scalars(select(Customer)).unique():
        names += [customer.story for order in customer.orders for item in order.items]
        names += [str(visit.id) for visit in customer.visits]
    return names


def find_item(session: Session, order_id: int, line: int) -> str:
    item = session.get(Item, (order_id, line))
    assert item is not None
    return name_of(item.order)


def path(session: Session, category_id: int) -> list[str]:
    category = session.get(Category, category_id)
    names = []
    while category is not None:
        names.append(category.name)
        category = category.parent
    return names


def visitor(session: Session, text: str) -> str:
    login = session.scalars(select(Login).where(Login.session == text)).one()
    return login.customer.name


def count(session: Session) -> int:
    return len(session.scalars(select(Login)).all())
""",
}

USE_SHOP = """\
import sys
from datetime import datetime
from uuid import UUID

from shop import safe_queries as queries
from shop.logins import Session as Login
from shop.models import Address, Base, Category, Customer, Item, Order, Status
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import Session

ANNA = UUID(int=1)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    anna = Customer(id=ANNA, name="Anna", story="long", addresses=[Address(), Address()])
    for number in (6, 7):
        order = Order(id=number, status=Status.OPEN, placed_at=datetime(2026, 1, number))
        order.items = [Item(line=1), Item(line=2)]
        anna.orders.append(order)
    top = Category(id=1, name="top")
    for number in range(2, 7):
        top = Category(id=number, name=str(number), parent=top)
    session.add_all([anna, top, Login(session="abc", customer=anna)])
    session.commit()


def used(function, *arguments, **named):
    with Session(engine) as session:
        return function(session, *arguments, **named)


waiting = used(queries.safe_get_orders_by_status_without_cancelled_at, Status.OPEN)
print([(o.id, o.customer.name) for o in waiting])
print([[i.line for i in o.items] for o in used(queries.safe_get_orders_by_customer_id, ANNA, limit=1)])
with Session(engine) as session:
    late = session.scalars(select(Order).where(Order.id > 6).options(*queries.order_options())).all()
print([[i.line for i in o.items] for o in late])
print([(c.story, [[i.line for i in o.items] for o in c.orders]) for c in used(queries.safe_get_customers)])
item = used(queries.safe_get_item, 6, 2)
print(item.line, item.order.customer.name, len(item.order.customer.addresses))
category = used(queries.safe_get_category, 6)
names = []
while category is not None:
    names.append(category.name)
    category = category.parent
print(names)
print(used(queries.safe_get_logins_session_by_session, "abc").customer.name)
print(used(queries.safe_get_category, 99))
"""

SHOP_ANSWERS = """\
[(6, 'Anna'), (7, 'Anna')]
[[1, 2]]
[[1, 2]]
[('long', [[1, 2], [1, 2]])]
2 Anna 2
['6', '5', '4', '3', '2', 'top']
Anna
None
"""

CLUB = {
    "club/__init__.py": "",
    "club/models.py": """\
from sqlmodel import Field, Relationship, SQLModel


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    players: list["Player"] = Relationship(back_populates="team")


class Player(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Team | None = Relationship(back_populates="players")
""",
    "club/service.py": """\
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from club.models import Player


async def teammates(session: AsyncSession, name: str) -> list[str]:
    found = await session.exec(select(Player).where(Player.name == name))
    return [other.name for player in found.all() for other in player.team.players]
""",
}

USE_CLUB = """\
import asyncio

from club.models import Player, Team
from club.safe_queries import safe_get_players_by_name
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


async def main() -> None:
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(Team(name="red", players=[Player(name="Ada"), Player(name="Bea")]))
        await session.commit()
    async with AsyncSession(engine) as session:
        players = await safe_get_players_by_name(session, "Bea")
    print([sorted(other.name for other in player.team.players) for player in players])
    await engine.dispose()


asyncio.run(main())
"""

CLUB_ANSWERS = "[['Ada', 'Bea']]\n"

# Each function with what the routes of the old backend read of its objects.
USE_BOOKING = """\
import asyncio
import sys

from legacy import safe_queries as queries
from legacy.database import ReadSession
from legacy.main import running
from legacy.sync_database import SyncSessionLocal


async def used(function, *arguments):
    async with ReadSession() as session:
        return await function(session, *arguments)


async def main() -> None:
    async with running(f"sqlite+aiosqlite:///{sys.argv[1]}"):
        booking = await used(queries.safe_get_booking, 1)
        lesson = booking.class_instance
        print(booking.user.name, lesson.template.name, lesson.instructor.name, booking.payment is not None)
        for booking in await used(queries.safe_get_bookings_by_user_id, 1):
            print(booking.class_instance.template.name, booking.class_instance.instructor.name)
        for booking in await used(queries.safe_get_bookings_by_class_instance_id, 1):
            print(booking.user.name, len(booking.user.packages))
        print(len([b.class_instance.starts_at for b in await used(queries.safe_get_bookings)]))
        lesson = await used(queries.safe_get_class_instance, 1)
        print(lesson.template.level, lesson.instructor.name, lesson.waitlist)
        print([c.available_spots for c in await used(queries.safe_get_class_instances)])
        template = await used(queries.safe_get_class_template, 1)
        print(len(template.instances), [tag.label for tag in template.tags])
        print(len((await used(queries.safe_get_instructor, 1)).bio) > 0)
        print([i.studio.name for i in await used(queries.safe_get_instructors)])
        print([p.user.name for p in await used(queries.safe_get_user_packages)])
        print([p.package.name for p in await used(queries.safe_get_user_packages_by_user_id, 1)])
        print((await used(queries.safe_get_user, 1)).to_dict()["bookings"])
        print([len(user.bookings) for user in await used(queries.safe_get_users)])
        with SyncSessionLocal() as session:
            attended = queries.safe_get_bookings_sync(session)
        print(sorted({b.user.name for b in attended}))


asyncio.run(main())
"""

FORUM = {
    "forum/__init__.py": "",
    "forum/models.py": """\
from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Topic(Base):
    __tablename__ = "topics"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship()
""",
    "forum/views.py": """\
from sqlalchemy import create_engine, select
from sqlalchemy.orm import scoped_session, sessionmaker

from forum.models import Topic

db = scoped_session(sessionmaker(create_engine("sqlite://")))


def author_of(topic_id: int) -> str:
    topic = db.scalars(select(Topic).where(Topic.id == topic_id)).one()
    return topic.author.name
""",
}
"""A program whose session is a registry of sessions."""

USE_FORUM = """\
from forum.safe_queries import safe_get_topic
from forum.views import db


def author_of(topic_id: int) -> str:
    topic = safe_get_topic(db, topic_id)
    assert topic is not None
    return topic.author.name
"""

PRESS = {
    "press/__init__.py": "",
    "press/models.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Writer(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    articles = db.relationship("Article", backref="writer")


class Article(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String)
    writer_id = db.Column(db.ForeignKey("writer.id"))
""",
    "press/views.py": """\
from press.models import Article, Writer


def titles_of(name):
    writer = Writer.query.filter_by(name=name).first()
    return [article.title for article in writer.articles]


def writer_of(article_id):
    return Article.query.get(article_id).writer.name


def pages():
    return [(article.title, article.writer.name) for article in Article.query.all()]
""",
}
"""A program whose relationships have no annotation."""

USE_PRESS = """\
from flask import Flask

from press.models import Article, Writer, db
from press.safe_queries import safe_get_article, safe_get_articles, safe_get_writer_by_name

app = Flask("press")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
with app.app_context():
    db.create_all()
    db.session.add(Writer(name="Ann", articles=[Article(title="On loading")]))
    db.session.commit()
    db.session.close()
    writer = safe_get_writer_by_name(db.session, "Ann")
    article = safe_get_article(db.session, 1)
    articles = safe_get_articles(db.session)
    db.session.close()
print([each.title for each in writer.articles], article.writer.name, [each.writer.name for each in articles])
"""
