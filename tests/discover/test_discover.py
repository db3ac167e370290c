import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from detachlint.config import Config
from detachlint.discover import Discovery, discover
from detachlint.domain.source import Problem


def build(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def paths(discovery: Discovery) -> list[str]:
    return [file.path for file in discovery.files]


def modules(discovery: Discovery) -> dict[str, str]:
    return {file.path: file.module for file in discovery.files}


def test_files_are_sorted_and_relative_to_the_working_directory(tmp_path: Path) -> None:
    build(tmp_path, {"b.py": "", "a/c.py": "", "a/b.pyi": "", "a/notes.md": ""})
    found = discover([tmp_path], Config(), tmp_path)
    assert paths(found) == ["a/c.py", "b.py"]
    assert found.problems == ()
    assert paths(discover(["../b.py"], Config(), tmp_path / "a")) == ["../b.py"]


def test_what_is_no_source_is_left_out(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "app.py": "",
            ".venv/lib.py": "",
            "env/pyvenv.cfg": "",
            "env/lib.py": "",
            "node_modules/x/setup.py": "",
            "build/lib/app.py": "",
            "dist/app.py": "",
            "pkg/__pycache__/app.py": "",
            "x.egg-info/y.py": "",
        },
    )
    assert paths(discover(["."], Config(), tmp_path)) == ["app.py"]


def test_an_ignored_folder_is_searched_when_it_is_named(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitignore": "build/\n",
            "build/.gitignore": "gen*.py\n",
            "build/a.py": "",
            "build/gen1.py": "",
        },
    )
    assert paths(discover(["build"], Config(), tmp_path)) == ["build/a.py"]
    assert paths(discover(["build/gen1.py"], Config(), tmp_path)) == ["build/gen1.py"]


def test_gitignore_files_are_obeyed_from_the_root_of_the_repository_down(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".git/info/exclude": "secret.py\n",
            ".gitignore": "*_gen.py\n/local/\n",
            "app/.gitignore": "!keep_gen.py\nscratch/\n",
            "app/a.py": "",
            "app/b_gen.py": "",
            "app/keep_gen.py": "",
            "app/scratch/c.py": "",
            "app/local/d.py": "",
            "local/e.py": "",
            "app/secret.py": "",
        },
    )
    expected = ["app/a.py", "app/keep_gen.py", "app/local/d.py"]
    assert paths(discover(["."], Config(), tmp_path)) == expected
    assert paths(discover(["app"], Config(), tmp_path)) == expected
    everything = discover(["."], Config(respect_gitignore=False), tmp_path)
    assert "local/e.py" in paths(everything)


def test_exclude_counts_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    build(tmp_path, {"app/migrations/a.py": "", "app/a.py": "", "migrations/b.py": ""})
    config = Config(root=tmp_path, exclude=("/app/migrations",))
    assert paths(discover(["app", "migrations"], config, tmp_path)) == ["app/a.py", "migrations/b.py"]
    assert paths(discover(["."], config, tmp_path / "app")) == ["a.py"]


def test_a_file_is_found_once(tmp_path: Path) -> None:
    build(tmp_path, {"app/a.py": ""})
    assert paths(discover([".", "app", "app/a.py", tmp_path / "app/../app"], Config(), tmp_path)) == [
        "app/a.py"
    ]


def test_links(tmp_path: Path) -> None:
    outside = build(tmp_path / "outside", {"shared.py": "", "lib/x.py": ""})
    inside = build(tmp_path / "inside", {"a.py": "", "pkg/b.py": ""})
    (inside / "again.py").symlink_to("a.py")
    (inside / "shared.py").symlink_to(outside / "shared.py")
    (inside / "lib").symlink_to(outside / "lib")
    (inside / "pkg" / "up").symlink_to("..")
    (inside / "broken.py").symlink_to("nowhere.py")
    (inside / "itself.py").symlink_to("itself.py")
    found = discover(["."], Config(), inside)
    assert paths(found) == ["a.py", "pkg/b.py", "shared.py"]
    assert found.problems == (
        Problem("broken.py", 1, "is a broken link"),
        Problem("itself.py", 1, "is a broken link"),
    )


def test_paths_that_cannot_be_used(tmp_path: Path) -> None:
    build(tmp_path, {"empty.py": "", "docs/index.md": ""})
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "link.py").symlink_to("nowhere")
    found = discover(["none", "empty.py", "docs", "pipe.py", "link.py"], Config(), tmp_path)
    assert found.problems == (
        Problem("empty.py", 1, "is empty: nothing to check", fatal=False),
        Problem("link.py", 1, "is a broken link"),
        Problem("none", 1, "no such file or folder"),
        Problem("pipe.py", 1, "is neither a file nor a folder"),
    )
    assert discover(["docs"], Config(), tmp_path).problems == (
        Problem("docs", 1, "no Python files found", fatal=False),
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    build(tmp_path, {"a.py": "", "shut/b.py": ""})
    (tmp_path / "shut").chmod(0)
    found = discover(["."], Config(), tmp_path)
    (tmp_path / "shut").chmod(0o700)
    assert paths(found) == ["a.py"]
    assert found.problems == (Problem("shut", 1, "cannot be read: Permission denied"),)


def test_templates_are_kept_apart(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "app/templates/mail/hello.txt": "",
            "app/templates/page.html": "",
            "app/templates/filters.py": "",
            "app/staff_templates/page.html": "",
            "app/static/page.html": "",
            "app/templates.html": "",
            "requirements.txt": "",
        },
    )
    found = discover(["."], Config(), tmp_path)
    assert [file.path for file in found.templates] == [
        "app/staff_templates/page.html",
        "app/templates/mail/hello.txt",
        "app/templates/page.html",
    ]
    assert {file.module for file in found.templates} == {""}
    assert paths(found) == ["app/templates/filters.py"]


def test_packages_and_modules(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "pyproject.toml": "",
            "src/pkg/__init__.py": "",
            "src/pkg/sub/__init__.py": "",
            "src/pkg/sub/mod.py": "",
            "tests/test_a.py": "",
            "run-me.v2.py": "",
        },
    )
    found = discover(["."], Config(), tmp_path)
    assert modules(found) == {
        "run-me.v2.py": "run-me_v2",
        "src/pkg/__init__.py": "pkg",
        "src/pkg/sub/__init__.py": "pkg.sub",
        "src/pkg/sub/mod.py": "pkg.sub.mod",
        "tests/test_a.py": "tests.test_a",
    }
    assert [file.path for file in found.files if file.is_package] == [
        "src/pkg/__init__.py",
        "src/pkg/sub/__init__.py",
    ]


def test_packages_without_init_are_named_as_they_are_imported(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "pyproject.toml": "",
            "app/main.py": "from app.models.user import User\nimport redis\n",
            "app/redis.py": "",
            "app/models/__init__.py": "",
            "app/models/user.py": "",
        },
    )
    assert modules(discover(["."], Config(), tmp_path)) == {
        "app/main.py": "app.main",
        "app/models/__init__.py": "app.models",
        "app/models/user.py": "app.models.user",
        "app/redis.py": "app.redis",
    }


def test_a_package_below_the_project_is_named_as_it_is_imported(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            ".git/HEAD": "",
            "backend/app/__init__.py": "",
            "backend/app/models.py": "",
            "backend/main.py": "from app.models import User\n",
            "backend/scripts/seed.py": "from app.models import User\n",
            "tools/release.py": "import click\n",
        },
    )
    assert modules(discover(["."], Config(), tmp_path)) == {
        "backend/app/__init__.py": "app",
        "backend/app/models.py": "app.models",
        "backend/main.py": "main",
        "backend/scripts/seed.py": "scripts.seed",
        "tools/release.py": "tools.release",
    }


def test_modules_beside_a_script(tmp_path: Path) -> None:
    build(
        tmp_path,
        {"setup.py": "", "examples/one/main.py": "from models import User\n", "examples/one/models.py": ""},
    )
    found = modules(discover(["examples"], Config(), tmp_path))
    assert found == {"examples/one/main.py": "main", "examples/one/models.py": "models"}


def test_projects_in_one_run_have_their_own_roots(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "pyproject.toml": "",
            "lib/__init__.py": "",
            "fixtures/booking/pyproject.toml": "",
            "fixtures/booking/app/__init__.py": "",
            "fixtures/booking/legacy/models.py": "",
        },
    )
    found = discover(["."], Config(), tmp_path)
    assert modules(found) == {
        "fixtures/booking/app/__init__.py": "app",
        "fixtures/booking/legacy/models.py": "legacy.models",
        "lib/__init__.py": "lib",
    }
    assert {file.path: file.root for file in found.files}["lib/__init__.py"] == tmp_path
    assert {file.root for file in found.files} == {tmp_path, tmp_path / "fixtures/booking"}


def test_a_package_that_is_given_keeps_its_name_in_folders_without_init(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/search/types/__init__.py": "",
            "shop/search/find.py": "from shop.search.types import Result\n",
        },
    )
    assert modules(discover(["shop"], Config(), tmp_path)) == {
        "shop/__init__.py": "shop",
        "shop/search/find.py": "shop.search.find",
        "shop/search/types/__init__.py": "shop.search.types",
    }


def test_a_folder_without_init_that_is_given_is_named_as_it_is_imported(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "backend/shop/__init__.py": "",
            "backend/shop/models/user.py": "from shop.models.base import Base\n",
            "backend/shop/models/base.py": "",
        },
    )
    assert modules(discover(["backend/shop/models"], Config(), tmp_path)) == {
        "backend/shop/models/base.py": "shop.models.base",
        "backend/shop/models/user.py": "shop.models.user",
    }


def test_a_folder_src_may_be_what_is_imported(tmp_path: Path) -> None:
    build(
        tmp_path,
        {
            "pyproject.toml": "",
            "src/app.py": "from src.users.models import User\n",
            "src/users/__init__.py": "",
            "src/users/models.py": "from src.base import Base\n",
            "src/base.py": "",
        },
    )
    assert modules(discover(["src"], Config(), tmp_path)) == {
        "src/app.py": "src.app",
        "src/base.py": "src.base",
        "src/users/__init__.py": "src.users",
        "src/users/models.py": "src.users.models",
    }


def test_configured_roots_win(tmp_path: Path) -> None:
    build(tmp_path, {"pyproject.toml": "", "a/b/c/__init__.py": "", "a/d.py": ""})
    found = discover(["."], Config(root=tmp_path, src=("a", "a/b")), tmp_path)
    assert modules(found) == {"a/b/c/__init__.py": "c", "a/d.py": "d"}
