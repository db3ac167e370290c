"""What a run does over again, and what it leaves to the cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import libcst
import pytest

from detachlint.api import analyse, graph
from detachlint.config import Config
from detachlint.domain.findings import Report
from tests.cli.project import FAULTY, FAULTY_PROJECT, SAFE, build

Parsed = list[str]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parsed:
    """The texts that LibCST has parsed as modules."""
    texts: Parsed = []
    real = libcst.parse_module

    def count(source: str | bytes, config: libcst.PartialParserConfig | None = None) -> libcst.Module:
        texts.append(source if isinstance(source, str) else source.decode())
        return real(source) if config is None else real(source, config)

    monkeypatch.setattr(libcst, "parse_module", count)
    return texts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return build(tmp_path / "project", {**FAULTY_PROJECT, "app/broken.py": "def f(:\n"})


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Callable[..., Report]:
    def run(**options: object) -> Report:
        config = Config(root=project, cache_dir=tmp_path / "cache", jobs=1)
        return analyse([project], replace(config, **options), cwd=project)  # type: ignore[arg-type]

    return run


def test_the_second_run_parses_nothing_and_reports_the_same(
    run: Callable[..., Report], parsed: Parsed
) -> None:
    first = run()
    assert [finding.code for finding in first.findings] == ["DET101"]
    assert [problem.path for problem in first.problems] == ["app/broken.py"]
    assert parsed
    parsed.clear()
    second = run()
    assert parsed == []
    assert second == first
    # Proposals do not take part in the comparison of findings.
    assert [one.proposals for one in second.findings] == [one.proposals for one in first.findings]
    assert any(one.proposals for one in first.findings)
    assert list(second.statistics) == list(first.statistics)


def test_one_changed_file_is_one_parsed_file(
    run: Callable[..., Report], project: Path, parsed: Parsed
) -> None:
    run()
    parsed.clear()
    build(project, {"app/service.py": SAFE})
    assert run().findings == ()
    assert parsed == [SAFE]
    parsed.clear()
    build(project, {"app/service.py": FAULTY})
    assert len(run().findings) == 1
    assert parsed == []


def test_a_text_that_several_files_have_is_parsed_once(
    run: Callable[..., Report], project: Path, parsed: Parsed
) -> None:
    build(project, {f"app/copy{number}.py": "x = 1\n" for number in range(3)})
    run()
    assert parsed.count("x = 1\n") == 1


def test_another_rendering_of_the_input_is_another_report(
    run: Callable[..., Report], project: Path, tmp_path: Path
) -> None:
    assert run().findings[0].path == "app/service.py"
    config = Config(root=project, cache_dir=tmp_path / "cache", jobs=1)
    elsewhere = analyse([project], config, cwd=tmp_path)
    assert elsewhere.findings[0].path == "project/app/service.py"


def test_options_count(run: Callable[..., Report]) -> None:
    assert run().findings
    assert run(ignore=("DET1",)).findings == ()
    assert run(per_file_ignores=(("app/*", ("DET1",)),)).findings == ()
    assert run().findings


def test_templates_and_file_names_count(run: Callable[..., Report], project: Path, parsed: Parsed) -> None:
    run()
    template = {"app/templates/page.html": "{{ name }}\n"}
    first = run()
    build(project, template)
    second = run()
    (project / "app/service.py").rename(project / "app/moved.py")
    third = run()
    assert first == second
    assert third.findings[0].path == "app/moved.py"


def test_without_a_cache_nothing_is_kept(run: Callable[..., Report], tmp_path: Path, parsed: Parsed) -> None:
    first = run(cache=False)
    assert not (tmp_path / "cache").exists()
    parsed.clear()
    assert run(cache=False) == first
    assert parsed


def test_every_entry_may_be_damaged(run: Callable[..., Report], tmp_path: Path) -> None:
    first = run()
    for entry in (tmp_path / "cache").rglob("*/*/*"):
        entry.write_bytes(entry.read_bytes()[:20])
    assert run() == first
    assert run() == first


def test_a_cache_folder_that_cannot_be_used_is_no_cache(run: Callable[..., Report], tmp_path: Path) -> None:
    first = run()
    (tmp_path / "file").write_text("x")
    assert run(cache_dir=tmp_path / "file") == first


def test_the_graph_shares_what_was_parsed(
    run: Callable[..., Report], project: Path, tmp_path: Path, parsed: Parsed
) -> None:
    run()
    parsed.clear()
    found = graph([project], Config(root=project, cache_dir=tmp_path / "cache", jobs=1), cwd=project)
    assert sorted(found.entities) == ["app.models.Booking", "app.models.User"]
    assert parsed == []


def test_several_processes_make_the_same_report(run: Callable[..., Report], project: Path) -> None:
    # Long enough for a second process, and quickly done.
    filler = "# " + "nothing " * 9000 + "\n"
    build(project, {f"app/long{number}.py": f"n = {number}\n{filler}" for number in range(16)})
    assert run(cache=False, jobs=2) == run(cache=False, jobs=1)


_TWO_QUERIES = """\
from sqlalchemy import select

from app.models import Booking


def name_of(booking):
    return booking.user.name


async def by_key(session, booking_id):
    return name_of(await session.get(Booking, booking_id))


async def newest(session):
    return name_of((await session.scalars(select(Booking).limit(1))).one())
"""


def test_a_finding_with_several_queries_is_kept_as_it_is(run: Callable[..., Report], project: Path) -> None:
    typed = _TWO_QUERIES.replace("(session", "(session: AsyncSession")
    build(project, {"app/names.py": "from sqlalchemy.ext.asyncio import AsyncSession\n" + typed})
    first = run()
    assert [len(f.also) for f in first.findings if f.path == "app/names.py"] == [1]
    assert run() == first
