from pathlib import Path

import pytest

from detachlint.config import Config, ConfigError, find_config, load_config


def write(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_options_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [tool.detachlint]
        paths = ["app"]
        src = ["backend"]
        exclude = ["migrations/"]
        respect-gitignore = false
        select = ["DET1"]
        extend-select = ["DET303"]
        ignore = ["DET107"]
        strict = true
        helpers = ["app.core.safe_queries"]
        sqlalchemy = "1.4"
        cache = false
        cache-dir = ".lint"
        jobs = 3
        [tool.detachlint.per-file-ignores]
        "tests/**" = ["DET1", "DET2"]
        """,
    )
    assert load_config(path) == Config(
        root=tmp_path,
        paths=("app",),
        src=("backend",),
        exclude=("migrations/",),
        respect_gitignore=False,
        select=("DET1",),
        extend_select=("DET303",),
        ignore=("DET107",),
        per_file_ignores=(("tests/**", ("DET1", "DET2")),),
        strict=True,
        helpers=("app.core.safe_queries",),
        sqlalchemy="1.4",
        cache=False,
        cache_dir=tmp_path / ".lint",
        jobs=3,
    )


def test_an_empty_table_gives_the_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "[tool.detachlint]\n")) == Config(root=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.detachlint]\nsellect = []",
            "unknown key 'sellect' in [tool.detachlint] (did you mean 'select'?)",
        ),
        ("[tool.detachlint]\nfrobnicate = 1", "unknown key 'frobnicate' in [tool.detachlint]"),
        ("[tool.detachlint]\nselect = 'DET1'", "'select' in [tool.detachlint] must be a list of strings"),
        ("[tool.detachlint]\nignore = [1]", "'ignore' in [tool.detachlint] must be a list of strings"),
        ("[tool.detachlint]\nstrict = 1", "'strict' in [tool.detachlint] must be true or false"),
        ("[tool.detachlint]\njobs = true", "'jobs' in [tool.detachlint] must be a whole number"),
        ("[tool.detachlint]\nsqlalchemy = 1.4", "'sqlalchemy' in [tool.detachlint] must be a version"),
        ("[tool.detachlint]\nsqlalchemy = '<2'", "'sqlalchemy' in [tool.detachlint] must be a version"),
        ("[tool.detachlint]\njobs = -1", "'jobs' in [tool.detachlint] must be a whole number"),
        (
            "[tool.detachlint]\nper-file-ignores = {'a' = 'DET1'}",
            "'per-file-ignores' in [tool.detachlint] must be",
        ),
        ("[tool]\ndetachlint = 3", "'tool.detachlint' must be a table"),
        ("[tool.black]\n", "has no [tool.detachlint] table"),
        ("[tool.detachlint\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_the_nearest_file_with_a_table_is_found(tmp_path: Path) -> None:
    outer = write(tmp_path, "[tool.detachlint]\n")
    inner = tmp_path / "service" / "app"
    inner.mkdir(parents=True)
    write(tmp_path / "service", "[project]\nname = 'service'\n")
    assert find_config(inner) == outer
    nearer = write(inner, "[tool.detachlint]\n")
    assert find_config(inner) == nearer


def test_nothing_is_found_where_there_is_nothing(tmp_path: Path) -> None:
    assert find_config(tmp_path) is None
