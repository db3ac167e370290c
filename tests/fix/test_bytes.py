"""Everything outside of an edit stays byte for byte."""

from pathlib import Path

import pytest

from tests.cli.project import BASE, FAULTY, build, detachlint

AFTER = FAULTY.replace("booking_id)\n", "booking_id, options=[joinedload(Booking.user)])\n", 1).replace(
    "import AsyncSession\n", "import AsyncSession\nfrom sqlalchemy.orm import joinedload\n"
)
ORM = "from sqlalchemy.orm import"
ODD = "None  # \u00e9 \U0001f9d8 \u2028 \n\t# odd\n"


def _fixed(folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    wide = f"{'n' * 103} = [1]\n"  # lines of the program may be so long
    build(folder, {**BASE, "app/wide.py": wide, "app/service.py": data})
    monkeypatch.chdir(folder)
    result = detachlint("fix", "app")
    assert (result.exit_code, result.stderr) == (0, "")
    after = (folder / "app" / "service.py").read_bytes()
    assert detachlint("fix", "app").exit_code == 0
    assert (folder / "app" / "service.py").read_bytes() == after
    return after


def test_the_edit_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fixed(tmp_path, FAULTY.encode(), monkeypatch) == AFTER.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(FAULTY.replace("\n", "\r\n"), AFTER.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(FAULTY.replace("\n", "\r"), AFTER.replace("\n", "\r"), id="CR"),
        pytest.param(FAULTY.replace("    ", "\t"), AFTER.replace("    ", "\t"), id="tabs"),
        pytest.param("\ufeff" + FAULTY, "\ufeff" + AFTER, id="byte order mark"),
        pytest.param(FAULTY.rstrip("\n"), AFTER.rstrip("\n"), id="no newline at the end"),
        pytest.param(FAULTY + "\n\n  \n\f\n", AFTER + "\n\n  \n\f\n", id="blanks at the end"),
        pytest.param(
            FAULTY.replace("None\n", ODD).replace("booking =", "booking  =  "),
            AFTER.replace("None\n", ODD).replace("booking =", "booking  =  "),
            id="comments",
        ),
        pytest.param(
            '"""Names."""; x = "\\\n"\n' + FAULTY, '"""Names."""; x = "\\\n"\n' + AFTER, id="continued line"
        ),
    ],
)
def test_other_bytes_stay(before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fixed(tmp_path, before.encode(), monkeypatch) == after.encode()


def test_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "# coding: latin-1\n# Gen\u00e8ve\n"
    data = (head + FAULTY).encode("latin-1")
    assert _fixed(tmp_path, data, monkeypatch) == (head + AFTER).encode("latin-1")


def test_quotes_as_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """\
from app.models import User


async def register(session):
    user = User(name='Cleo')
    session.add(user)
    await session.flush()
    return len(user.bookings)
"""
    after = code.replace(
        "flush()\n", "flush()\n    await session.refresh(user, attribute_names=['bookings'])\n"
    ).replace("(session)", "(session: AsyncSession)")
    head = "from sqlalchemy.ext.asyncio import AsyncSession\n\n"
    before = head + code.replace("(session)", "(session: AsyncSession)")
    assert _fixed(tmp_path, before.encode(), monkeypatch) == (head + after).encode()


@pytest.mark.parametrize(
    ("imports", "after", "spelled"),
    [
        (
            "from sqlalchemy.orm import selectinload",
            "from sqlalchemy.orm import joinedload, selectinload",
            "",
        ),
        ("from sqlalchemy.orm import Session", "from sqlalchemy.orm import Session, joinedload", ""),
        ("from sqlalchemy.orm import joinedload as join", None, "join"),
        ("from sqlalchemy import orm", None, "orm.joinedload"),
        ("import sqlalchemy.orm as so", None, "so.joinedload"),
        ("import sqlalchemy.orm", None, "sqlalchemy.orm.joinedload"),
        (
            "from sqlalchemy.orm import (\n    Session,\n    selectinload,\n)",
            "from sqlalchemy.orm import (\n    Session,\n    joinedload,\n    selectinload,\n)",
            "",
        ),
        ("import sqlalchemy", "import sqlalchemy\nfrom sqlalchemy.orm import joinedload", ""),
    ],
)
def test_imports_as_in_the_file(
    imports: str, after: str | None, spelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "from sqlalchemy.ext.asyncio import AsyncSession\n"
    before = FAULTY.replace(line, f"{line}{imports}\n")
    expected = AFTER.replace("from sqlalchemy.orm import joinedload", after or imports)
    if spelled:
        expected = expected.replace("[joinedload(", f"[{spelled}(")
    assert _fixed(tmp_path, before.encode(), monkeypatch).decode() == expected


@pytest.mark.parametrize(
    ("imports", "name"),
    [("from app import models", "models.Booking"), ("from app.models import Booking as B", "B")],
)
def test_classes_as_in_the_file(
    imports: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "from app.models import Booking\n"
    before = FAULTY.replace(line, f"{imports}\n").replace("(Booking,", f"({name},")
    expected = (
        AFTER.replace(line, f"{imports}\n")
        .replace("(Booking,", f"({name},")
        .replace("Booking.user", f"{name}.user")
    )
    assert _fixed(tmp_path, before.encode(), monkeypatch).decode() == expected
