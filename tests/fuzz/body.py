"""The statements of a program, drawn from all kinds, in the forms of a session's life."""

from collections.abc import Callable
from random import Random

from tests.fuzz import calls, computed, queries, reads, sessions, state, subclasses, tasks, writes
from tests.fuzz.case import Case
from tests.fuzz.extras import EXTRAS, extended, random_extras
from tests.fuzz.schema import random_schema
from tests.fuzz.tree import Line, Statement, block
from tests.fuzz.writer import Scope, Variable, Writer

Production = Callable[[Writer, Scope], list[Statement]]

# What a program does with an open session, and how often.
_WITH_SESSION: tuple[tuple[Production, float], ...] = (
    (queries.load, 11),
    (reads.read, 26),
    (reads.guarded, 1.5),
    (reads.attempt, 1.5),
    (state.finish, 3),
    (state.flush, 1.5),
    (state.refresh, 4),
    (state.expire, 1.5),
    (state.detach, 2),
    (state.merge, 1),
    (state.savepoint, 1),
    (writes.assign, 2.5),
    (writes.create, 3),
    (writes.relate, 2.5),
    (writes.bulk_update, 0.7),
    (writes.delete, 0.7),
    (calls.call_reader, 5),
    (calls.call_loader, 4),
    (calls.call_changer, 1.5),
    (calls.repository, 4),
    (calls.member, 4),
    (calls.validate, 3),
    (calls.awaitable, 2.5),
    (calls.branch, 2),
    (calls.container, 2),
    (calls.extender, 6),
    (computed.hybrid, 4),
    (computed.proxy, 5),
    (subclasses.inheritance, 9),
    (sessions.second_session, 5),
    (tasks.task, 5),
)

_WITHOUT_SESSION: tuple[tuple[Production, float], ...] = (
    (reads.read, 12),
    (reads.guarded, 1),
    (reads.attempt, 1),
    (calls.call_reader, 4),
    (calls.member, 3),
    (calls.validate, 3),
    (calls.container, 1),
    (computed.hybrid, 2),
    (computed.proxy, 2.5),
    (subclasses.inheritance, 4),
)


def random_case(
    seed: int, index: int, without: frozenset[str] = frozenset(), always: frozenset[str] = frozenset()
) -> Case:
    """The program with this number, in the sequence of this seed.

    Args:
        without: features that it must not have.
        always: extras that it has in any case.
    """
    random, apart = Random(f"{seed}/{index}"), Random(f"{seed}/{index}/extras")
    extras = random_extras(apart, without, always)
    schema = extended(random_schema(random, without), extras, apart)
    kind = random.random() < 0.7, random.random() < 0.4
    writer = Writer(random, schema, *kind, without=without, extras=extras)
    body = _main(writer)
    if writer.expire_on_commit:
        writer.features.add("expire_on_commit")
    writer.features.add("async" if writer.is_async else "sync")
    return Case(
        writer.schema,
        writer.is_async,
        writer.expire_on_commit,
        tuple(writer.functions),
        tuple(writer.methods),
        tuple(writer.responses),
        tuple(writer.repositories),
        tuple(body),
        frozenset(writer.features),
    )


def statements(writer: Writer, scope: Scope, count: int) -> list[Statement]:
    """Some statements of any kind."""
    productions = _WITH_SESSION if scope.session else _WITHOUT_SESSION
    absent = writer.without.union(EXTRAS) - writer.extras
    allowed = [(kind, weight) for kind, weight in productions if kind.__name__ not in absent]
    kinds, weights = [kind for kind, _ in allowed], [weight for _, weight in allowed]
    made: list[Statement] = []
    remaining = count
    for _ in range(10 * count):
        if remaining == 0:
            break
        kind = writer.random.choices(kinds, weights)[0]
        written = kind(writer, scope)
        made += written
        remaining -= bool(written)
    return made


def _main(writer: Writer) -> list[Statement]:
    forms = (*(_one_block,) * 6, *(_two_blocks,) * 2, _explicit, _begin, _begin_inside)
    form = writer.pick([form for form in forms if form.__name__.removeprefix("_") not in writer.without])
    writer.use(form.__name__.removeprefix("_"))
    return form(writer)


def _session_body(writer: Writer, scope: Scope) -> list[Statement]:
    loaders = (queries.load, queries.load, calls.call_loader, calls.repository)
    body = writer.pick(loaders)(writer, scope)
    return body + statements(writer, scope, writer.pick((4, 5, 6, 7, 8, 9)))


def _with(writer: Writer, made: str, body: list[Statement]) -> Statement:
    return block(f"{'async with' if writer.is_async else 'with'} {made}:", body)


def _after(writer: Writer, scope: Scope) -> list[Statement]:
    if not writer.chance(0.55 if writer.is_async else 0.8) or not writer.use("after_close"):
        return writer.endings
    variables = [variable for variable in scope.variables if not variable.new]
    return [*statements(writer, Scope(variables), writer.pick((1, 2, 3))), *writer.endings]


def _one_block(writer: Writer) -> list[Statement]:
    scope = Scope(session="session")
    body = _session_body(writer, scope)
    return [_with(writer, "Session() as session", body), *_after(writer, scope)]


def _two_blocks(writer: Writer) -> list[Statement]:
    first, second = Scope(session="session"), Scope(session="session")
    opening = _session_body(writer, first)
    detached: list[Variable] = first.variables
    body = state.attach(writer, second, detached) or queries.load(writer, second)
    body += statements(writer, second, writer.pick((2, 3, 4, 5)))
    return [
        _with(writer, "Session() as session", opening),
        _with(writer, "Session() as session", body),
        *_after(writer, second),
    ]


def _explicit(writer: Writer) -> list[Statement]:
    scope = Scope(session="session")
    body = _session_body(writer, scope)
    closing = Line(f"{writer.wait}session.close()")
    return [Line("session = Session()"), *body, closing, *_after(writer, scope)]


def _begin(writer: Writer) -> list[Statement]:
    scope = Scope(session="session", managed=True)
    body = _session_body(writer, scope)
    if writer.expire_on_commit:
        state.expire_guess(scope)
    return [_with(writer, "Session.begin() as session", body), *_after(writer, scope)]


def _begin_inside(writer: Writer) -> list[Statement]:
    scope = Scope(session="session", managed=True)
    inner = _with(writer, "session.begin()", _session_body(writer, scope))
    if writer.expire_on_commit:
        state.expire_guess(scope)
    scope.managed = False
    rest = statements(writer, scope, writer.pick((1, 2, 3)))
    return [_with(writer, "Session() as session", [inner, *rest]), *_after(writer, scope)]
