"""The stages, called in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from detachlint.cache.parsed import modules as modules_of
from detachlint.cache.parsed import position_tables
from detachlint.cache.store import Store
from detachlint.config import Config
from detachlint.discover import Source
from detachlint.domain.demand import QueryDemand
from detachlint.domain.findings import Finding, Report
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Problem
from detachlint.frameworks import FRAMEWORKS
from detachlint.frameworks.sqlalchemy.observers.demand import Demand
from detachlint.interpret.footprints import Key
from detachlint.interpret.rerun import affected, rerun
from detachlint.interpret.run import Observations, interpret
from detachlint.judge import judge, judge_hidden
from detachlint.models.build import build
from detachlint.parse import ir
from detachlint.parse.outcome import Unparsed
from detachlint.parse.places import Places
from detachlint.parse.positions import Positions
from detachlint.resolve.changes import changes
from detachlint.resolve.program import Program
from detachlint.selection import Suppressions

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Parsed:
    """What has been parsed, by path and text, for runs on programs that differ in a few files."""

    trees: dict[tuple[str, str], ir.Module | Unparsed] = field(default_factory=dict)
    positions: dict[tuple[str, str], Positions] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Since:
    """An analysis of a program that has been edited since. Its templates have not.

    Args:
        only: the entry points to run again; None: those that see the edits.
    """

    program: Program
    observed: Observations
    only: frozenset[Key] | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """A report, and what it was made from.

    Args:
        hidden: gives the findings that are not shown beside worse ones of the same read, and those on methods
            of models that read without a guard; only who mends asks for them.
        rerun: the entry points that were run, if what others had found was kept.
    """

    report: Report
    program: Program
    graph: ModelGraph
    observed: Observations
    hidden: Callable[[], list[Finding]]
    rerun: frozenset[Key] | None = None


def analyse_sources(
    sources: Iterable[Source], config: Config, progress: Progress | None = None, store: Store | None = None
) -> Report:
    """All stages on files that have been read."""
    return examine(sources, config, progress, store).report


def examine(
    sources: Iterable[Source],
    config: Config,
    progress: Progress | None = None,
    store: Store | None = None,
    parsed: Parsed | None = None,
    since: Since | None = None,
) -> Analysis:
    """All stages on files that have been read.

    Args:
        parsed: what earlier runs have parsed; grows.
        since: an analysis of the program before it was edited: only what sees the edits is interpreted again,
            if that can be told.
    """
    listed = sorted(sources, key=lambda s: s.path)
    python = [s for s in listed if s.module]
    templates = {s.path: s.text for s in listed if not s.module}
    parsed = parsed if parsed is not None else Parsed()
    program, problems, lines = parse_all(python, progress, store, config.jobs, parsed)
    graph = build(program)
    seen = only = None
    if since is not None:
        seen, only = _rerun(since, program, graph, templates, config)
    if seen is None:
        seen = interpret(
            program,
            graph,
            [make(templates) for make in FRAMEWORKS],
            _interpreting(progress),
            config,
        )
    places = Places(
        {s.path: s.text for s in python},
        templates,
        parsed.positions,
        lambda texts: position_tables(texts, store, config.jobs),
    )
    findings = judge(seen.facts, graph, config, places)
    texts = {s.path: s.text for s in listed}
    kept = [f for f in findings if not Suppressions.of(texts[f.path]).hide(f)]
    problems = sorted({*problems, *_placed(graph, places), *seen.problems})
    counts = _statistics(python, lines, program, graph, seen)
    report = Report(tuple(kept), tuple(problems), counts, dict(seen.unknown))

    def hidden() -> list[Finding]:
        return judge_hidden(seen.facts, graph, config, places)

    return Analysis(report, program, graph, seen, hidden, only)


def _interpreting(progress: Progress | None) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress("interpreting", done, total)) if progress is not None else None


def _rerun(
    since: Since, program: Program, graph: ModelGraph, templates: Mapping[str, str], config: Config
) -> tuple[Observations | None, frozenset[Key] | None]:
    """What is observed where only the entry points are run that see the edits, and which these are."""
    change = changes(since.program, program)
    if change is None or config.strict:
        return None, None
    only = since.only if since.only is not None else affected(since.observed, change)
    if only is None:
        return None, None
    frameworks = [make(templates) for make in FRAMEWORKS]
    seen = rerun(since.observed, change, only, program, graph, frameworks, config)
    return seen, only if seen is not None else None


def demanded(
    sources: Iterable[Source], config: Config, progress: Progress | None = None, store: Store | None = None
) -> tuple[ModelGraph, tuple[QueryDemand, ...], tuple[Problem, ...]]:
    """What the program reads of the objects of its queries, with the relationship graph."""
    listed = sorted(sources, key=lambda s: s.path)
    templates = {s.path: s.text for s in listed if not s.module}
    program, problems, _ = parse_all([s for s in listed if s.module], progress, store, config.jobs)
    graph = build(program)
    demand = Demand()
    seen = interpret(
        program,
        graph,
        [make(templates) for make in FRAMEWORKS],
        _interpreting(progress),
        config,
        notes=[demand],
    )
    places = Places({s.path: s.text for s in listed if s.module}, templates)
    return graph, demand.found, tuple(sorted({*problems, *_placed(graph, places), *seen.problems}))


def parse_all(
    sources: list[Source],
    progress: Progress | None,
    store: Store | None = None,
    jobs: int = 1,
    parsed: Parsed | None = None,
) -> tuple[Program, list[Problem], int]:
    """Modules of all sources, and what could not be parsed; the number of lines that could."""

    def done(count: int) -> None:
        if progress is not None:
            progress("parsing", count, len(sources))

    modules: list[tuple[str, str, bool, ir.Module]] = []
    problems: list[Problem] = []
    lines = 0
    trees = parsed.trees if parsed is not None else {}
    new = [s for s in sources if (s.path, s.text) not in trees]
    outcomes = modules_of([s.text for s in new], store, jobs, done)
    trees.update({(s.path, s.text): outcome for s, outcome in zip(new, outcomes, strict=True)})
    for source in sources:
        outcome = trees[source.path, source.text]
        if isinstance(outcome, Unparsed):
            problems.append(Problem(source.path, outcome.line, outcome.message, lasting=outcome.lasting))
        else:
            lines += outcome.lines
            modules.append((source.module, source.path, source.is_package, outcome))
    return Program(modules), problems, lines


def _placed(graph: ModelGraph, places: Places) -> list[Problem]:
    """The graph's problems with their lines."""
    sites = graph.problem_sites
    return [
        replace(problem, line=places.span(sites[i]).line) if i < len(sites) else problem
        for i, problem in enumerate(graph.problems)
    ]


def _statistics(
    python: list[Source], lines: int, program: Program, graph: ModelGraph, seen: Observations
) -> dict[str, int]:
    return {
        "files": len(python),
        "lines": lines,
        "functions": len(program.functions),
        "entities": len(graph.entities),
        "relationships": sum(1 for e in graph.entities.values() for _ in e.relationships),
        **seen.counts,
    }
