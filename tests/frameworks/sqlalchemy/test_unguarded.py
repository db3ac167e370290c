"""Methods of models that fail whenever the caller has loaded too little."""

from detachlint.api import analyse_sources
from detachlint.domain.findings import Severity
from tests.frameworks.sqlalchemy.shop import MODELS

METHODS = """

class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(LAZY)

    @property
    def label(self):
        return self.order.status  # unguarded

    @property
    def safe_label(self):
        return self.order.status if "order" in self.__dict__ else None

    @property
    def address(self):
        return self.order_id

    def __str__(self):
        return f"{self.order.id}"  # unguarded

    async def reload(self):
        return self.order
"""
SYNC = MODELS.replace("sqlalchemy.ext.asyncio", "sqlalchemy.orm").replace(
    "AsyncSession, async_sessionmaker", "sessionmaker"
)
SYNC = (
    SYNC.replace("create_async_engine(", "(")
    .replace("async_sessionmaker", "sessionmaker")
    .replace(", create_async_engine", "")
)


def unguarded(models: str, lazy: str = "") -> list[int]:
    text = models + METHODS.replace("LAZY", lazy)
    findings = analyse_sources({"models.py": text}).findings
    assert {(f.severity, f.error) for f in findings} <= {(Severity.WARNING, None)}
    return [f.line for f in findings if f.code in ("DET201", "DET202")]


def marked(models: str) -> list[int]:
    text = (models + METHODS).splitlines()
    return [number for number, line in enumerate(text, start=1) if line.endswith("# unguarded")]


def test_under_asyncio() -> None:
    assert unguarded(MODELS) == marked(MODELS)


def test_what_the_mapping_loads() -> None:
    assert unguarded(MODELS, 'lazy="joined"') == []


def test_a_synchronous_program_loads_lazily() -> None:
    assert unguarded(SYNC) == []


def test_a_relationship_that_refuses() -> None:
    assert unguarded(SYNC, 'lazy="raise"') == marked(SYNC)


def test_a_call_that_fails_says_more() -> None:
    text = (
        MODELS
        + METHODS.replace("LAZY", "")
        + (
            "\n\nasync def f():\n    async with SessionLocal() as session:\n"
            "        parcel = await session.get(Parcel, 1)\n        return parcel.label\n"
        )
    )
    findings = [f for f in analyse_sources({"models.py": text}).findings if f.line == marked(MODELS)[0]]
    assert [(f.code, f.error) for f in findings] == [("DET202", "MissingGreenlet")]
