"""Statements that a method makes for any class: options go where a class is asked for one."""

from detachlint.api import fix_sources
from detachlint.testing import Program, execute

MODELS = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm import scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
session = scoped_session(sessionmaker(engine))


class Base(DeclarativeBase):
    pass


class Listed:
    @classmethod
    def all(cls):
        return session.query(cls)


class Kept(Listed):
    @classmethod
    def all(cls):
        return super().all().filter(cls.gone.is_(None))


class Role(Kept, Base):
    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    gone: Mapped[bool | None]


class Alert(Kept, Base):
    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(primary_key=True)
    gone: Mapped[bool | None]
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"))
    role: Mapped[Role] = relationship()
"""
BEFORE = """\
from models import Alert, Role


def roles_of_alerts():
    return [(alert.id, alert.role.id) for alert in Alert.all().order_by(Alert.id)]


def roles_of_late_alerts():
    query = Alert.all()
    query = query.filter(Alert.id > 1)
    return [alert.role.id for alert in query.all()], Role.all().count()
"""
AFTER = """\
from sqlalchemy.orm import joinedload

from models import Alert, Role


def roles_of_alerts():
    return [
        (alert.id, alert.role.id)
        for alert in Alert.all().options(joinedload(Alert.role)).order_by(Alert.id)
    ]


def roles_of_late_alerts():
    query = Alert.all().options(joinedload(Alert.role))
    query = query.filter(Alert.id > 1)
    return [alert.role.id for alert in query.all()], Role.all().count()
"""
MAIN = """\
from alerts import roles_of_alerts, roles_of_late_alerts
from models import Alert, Base, Role, engine, session


def main():
    Base.metadata.create_all(engine)
    session.add_all([Alert(role=Role()), Alert(role=Role()), Alert(role=Role(), gone=True)])
    session.commit()
    session.close()
    assert roles_of_alerts() == [(1, 1), (2, 2)]
    session.close()
    assert roles_of_late_alerts() == ([2], 3)
"""


def test_options_go_where_the_class_is_asked() -> None:
    program = Program({"models.py": MODELS, "alerts.py": BEFORE, "main.py": MAIN})
    assert len(execute(program).lazy_loads) == 3
    done = fix_sources(program.files)
    assert {path: new for path, (_, new) in done.changed.items()} == {"alerts.py": AFTER}
    outcome = execute(Program({**program.files, "alerts.py": AFTER}))
    assert (outcome.error, outcome.lazy_loads) == (None, ())
