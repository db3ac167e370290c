"""The module that is written: what checkers say of it, and what its functions give."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from detachlint.api import analyse, safe_queries
from detachlint.synthesis.names import noun, plural
from tests.cli.project import build
from tests.synthesis.projects import (
    CLUB,
    CLUB_ANSWERS,
    FORUM,
    PRESS,
    SHOP,
    SHOP_ANSWERS,
    USE_BOOKING,
    USE_CLUB,
    USE_FORUM,
    USE_PRESS,
    USE_SHOP,
)

BACKEND = Path(__file__).parents[2] / "fixtures" / "booking"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs, each with its module, written from all but its own."""
    root = build(tmp_path_factory.mktemp("programs"), {**SHOP, **CLUB, **FORUM, **PRESS})
    shutil.copytree(BACKEND / "legacy", root / "legacy", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "legacy" / "safe_queries.py").unlink()
    for name in ("shop", "club", "forum", "press", "legacy"):
        text, problems = safe_queries([root / name], cwd=root)
        assert problems == ()
        (root / name / "safe_queries.py").write_text(text, encoding="utf-8")
    (root / "forum" / "use.py").write_text(USE_FORUM, encoding="utf-8")
    return root


def run(folder: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


MODULES = (
    "shop/safe_queries.py",
    "club/safe_queries.py",
    "legacy/safe_queries.py",
    "forum/safe_queries.py",
    "press/safe_queries.py",
)


def test_linter_and_formatter_have_nothing_to_say(folder: Path) -> None:
    run(folder, "-m", "ruff", "check", "--isolated", "--select", "E,F,W,I,B,UP,SIM,RUF,D4,PT", *MODULES)
    run(folder, "-m", "ruff", "format", "--isolated", "--check", *MODULES)


def test_the_types_are_right(folder: Path) -> None:
    run(folder, "-m", "mypy", "--strict", "--follow-imports=silent", *MODULES, "forum/use.py")


def test_it_gives_what_was_read_where_nothing_is_annotated(folder: Path) -> None:
    assert run(folder, "-c", USE_PRESS) == "['On loading'] Ann ['Ann']\n"


def test_nothing_fails_in_it(folder: Path) -> None:
    findings = analyse([folder / name.partition("/")[0] for name in MODULES], cwd=folder).findings
    assert [f for f in findings if f.path.endswith("safe_queries.py")] == []


def test_its_objects_can_be_read_without_a_session(folder: Path) -> None:
    assert run(folder, "-c", USE_SHOP) == SHOP_ANSWERS
    assert run(folder, "-c", USE_CLUB) == CLUB_ANSWERS


def test_the_routes_of_the_backend_would_have_what_they_read(folder: Path, tmp_path: Path) -> None:
    lines = run(folder, "-c", USE_BOOKING, str(tmp_path / "booking.db")).splitlines()
    assert lines[0] == "Anna Holm Reformer Flow Mia Berg True"
    assert lines[1:3] == ["Reformer Flow Mia Berg", "Mat Basics Noor Haddad"]
    assert len(lines) > 10


def test_a_caller_of_it_is_right(folder: Path) -> None:
    """The analyser follows the functions as it follows others."""
    caller = """\
from shop import safe_queries
from sqlalchemy import select
from sqlalchemy.orm import Session
from shop.models import Order


def names(make_session, number: int) -> list[object]:
    with Session() as session:
        found = safe_queries.safe_get_item(session, 1, 2)
        others = session.scalars(select(Order).options(*safe_queries.order_options())).all()
    return [found.order.customer.name, [order.items for order in others]]


def more(session: Session) -> object:
    with Session() as session:
        found = safe_queries.safe_get_item(session, 1, 2)
    return found.order.items
"""
    (folder / "shop" / "caller.py").write_text(caller, encoding="utf-8")
    findings = analyse([folder / "shop"], cwd=folder).findings
    (folder / "shop" / "caller.py").unlink()
    assert [(f.line, f.relationship) for f in findings if f.path == "shop/caller.py"] == [(17, "items")]


def written(files: Mapping[str, str], root: Path) -> str:
    return safe_queries([build(root, files)], cwd=root)[0]


def test_a_program_that_reads_columns_only_needs_none(tmp_path: Path) -> None:
    service = "from sqlalchemy import select\nfrom shop.models import Order\n\n\n"
    service += "def numbers(session):\n    return [o.id for o in session.scalars(select(Order))]\n"
    assert written({**SHOP, "shop/service.py": service}, tmp_path) == ""


def test_tests_are_no_demand(tmp_path: Path) -> None:
    test = "from sqlalchemy import select\nfrom shop.models import Order\n\n\n"
    test += "def test_it(session):\n    assert [o.customer for o in session.scalars(select(Order))]\n"
    files = {**SHOP, "shop/service.py": "", "tests/__init__.py": "", "tests/test_orders.py": test}
    assert written(files, tmp_path) == ""


def test_one_function_that_reads_for_two_queries(tmp_path: Path) -> None:
    """What a function reads is told apart by the query that its argument comes from."""
    service = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
from shop.models import Customer, Order


def name_of(order: Order) -> str:
    return order.customer.name


def first(session: Session, number: int) -> str:
    return name_of(session.get(Order, number))


def second(session: Session) -> list[str]:
    return [name_of(order) for order in session.scalars(select(Order))]


def third(session: Session) -> list[str]:
    customers = session.scalars(select(Customer)).unique()
    return [name_of(order) for customer in customers for order in customer.orders]
"""
    text = written({**SHOP, "shop/service.py": service}, tmp_path)
    assert text.count("joinedload(Order.customer)") == 2
    assert "select(Customer).options(selectinload(Customer.orders))" in text


@pytest.mark.parametrize(
    ("cls", "one", "many"),
    [
        ("Booking", "booking", "bookings"),
        ("ClassInstance", "class_instance", "class_instances"),
        ("Category", "category", "categories"),
        ("Challenges", "challenge", "challenges"),
        ("UserEntries", "user_entry", "user_entries"),
        ("Address", "address", "addresses"),
        ("Status", "status", "statuses"),
        ("Analysis", "analysis", "analyses"),
        ("APIKey", "api_key", "api_keys"),
        ("Boxes", "box", "boxes"),
    ],
)
def test_functions_are_named_in_english(cls: str, one: str, many: str) -> None:
    assert (noun(cls), plural(noun(cls))) == (one, many)


def test_the_first_object_and_the_one_with_a_key_have_names_of_their_own(tmp_path: Path) -> None:
    service = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
from shop.models import Order


def first_customer(session: Session) -> str:
    return session.scalars(select(Order)).first().customer.name


def customer(session: Session, order_id: int) -> str:
    return session.get(Order, order_id).customer.name
"""
    text = written({**SHOP, "shop/service.py": service}, tmp_path)
    assert re.findall(r"def (\w+)", text) == ["safe_get_first_order", "safe_get_order"]
    assert '"""Give the first order, or None.' in text
    assert text.count("session.scalars(statement).unique().first()") == 2
