"""Facts -> findings: what the selected rules say about each fact, each fault once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from detachlint.config import Config
from detachlint.domain.facts import Fact, Failure, Read, Step, UnguardedRead
from detachlint.domain.findings import Finding, TraceStep, Way
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.parse.places import Places
from detachlint.rule import Draft, Rule, RuleContext
from detachlint.rules import RULES
from detachlint.rules.classify import classify
from detachlint.rules.wording import error
from detachlint.selection import is_asked_for, select_rules

_ReadKey = tuple[Site, str, str]


def judge(facts: Iterable[Fact], graph: ModelGraph, config: Config, places: Places) -> list[Finding]:
    """Findings, sorted: each selected rule looks at the facts it knows; one fault is reported once."""
    context = RuleContext(graph, config)
    asked = [f for f in facts if is_asked_for(f, config)]
    shown = one_per_read(asked)
    rules = select_rules(RULES, config)
    drafts = [
        (rule, draft, fact)
        for rule in rules
        for fact in shown
        if isinstance(fact, rule.on)
        for draft in rule.check(fact, context)
    ]
    also = _other_ways(asked, shown, context, {rule.code for rule in rules})
    ways = [also.get(id(fact), ()) for *_, fact in drafts]
    told: list[Draft | Read] = [draft for _, draft, _ in drafts]
    told += [read for each in ways for _, read in each]
    places.prepare(site.path for each in told for site in _sites(each))
    found: dict[tuple[object, ...], Finding] = {}
    for (rule, draft, _), others in zip(drafts, ways, strict=True):
        finding = _finding(rule, draft, others, places)
        found.setdefault((finding.sort_key, finding.relationship), finding)
    return sorted(found.values(), key=lambda f: f.sort_key)


def one_per_read(facts: Iterable[Fact]) -> list[Fact]:
    """A read that fails for objects of several queries is one fault: the worst of those that are certain is
    kept, the one with the shortest way.

    Where a call is seen that fails, nobody needs to hear that the method is unguarded.
    """
    out: list[Fact] = []
    reads: dict[_ReadKey, Read] = {}
    for fact in facts:
        if not isinstance(fact, Read):
            out.append(fact)
            continue
        known = reads.get(_key(fact))
        if known is None or _rank(fact) < _rank(known):
            reads[_key(fact)] = fact
    certain = {(r.site, r.attribute) for r in reads.values() if r.certain}
    kept = [f for f in out if not (isinstance(f, UnguardedRead) and (f.site, f.attribute) in certain)]
    return [*kept, *reads.values()]


def _other_ways(
    asked: Iterable[Fact], shown: Iterable[Fact], context: RuleContext, codes: Set[str]
) -> dict[int, tuple[tuple[str, Read], ...]]:
    """What else is settled of a read that is shown (by its ``id``): from each other query the worst, with the
    code that it would be reported under.
    """
    main = {_key(f): f for f in shown if isinstance(f, Read)}
    ways: dict[int, dict[Site, tuple[str, Read]]] = {}
    for fact in sorted((f for f in asked if isinstance(f, Read) and f.is_settled), key=_rank):
        chief = main[_key(fact)]
        if fact.origin is None or fact.origin == chief.origin:
            continue
        code = classify(fact, context)
        if code is not None and code in codes:
            ways.setdefault(id(chief), {}).setdefault(fact.origin, (code, fact))
    return {known: tuple(each.values()) for known, each in ways.items()}


def judge_hidden(facts: Iterable[Fact], graph: ModelGraph, config: Config, places: Places) -> list[Finding]:
    """What is not shown, and may come up where something worse is mended: other reads of a place, and methods
    that read without a guard.
    """
    asked = [f for f in facts if is_asked_for(f, config)]
    shown = {id(f) for f in one_per_read(asked)}
    unguarded = [f for f in asked if isinstance(f, UnguardedRead)]
    others = [f for f in asked if id(f) not in shown and not isinstance(f, UnguardedRead)]
    return [*judge(unguarded, graph, config, places), *judge(others, graph, config, places)]


def _key(read: Read) -> _ReadKey:
    return (read.site, read.attribute, read.field)


def _rank(read: Read) -> tuple[bool, bool, bool, bool, bool, int]:
    """What is worth telling comes first: an error, then what is silently empty, then a query for each of many
    objects; a query for one object is no fault.
    """
    lazy = read.failure is Failure.LAZY_QUERY
    harmless = lazy and not (read.many and read.certain)
    silent = read.failure is Failure.SILENT
    return (harmless, read.failure is Failure.WORKS, not read.certain, lazy, silent, len(read.trace))


def _finding(rule: Rule, draft: Draft, others: Iterable[tuple[str, Read]], places: Places) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        message=draft.message,
        span=places.span(draft.site),
        severity=draft.severity or rule.severity,
        entity=draft.entity,
        relationship=draft.relationship,
        chain=draft.chain or (places.chain(draft.site) if draft.relationship is not None else None),
        error=draft.error,
        reason=draft.reason,
        origin=places.span(draft.origin) if draft.origin is not None else None,
        trace=_trace(draft.trace, places),
        also=tuple(
            Way(code, error(read), places.span(read.origin), _trace(read.trace, places))
            for code, read in others
            if read.origin is not None
        ),
        help=draft.help,
        proposals=draft.proposals,
    )


def _trace(steps: tuple[Step, ...], places: Places) -> tuple[TraceStep, ...]:
    return tuple(TraceStep(places.span(step.site), step.message) for step in steps if step.site.path)


def _sites(told: Draft | Read) -> Iterator[Site]:
    """The sites that a finding shows the places of."""
    yield told.site
    if told.origin is not None:
        yield told.origin
    yield from (step.site for step in told.trace if step.site.path)
