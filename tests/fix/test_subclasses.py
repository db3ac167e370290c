"""What subclasses add to the columns of the class that is queried: loaded along with it."""

import pytest

from detachlint.rules.studio import ASYNC_DATABASE, rows
from tests.fix.mended import Edit, mend

IMPORTS = "from sqlalchemy.orm import aliased, joinedload, selectin_polymorphic, selectinload, undefer\n"
ROWS = """[Invoice(payments=[
        Card(digits="4242", owner="Ann"), Transfer(iban="LV", bank=Bank(name="B")), Voucher(code="V")
    ])]"""
PAYMENTS = f"""{ASYNC_DATABASE}
{IMPORTS}

class Bank(Base):
    __tablename__ = "banks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    payments: Mapped[list["Payment"]] = relationship()


class Payment(Base):
    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))

    __mapper_args__ = {{"polymorphic_on": "kind", "polymorphic_identity": "payment"}}


class Card(Payment):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    digits: Mapped[str]
    owner: Mapped[str] = mapped_column(deferred=True)

    __mapper_args__ = {{"polymorphic_identity": "card"}}


class Transfer(Payment):
    __tablename__ = "transfers"

    id: Mapped[int] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    iban: Mapped[str]
    bank_id: Mapped[int] = mapped_column(ForeignKey("banks.id"))
    bank: Mapped[Bank] = relationship()

    __mapper_args__ = {{"polymorphic_identity": "transfer"}}


class Voucher(Payment):
    code: Mapped[str | None]

    __mapper_args__ = {{"polymorphic_identity": "voucher"}}


{rows(ROWS)}

"""

SEVERAL = Edit(
    "columns of two subclasses",
    """\
async def shown(session):
    payments = (await session.scalars(select(Payment))).all()
    return [p.digits if isinstance(p, Card) else p.iban for p in payments if not isinstance(p, Voucher)]
""",
    """\
async def shown(session):
    payments = (await session.scalars(
        select(Payment).options(selectin_polymorphic(Payment, [Card, Transfer]))
    )).all()
    return [p.digits if isinstance(p, Card) else p.iban for p in payments if not isinstance(p, Voucher)]
""",
    "assert sorted(await shown(session)) == ['4242', 'LV']",
    PAYMENTS,
)
ONE_TABLE = Edit(
    "a subclass without a table of its own",
    """\
async def code(session):
    payment = await session.get(Payment, 3)
    assert isinstance(payment, Voucher)
    return payment.code
""",
    """\
async def code(session):
    payment = await session.get(Payment, 3, options=[selectin_polymorphic(Payment, [Voucher])])
    assert isinstance(payment, Voucher)
    return payment.code
""",
    "assert await code(session) == 'V'",
    PAYMENTS,
)
NAMED_ALREADY = Edit(
    "one more subclass in the option that is there",
    """\
async def shown(session):
    query = select(Payment).options(selectin_polymorphic(Payment, [Card]))
    payments = (await session.scalars(query)).all()
    return [p.digits if isinstance(p, Card) else p.iban for p in payments if not isinstance(p, Voucher)]
""",
    """\
async def shown(session):
    query = select(Payment).options(selectin_polymorphic(Payment, [Card, Transfer]))
    payments = (await session.scalars(query)).all()
    return [p.digits if isinstance(p, Card) else p.iban for p in payments if not isinstance(p, Voucher)]
""",
    "assert sorted(await shown(session)) == ['4242', 'LV']",
    PAYMENTS,
)
BELOW = Edit(
    "behind a relationship to the base class",
    """\
async def digits(session):
    query = select(Invoice).options(selectinload(Invoice.payments))
    invoice = (await session.scalars(query)).one()
    return [p.digits for p in invoice.payments if isinstance(p, Card)]
""",
    """\
async def digits(session):
    query = select(Invoice).options(selectinload(Invoice.payments).selectin_polymorphic([Card]))
    invoice = (await session.scalars(query)).one()
    return [p.digits for p in invoice.payments if isinstance(p, Card)]
""",
    "assert await digits(session) == ['4242']",
    PAYMENTS,
)
DEFERRED = Edit(
    "a column that the subclass defers",
    """\
async def owners(session):
    payments = (await session.scalars(select(Payment))).all()
    return [p.owner for p in payments if isinstance(p, Card)]
""",
    """\
async def owners(session):
    payments = (await session.scalars(
        select(Payment).options(selectin_polymorphic(Payment, [Card]), undefer(Card.owner))
    )).all()
    return [p.owner for p in payments if isinstance(p, Card)]
""",
    "assert await owners(session) == ['Ann']",
    PAYMENTS,
)
RELATIONSHIP = Edit(
    "a relationship of the subclass",
    """\
async def banks(session):
    payments = (await session.scalars(select(Payment))).all()
    return [p.bank.name for p in payments if isinstance(p, Transfer)]
""",
    """\
async def banks(session):
    payments = (await session.scalars(
        select(Payment).options(selectin_polymorphic(Payment, [Transfer]), joinedload(Transfer.bank))
    )).all()
    return [p.bank.name for p in payments if isinstance(p, Transfer)]
""",
    "assert await banks(session) == ['B']",
    PAYMENTS,
)
RELATIONSHIP_BELOW = Edit(
    "a relationship of the subclass, behind one to the base class",
    """\
async def banks(session):
    invoice = await session.get(Invoice, 1)
    return [p.bank.name for p in invoice.payments if isinstance(p, Transfer)]
""",
    """\
async def banks(session):
    invoice = await session.get(
        Invoice,
        1,
        options=[
            selectinload(Invoice.payments).options(
                selectin_polymorphic(Payment, [Transfer]),
                joinedload(Transfer.bank),
            ),
        ],
    )
    return [p.bank.name for p in invoice.payments if isinstance(p, Transfer)]
""",
    "assert await banks(session) == ['B']",
    PAYMENTS,
)
ALIAS = Edit(
    "of an alias",
    """\
async def digits(session):
    other = aliased(Payment)
    payments = (await session.scalars(select(other))).all()
    return [p.digits for p in payments if isinstance(p, Card)]
""",
    """\
async def digits(session):
    other = aliased(Payment)
    payments = (await session.scalars(select(other).options(selectin_polymorphic(other, [Card])))).all()
    return [p.digits for p in payments if isinstance(p, Card)]
""",
    "assert await digits(session) == ['4242']",
    PAYMENTS,
)

EDITS = (SEVERAL, ONE_TABLE, NAMED_ALREADY, BELOW, DEFERRED, RELATIONSHIP, RELATIONSHIP_BELOW, ALIAS)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_edit(edit: Edit) -> None:
    mended = mend(edit)
    assert mended.code == edit.after
    assert mended.outcome.error is None, mended.outcome
