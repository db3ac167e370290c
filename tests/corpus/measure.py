"""Analyse one tree and write what was measured as JSON: ``python -m tests.corpus.measure TREE OUT PATH ...``.

It runs in a process of its own, so that a crash, a hang or a lot of memory is that project's own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from detachlint.cache.store import Store
from detachlint.config import Config
from detachlint.discover import Source, discover, read_source
from detachlint.domain.facts import Fact, Read
from detachlint.domain.findings import Finding, TraceStep
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.domain.source import Problem, Site
from detachlint.frameworks import FRAMEWORKS
from detachlint.frameworks.sqlalchemy.observers.unresolved import relationship_names
from detachlint.interpret.run import Observations, interpret
from detachlint.judge import judge
from detachlint.models.build import build
from detachlint.parse.places import Places
from detachlint.pipeline import parse_all
from tests.corpus.reach import noted, reach
from tests.corpus.resolution import Receivers, resolution

_LAST_FRAMES = 12
_GAPS = 100


class OutOfTimeError(BaseException):
    """The time limit is over. No Exception: the interpreter goes on after those."""


@dataclass
class Measurement:
    """What is written, filled stage by stage, so that a crash leaves what came before it."""

    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = round(time.process_time() - start, 3)

    def as_json(self) -> dict[str, Any]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {**self.figures, "seconds": self.seconds, "peak_mb": round(peak)}


def measure(paths: list[Path], out: Measurement, store: Store | None = None) -> None:
    """The stages of the pipeline, each with its processor time.

    Args:
        store: what was parsed before is taken from there.
    """
    with out.stage("read"):
        sources, problems = read_sources(paths)
    python = [s for s in sources if s.module]
    templates = {s.path: s.text for s in sources if not s.module}
    with out.stage("parse"):
        program, unparsed, lines = parse_all(python, None, store)
    out.figures |= {"files": len(python), "lines": lines, "templates": len(templates)}
    out.figures["problems"] = [_plain_problem(p) for p in (*problems, *unparsed)]
    with out.stage("models"):
        graph = build(program)
    out.figures |= {
        "entities": len(graph.entities),
        "relationships": sum(1 for e in graph.entities.values() for _ in e.relationships),
        "functions": len(program.functions),
        "graph_problems": [_plain_problem(p) for p in graph.problems],
    }
    names = relationship_names(graph)
    receivers = Receivers(names)
    with out.stage("interpret"), noted() as ran:
        seen = interpret(program, graph, [receivers, *(make(templates) for make in FRAMEWORKS)])
    places = Places({s.path: s.text for s in python}, templates)
    with out.stage("judge"):
        findings = judge(seen.facts, graph, Config(), places)
    out.figures["counts"] = dict(seen.counts)
    out.figures["internal_errors"] = [_plain_problem(p) for p in seen.problems]
    out.figures["unknown"] = dict(seen.unknown)
    out.figures["findings"] = [
        _plain_finding(f) | {"declared": _declared(f, graph, places)} for f in findings
    ]
    out.figures["facts"] = dict(Counter(_fact_kind(f) for f in seen.facts))
    out.figures["reads"] = _plain_reads(seen, places)
    reached = reach(program, ran)
    out.figures["reach"] = {
        "share": round(reached.share, 4),
        "gaps": [
            {**_place(places, g.site), "kind": g.kind, "statements": g.statements}
            for g in sorted(reached.gaps, key=lambda g: (-g.statements, g.site))[:_GAPS]
        ],
    }
    found = resolution(program, graph, receivers)
    out.figures["resolution"] = {
        "share": round(found.share, 4),
        "kinds": dict(found.kinds),
        "reasons": dict(found.reasons.most_common()),
        "unknown": [
            {**_place(places, u.site), "name": u.attribute, "reason": u.reason} for u in found.unknown
        ],
    }


def read_sources(paths: list[Path]) -> tuple[list[Source], list[Problem]]:
    discovery = discover(paths, Config(respect_gitignore=False), Path.cwd())
    problems = list(discovery.problems)
    sources = []
    for file in (*discovery.files, *discovery.templates):
        text = read_source(file)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            sources.append(Source(file.path, file.module, file.is_package, text))
    return sources, problems


def _plain_problem(problem: Problem) -> str:
    return f"{problem.path}:{problem.line}: {problem.message}"


def _place(places: Places, site: Site) -> dict[str, Any]:
    span = places.span(site)
    return {"path": span.path, "line": span.line, "chain": places.chain(site)}


def _plain_finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "path": finding.span.path,
        "line": finding.span.line,
        "entity": finding.entity,
        "relationship": finding.relationship,
        "chain": finding.chain,
        "error": finding.error,
        "severity": finding.severity.value,
        "message": finding.message,
        "trace": _plain_steps(finding.trace),
        "also": [{"code": way.code, "trace": _plain_steps(way.trace)} for way in finding.also],
    }


def _plain_steps(steps: tuple[TraceStep, ...]) -> list[str]:
    return [f"{s.span.path}:{s.span.line}: {s.message}" for s in steps]


def _declared(finding: Finding, graph: ModelGraph, places: Places) -> str | None:
    """Where the mapping declares the relationship that the finding is about."""
    named = [e for e in graph.entities.values() if e.name == finding.entity]
    attribute = named[0].attributes.get(finding.relationship or "") if len(named) == 1 else None
    if not isinstance(attribute, Relationship):
        return None
    span = places.span(attribute.site)
    return f"{span.path}:{span.line}: declared"


def _fact_kind(fact: Fact) -> str:
    if isinstance(fact, Read):
        return f"Read {fact.failure.value}" + ("" if fact.certain else " (uncertain)")
    return type(fact).__name__


def _plain_reads(seen: Observations, places: Places) -> list[dict[str, Any]]:
    return [_plain_read(fact, places) for fact in seen.facts if isinstance(fact, Read)]


def _plain_read(fact: Read, places: Places) -> dict[str, Any]:
    return {
        **_place(places, fact.site),
        "certain": fact.certain,
        "entity": fact.entity,
        "attribute": fact.attribute,
        "failure": fact.failure.value,
        "cause": fact.cause.value,
        "place": fact.place.value,
        "field": fact.field,
        "method": fact.method,
        "many": fact.many,
        "reason": fact.reason,
        "trace": _plain_trace(fact, places) if fact.certain else [],
    }


def _plain_trace(fact: Read, places: Places) -> list[str]:
    spans = [(places.span(step.site), step.message) for step in fact.trace if step.site.path]
    return [f"{span.path}:{span.line}: {message}" for span, message in spans]


def abstract_stack(trace: TracebackType | None) -> list[str]:
    """The functions of the analysed program that were being interpreted, outermost first."""
    names: list[str] = []
    while trace is not None:
        frame: FrameType = trace.tb_frame
        function = frame.f_locals.get("function")
        if frame.f_code.co_name == "_run" and function is not None:
            names.append(function.info.qualname)
        elif frame.f_code.co_name == "enter" and "entry" in frame.f_locals:
            entered = frame.f_locals["entry"].function
            names.append(f"entry {entered.qualname if entered is not None else '?'}")
        trace = trace.tb_next
    return names


def limit_time(seconds: float) -> None:
    """Raise OutOfTimeError after so many seconds of processor time; 0 takes the limit away."""
    signal.signal(signal.SIGPROF, _out_of_time)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTimeError


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.measure", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--seconds", type=int, default=100, help="limit of processor time")
    parser.add_argument("--store", type=Path, help="folder that keeps what was parsed")
    parser.add_argument("--megabytes", type=int, default=4000)
    arguments = parser.parse_args()
    out_path = arguments.out.resolve()
    store = Store(arguments.store.resolve()) if arguments.store is not None else None
    os.chdir(arguments.tree)
    limit = arguments.megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    limit_time(arguments.seconds)
    out = Measurement()
    try:
        measure([Path(p) for p in arguments.paths if Path(p).exists()], out, store)
    except (Exception, OutOfTimeError) as error:
        out.figures["crash"] = {
            "error": f"{type(error).__name__}: {error}"[:500],
            "frames": traceback.format_tb(error.__traceback__)[-_LAST_FRAMES:],
            "stack": abstract_stack(error.__traceback__),
        }
    limit_time(0)
    out_path.write_text(json.dumps(out.as_json(), indent=1), encoding="utf-8")
    return 1 if "crash" in out.figures else 0


if __name__ == "__main__":
    sys.exit(main())
