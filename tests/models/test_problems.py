"""What the graph says of models that can't work, and of those that can't be seen whole."""

import pytest

from detachlint.domain.models import Direction, ModelGraph, Relationship
from detachlint.models.build import build
from detachlint.parse import ir
from detachlint.resolve.symbols import ModuleInfo, Symbol
from tests.models import model_text

_BASE = """
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass
"""


def _graph(text: str, **others: str) -> ModelGraph:
    files = {f"{name}.py": body for name, body in others.items()}
    return build(model_text.program({"models.py": text, **files}))


def _relationship(graph: ModelGraph, entity: str, name: str) -> Relationship:
    found = graph.entities[entity].attributes[name]
    assert isinstance(found, Relationship)
    return found


def test_unknown_class_is_a_problem_and_nothing_else() -> None:
    graph = _graph(
        _BASE
        + """
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped["Custmer"] = relationship()
"""
    )
    (problem,) = graph.problems
    assert problem.message == (
        "relationship 'Order.customer' names 'Custmer', which is not a mapped class of this program"
    )
    assert (problem.path, problem.fatal) == ("models.py", True)
    (site,) = graph.problem_sites
    customer = _relationship(graph, "models.Order", "customer")
    assert customer.site == site
    assert (customer.target, customer.target_name) == (None, "Custmer")
    assert customer.direction is Direction.MANY_TO_ONE
    assert not customer.uselist


def test_classes_that_are_made_when_the_program_runs_are_no_problem() -> None:
    graph = _graph(
        _BASE
        + """
from sqlalchemy.ext.declarative import AbstractConcreteBase
from sqlalchemy.orm import declared_attr

class Remark(AbstractConcreteBase, Base):
    text: Mapped[str]

class HasRemarks:
    @declared_attr
    def remarks(cls):
        made = type(f"{cls.__name__}Remark", (Remark, Base), {"__tablename__": f"{cls.__tablename__}_remark"})
        cls.Remark = made
        return relationship(made)

    @declared_attr
    def last_remark(cls):
        return relationship(cls.Remark)

class Order(HasRemarks, Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    all_remarks: Mapped[list[Remark]] = relationship()
"""
    )
    assert graph.problems == ()
    assert _relationship(graph, "models.Order", "remarks").target is None


def test_foreign_keys_of_unknown_tables_keep_their_text() -> None:
    graph = _graph(
        _BASE
        + """
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("elsewhere.id"))
"""
    )
    columns = {column.name: column.foreign_keys for column in graph.entities["models.Order"].columns}
    assert columns == {"id": (), "customer_id": ("elsewhere.id",)}


def test_computed_table_names_are_found_by_the_foreign_keys_that_use_them() -> None:
    graph = _graph(
        """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship
import inflect

class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls):
        return inflect.engine().plural(cls.__name__)

class Category(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    items = relationship("Item", back_populates="category")

class Item(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id = mapped_column(ForeignKey("categories.id"))
    category = relationship("Category", back_populates="items")
"""
    )
    assert _relationship(graph, "models.Category", "items").direction is Direction.ONE_TO_MANY
    assert _relationship(graph, "models.Item", "category").get_from == ("category_id",)


def test_computed_foreign_keys_are_told_by_their_names() -> None:
    graph = _graph(
        _BASE
        + """
SCHEMA = load()

class Writer(Base):
    __tablename__ = "writers"
    id: Mapped[int] = mapped_column(primary_key=True)
    books = relationship("Book", back_populates="author")

class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.writers.id"))
    author = relationship("Writer", back_populates="books")
"""
    )
    author = _relationship(graph, "models.Book", "author")
    assert (author.direction, author.get_from, author.uselist) == (
        Direction.MANY_TO_ONE,
        ("author_id",),
        False,
    )
    assert _relationship(graph, "models.Writer", "books").direction is Direction.ONE_TO_MANY


def test_a_base_of_an_unseen_package_is_believed_when_the_class_looks_mapped() -> None:
    graph = _graph(
        """
from company.db import Base
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship

class User(Base):
    __tablename__ = "users"
    name = Column(Integer)

class Post(Base):
    __tablename__ = "posts"
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User")

class Settings(Base):
    __tablename__ = "not a model: nothing is mapped"
    debug = True
"""
    )
    assert set(graph.entities) == {"models.User", "models.Post"}
    assert _relationship(graph, "models.Post", "user").get_from == ("user_id",)


def test_what_one_class_shows_of_an_unseen_base_holds_for_its_other_classes() -> None:
    graph = _graph(
        """
from company.db import Base
from company.spatial import Point
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import relationship

class Star(Base):
    __tablename__ = "stars"
    id = Column(Integer, primary_key=True)

class Planet(Base):
    star_id = Column(ForeignKey("stars.id"))
    star = relationship("Star")
    observer = relationship("User")

class Place(Point):
    name = Column(Integer)

class Settings(Base):
    debug = True
"""
    )
    assert set(graph.entities) == {"models.Star", "models.Planet"}
    assert _relationship(graph, "models.Planet", "star").get_from == ("star_id",)
    assert graph.problems == ()  # the package that has the base may have a User too


def test_a_base_that_names_all_tables_is_not_shown_by_a_class_with_two_unseen_ones() -> None:
    graph = _graph(
        """
from company.db import Base
from company.spatial import Point
from sqlalchemy import Column
from sqlalchemy.orm import declarative_base

Own = declarative_base()

class Star(Point, Base):
    __tablename__ = "stars"
    id = Column(primary_key=True)

class Moon(Point, Own):
    __tablename__ = "moons"
    id = Column(primary_key=True)

class Place(Point):
    name = Column()
"""
    )
    assert set(graph.entities) == {"models.Star", "models.Moon"}


def test_an_own_base_between_an_unseen_one_and_the_mapped_classes_is_no_obstacle() -> None:
    graph = _graph(
        """
from company.db import Base
from sqlalchemy import Column, ForeignKey
from sqlalchemy.orm import relationship

class Model(Base):
    __abstract__ = True

class User(Model):
    __tablename__ = "users"
    id = Column(primary_key=True)

class Post(Model):
    __tablename__ = "posts"
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User")
"""
    )
    assert set(graph.entities) == {"models.User", "models.Post"}
    assert _relationship(graph, "models.Post", "user").get_from == ("user_id",)


def test_columns_of_library_bases_are_known() -> None:
    graph = _graph(
        """
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyBaseOAuthAccountTableUUID
from sqlalchemy.orm import DeclarativeBase, Mapped, relationship

class Base(DeclarativeBase):
    pass

class OAuthAccount(SQLAlchemyBaseOAuthAccountTableUUID, Base):
    pass

class User(SQLAlchemyBaseUserTableUUID, Base):
    accounts: Mapped[list[OAuthAccount]] = relationship("OAuthAccount", lazy="joined")
"""
    )
    user = graph.entities["models.User"]
    assert user.table == "user"
    assert user.primary_key == ("id",)
    assert _relationship(graph, "models.User", "accounts").direction is Direction.ONE_TO_MANY


def test_django_and_pydantic_models_are_not_mapped() -> None:
    graph = _graph(
        """
from django.db import models
from pydantic import BaseModel, Field
from sqlmodel import SQLModel

class Article(models.Model):
    title = models.CharField()

class Schema(BaseModel):
    id: int = Field(default=1)

class Read(SQLModel):
    id: int
"""
    )
    assert graph.entities == {}


def test_nonsense_is_survived() -> None:
    graph = _graph(
        _BASE
        + """
import nowhere
from sqlalchemy.orm import backref

class Loop(Loop, Base):
    __tablename__ = "loop"
    id: Mapped = mapped_column(primary_key=True)

class Left(Right, Base):
    __tablename__ = Left.__tablename__

class Right(Left, Base):
    __tablename__ = "right"
    a = relationship()
    b = relationship(*args, **kwargs)
    c = relationship("(", secondary=unknown.table, primaryjoin="a b", lazy=nowhere.LAZY, back_populates=1)
    d: Mapped["list["] = relationship(backref=backref())
    e = relationship(lambda: nowhere.X[1](2), remote_side=lambda: [], foreign_keys=[1, "x", None])
    f: Mapped[list] = relationship("Right", primaryjoin="Right.a == Right.zz", secondaryjoin=3, uselist=maybe)
    g = mapped_column(ForeignKey(), ForeignKey(3), ForeignKey("..."), name=[], default=default)
    h = Column("h", ForeignKey("loop.id"), ForeignKey("."), onupdate=onupdate())
    default = default
    __table_args__ = 5
    __mapper_args__ = [1]

T = Table()
T2 = Table("t2", Base.metadata, Column(), Column("a", ForeignKey("t2.a")), *cols)
Right.x = relationship
Right.y = relationship(Right, secondary=T, order_by=lambda: 1)
x = y
y = x

class Fixed(Base):
    __table__ = x

class Same(Base):
    __tablename__ = "same"
    ref = ref2 = mapped_column(ForeignKey("same.ref"))
    here = relationship("Same", remote_side=[ref, "ref"])
"""
    )
    assert {"models.Right", "models.Fixed", "models.Same"} <= set(graph.entities)
    assert any("names '('" in problem.message for problem in graph.problems)


def test_cyclic_imports_are_no_trouble() -> None:
    graph = _graph(
        "from other import Base, B\n"
        "from sqlalchemy import ForeignKey\n"
        "from sqlalchemy.orm import Mapped, mapped_column, relationship\n"
        "class A(Base):\n"
        "    __tablename__ = 'a'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    bs: Mapped[list['B']] = relationship(back_populates='a')\n",
        other="from models import A\n"
        "from sqlalchemy import ForeignKey\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship\n"
        "class Base(DeclarativeBase):\n    pass\n"
        "class B(Base):\n"
        "    __tablename__ = 'b'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    a_id: Mapped[int] = mapped_column(ForeignKey(A.id))\n"
        "    a: Mapped[A] = relationship(back_populates='bs')\n",
    )
    assert graph.problems == ()
    assert _relationship(graph, "other.B", "a").target == "models.A"
    assert _relationship(graph, "models.A", "bs").target == "other.B"


def test_sites_are_those_of_the_declaring_file() -> None:
    graph = _graph(
        "from mixins import Base, Owned\n"
        "class Owner(Base):\n    __tablename__ = 'owner'\n    id = Base.key()\n"
        "class Car(Owned, Base):\n    __tablename__ = 'car'\n",
        mixins="from sqlalchemy import ForeignKey\n"
        "from sqlalchemy.orm import DeclarativeBase, declared_attr, mapped_column, relationship\n"
        "class Base(DeclarativeBase):\n    pass\n"
        "class Owned:\n"
        "    id = mapped_column(primary_key=True)\n"
        "    @declared_attr\n"
        "    def owner(cls):\n        return relationship('Owner')\n",
    )
    owner = _relationship(graph, "models.Car", "owner")
    assert (owner.owner, owner.site.path) == ("models.Car", "mixins.py")


def test_many_modules_take_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in resolved names, for the clock of a busy machine proves nothing."""
    services = {f"service{n}": "class Service:\n    def run(self):\n        return 1\n" for n in range(1500)}
    program = model_text.program({"models.py": _BASE, **{f"{k}.py": v for k, v in services.items()}})
    calls = 0
    resolve = program.resolve

    def counted(module: ModuleInfo, node: ir.Expr) -> Symbol:
        nonlocal calls
        calls += 1
        return resolve(module, node)

    monkeypatch.setattr(program, "resolve", counted)
    assert build(program).entities == {}
    assert calls < 100
