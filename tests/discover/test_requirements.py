from pathlib import Path

import pytest

from detachlint.discover import sqlalchemy_version
from tests.discover.test_discover import build


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("requirements.txt", "flask-sqlalchemy==3.0.5\nsqlalchemy==1.4.54\n", "1"),
        ("requirements.txt", "SQLAlchemy[asyncio]~=2.0.38  # 1.4 is too old\n", "2"),
        ("requirements.in", "sqlalchemy<2  # major upgrade\n", "1"),
        ("requirements/base.txt", "SQLAlchemy==2.0.19 \\\n    --hash=sha256:00\n", "2"),
        ("requirements.txt", "SQLAlchemy>=1.4.1\n", ""),
        ("requirements.txt", "SQLAlchemy>=1.3.0,<2.1.0\n", ""),
        ("requirements.txt", "SQLAlchemy>=1.4,<=2.0.37\n", ""),
        ("requirements.txt", "marshmallow-sqlalchemy==1.5.0\nsqlalchemy\nsqlalchemy-utils==0.41\n", ""),
        ("pyproject.toml", '[project]\ndependencies = ["sqlalchemy>=1.3,<1.4", "x>=2"]\n', "1"),
        ("pyproject.toml", '[project]\ndependencies = ["sqlalchemy", "alembic==1.4"]\n', ""),
        ("pyproject.toml", '[project]\ndependencies = ["sqlalchemy (>=2.0.36,<3.0.0)"]\n', "2"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nSQLAlchemy = "^1.4.52"\n', "1"),
        ("pyproject.toml", '[tool.x]\nsqlalchemy = {extras = ["asyncio"], version = "^2.0"}\n', "2"),
        ("setup.py", "setup(install_requires=['SQLAlchemy ~= 1.3.24', 'x>2'])\n", "1"),
        ("setup.cfg", "[options]\ninstall_requires =\n    sqlalchemy >= 2.0.1, <= 2.0.37\n", "2"),
        ("uv.lock", '[[package]]\nname = "sqlalchemy"\nversion = "2.0.51"\n', "2"),
        ("poetry.lock", '[[package]]\nname = "SQLAlchemy"\nversion = "1.4.46"\n', "1"),
        ("README.md", "sqlalchemy==1.4.54", ""),
    ],
)  # fmt: skip
def test_what_a_file_says(tmp_path: Path, file: str, text: str, version: str) -> None:
    build(tmp_path, {".git/HEAD": "", file: text})
    assert sqlalchemy_version([tmp_path]) == version


def test_a_lock_file_is_exact(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".git/HEAD": "",
            "pyproject.toml": '[project]\ndependencies = ["sqlalchemy>=1.4"]\n',
            "uv.lock": 'name = "sqlalchemy"\nversion = "1.4.54"\n',
        },
    )
    assert sqlalchemy_version([tmp_path]) == "1"


def test_the_nearest_folder_that_says_something(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "requirements.txt": "sqlalchemy==2.0\n",
            "repo/.git/HEAD": "",
            "repo/requirements.txt": "sqlalchemy==1.4.54\n",
            "repo/new/pyproject.toml": '[project]\ndependencies = ["sqlalchemy>=2"]\n',
            "repo/new/src/app.py": "",
            "bare/.git/HEAD": "",
        },
    )
    repo = tmp_path / "repo"
    assert sqlalchemy_version([repo / "new" / "src"]) == "2"
    assert sqlalchemy_version([repo / "old"]) == "1"
    assert sqlalchemy_version([repo / "new", repo / "old"]) == ""
    assert sqlalchemy_version([tmp_path / "bare"]) == ""


def test_files_that_contradict_each_other(tmp_path: Path) -> None:
    build(
        tmp_path,
        {".git/HEAD": "", "requirements.txt": "sqlalchemy==1.4.54", "setup.py": "'sqlalchemy>=2'"},
    )
    assert sqlalchemy_version([tmp_path]) == ""
