"""The stable Python API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from detachlint import pipeline
from detachlint.config import Config
from detachlint.discover import discover, read_source
from detachlint.domain.findings import Report
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem
from detachlint.models.build import build
from detachlint.pipeline import Progress, Source
from detachlint.selection import PerFileIgnores
from detachlint.synthesis import write_module

__all__ = ["analyse", "analyse_sources", "graph", "safe_queries"]


def analyse(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    progress: Progress | None = None,
    cwd: Path | None = None,
) -> Report:
    """Analyse files and folders.

    Args:
        paths: what to analyse; paths in the report are relative to ``cwd``.
        progress: called with (stage, done, total).
        cwd: the working directory.
    """
    sources, problems = _read(paths, config or Config(), cwd or Path.cwd())
    report = pipeline.analyse_sources(sources, config or Config(), progress)
    ignored = PerFileIgnores(config or Config(), cwd or Path.cwd())
    return replace(
        report,
        findings=tuple(f for f in report.findings if not ignored.hide(f)),
        problems=tuple(sorted({*problems, *report.problems})),
    )


def analyse_sources(files: Mapping[str, str], config: Config | None = None) -> Report:
    """Analyse texts that need not be files: path -> text. Module names follow from the paths."""
    return pipeline.analyse_sources([_source(path, text) for path, text in files.items()], config or Config())


def graph(
    paths: Sequence[Path | str], config: Config | None = None, *, cwd: Path | None = None
) -> ModelGraph:
    """The relationship graph of the mapped classes in files and folders."""
    sources, problems = _read(paths, config or Config(), cwd or Path.cwd())
    program, unparsed, _ = pipeline.parse_all([s for s in sources if s.module], None)
    found = build(program)
    return replace(found, problems=tuple(sorted({*problems, *unparsed, *found.problems})))


def safe_queries(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    progress: Progress | None = None,
    cwd: Path | None = None,
) -> tuple[str, tuple[Problem, ...]]:
    """A module of queries that load what the program in files and folders reads of its objects.

    Returns:
        The text of the module, "" when there is nothing to load along, and the problems on the way.
    """
    sources, problems = _read(paths, config or Config(), cwd or Path.cwd())
    found, demands, others = pipeline.demanded(sources, config or Config(), progress)
    return write_module(found, demands), tuple(sorted({*problems, *others}))


def _read(paths: Sequence[Path | str], config: Config, cwd: Path) -> tuple[list[Source], list[Problem]]:
    discovery = discover([Path(p) for p in paths], config, cwd)
    problems = list(discovery.problems)
    sources: list[Source] = []
    for file in (*discovery.files, *discovery.templates):
        text = read_source(file)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            sources.append(Source(file.path, file.module, file.is_package, text))
    return sources, problems


def _source(path: str, text: str) -> Source:
    if not path.endswith(".py"):
        return Source(path, "", False, text)
    parts = path.removesuffix(".py").split("/")
    is_package = parts[-1] == "__init__"
    if is_package and len(parts) > 1:
        parts.pop()
    return Source(path, ".".join(parts), is_package, text)
