"""One fault gets one code, whatever is known about it."""

from dataclasses import replace
from itertools import product

import pytest

from detachlint.config import Config
from detachlint.domain.facts import (
    Agreement,
    AppWithoutMiddleware,
    Cause,
    Fact,
    Failure,
    FetchWithoutUnique,
    ManualQuery,
    Place,
    Read,
    SessionFactory,
    SessionMisuse,
    StrategyMisuse,
    UnguardedRead,
)
from detachlint.domain.models import Direction, Entity, ModelGraph, Relationship
from detachlint.domain.source import Site
from detachlint.rule import Draft, RuleContext
from detachlint.rules import RULES

SITE = Site("app/models.py", 7)
ITEMS = Relationship(
    "items", SITE, "app.Locker", "app.Item", "Item", Direction.ONE_TO_MANY, True, has_default=True
)
LOCKER = Entity("app.Locker", "Locker", "app", SITE, "lockers", {"items": ITEMS})
MODELS = ModelGraph({"app.Locker": LOCKER})
READ = Read(SITE, "app.Booking", "user", Failure.MISSING_GREENLET, Cause.NOT_LOADED)

FLAG = (False, True)
READS = [
    replace(
        READ,
        failure=failure,
        cause=cause,
        place=place,
        writes=writes,
        outlives=outlives,
        method=method,
        many=many,
        certain=certain,
    )
    for failure, cause, place, writes, outlives, method, many, certain in product(
        Failure, Cause, Place, FLAG, ("", "cache"), ("", "to_dict", "__repr__"), FLAG, FLAG
    )
]

OTHERS: dict[str, Fact] = {
    "DET203": StrategyMisuse(SITE, "dynamic-async", "app.Booking", "user"),
    "DET204": StrategyMisuse(SITE, "noload-delete", "app.Booking", "user"),
    "DET205": StrategyMisuse(SITE, "dataclass-default", "app.Booking", "user"),
    "DET301": ManualQuery(
        SITE, "app.Booking", "app.bookings", "bookings(session)", Agreement.SAME, SITE, "session", ()
    ),
    "DET302": FetchWithoutUnique(SITE, "app.User", "bookings", SITE),
    "DET303": StrategyMisuse(SITE, "unused-eager-load", "app.Booking", "user"),
    "DET304": StrategyMisuse(SITE, "selectin-to-one", "app.Booking", "user"),
    "DET305": StrategyMisuse(SITE, "ignored-options", "", "options"),
    "DET306": StrategyMisuse(SITE, "contains-eager-without-join", "app.Booking", "user"),
    "DET307": StrategyMisuse(SITE, "unknown-refresh", "app.Booking", "usr"),
    "DET308": StrategyMisuse(SITE, "option-without-effect", "app.Booking", "user", "get"),
    "DET309": StrategyMisuse(
        SITE, "conflicting-options", "app.Booking", "user", "`joinedload` and `lazyload`"
    ),
    "DET401": AppWithoutMiddleware(SITE, "app", "app.middleware.DetachedMiddleware"),
    "DET402": SessionMisuse(SITE, "closed", "session", None),
    "DET403": SessionFactory(SITE, is_async=True, expire_on_commit=True),
    "DET404": StrategyMisuse(SITE, "deep-schema", "app.Booking", "user"),
}


def reported(fact: Fact, *, strict: bool = False) -> list[tuple[str, Draft]]:
    """All that all rules say about a fact."""
    context = RuleContext(MODELS, Config(strict=strict))
    return [
        (rule.code, draft)
        for rule in RULES
        if isinstance(fact, rule.on)
        for draft in rule.check(fact, context)
    ]


def codes(fact: Fact, *, strict: bool = False) -> list[str]:
    """The codes that a fact is reported under."""
    return [code for code, _ in reported(fact, strict=strict)]


@pytest.mark.parametrize("strict", [False, True])
def test_no_read_is_reported_twice(strict: bool) -> None:
    assert [read for read in READS if len(codes(read, strict=strict)) > 1] == []


def test_every_read_that_fails_is_reported_with_its_error() -> None:
    failures = (Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST)
    excused = (Cause.IDENTITY_MAP, Cause.NOLOAD)
    for read in READS:
        if read.certain and read.failure in failures and read.cause not in excused:
            [(_, draft)] = reported(read)
            assert draft.error == read.failure.value


def test_strict_leaves_no_uncertain_read_out() -> None:
    uncertain = [read for read in READS if not read.certain]
    assert {tuple(codes(read, strict=True)) for read in uncertain} == {("DET001",)}


@pytest.mark.parametrize(
    ("read", "code"),
    [
        (READ, "DET101"),
        (replace(READ, failure=Failure.DETACHED), "DET102"),
        (replace(READ, cause=Cause.CHAIN_STOPS, failure=Failure.DETACHED), "DET103"),
        (replace(READ, cause=Cause.RAISE, failure=Failure.INVALID_REQUEST), "DET104"),
        (replace(READ, cause=Cause.RAISE, place=Place.SCHEMA), "DET108"),
        (replace(READ, place=Place.TEMPLATE, outlives="cache"), "DET109"),
        (replace(READ, outlives="cache", cause=Cause.EXPIRED_COMMIT), "DET110"),
        (replace(READ, writes=True, cause=Cause.RAISE), "DET111"),
        (replace(READ, method="__repr__"), "DET201"),
        (replace(READ, method="to_dict"), "DET202"),
        (replace(READ, method="to_dict", cause=Cause.DEFERRED, is_column=True), "DET106"),
        (replace(READ, entity="app.Locker", attribute="items", cause=Cause.NEW_OBJECT), "DET205"),
        (replace(READ, cause=Cause.NEW_OBJECT), "DET101"),
        (replace(READ, failure=Failure.LAZY_QUERY, many=True, place=Place.TEMPLATE), "DET107"),
        (replace(READ, failure=Failure.SILENT, cause=Cause.NOLOAD, place=Place.SCHEMA), "DET204"),
    ],
)
def test_what_decides(read: Read, code: str) -> None:
    assert codes(read) == [code]


@pytest.mark.parametrize("cause", [Cause.NOT_LOADED, Cause.EXPIRED_COMMIT, Cause.DEFERRED, Cause.CHAIN_STOPS])
@pytest.mark.parametrize("place", list(Place))
def test_a_single_lazy_query_is_no_fault(cause: Cause, place: Place) -> None:
    assert codes(replace(READ, failure=Failure.LAZY_QUERY, cause=cause, place=place, writes=True)) == []


@pytest.mark.parametrize(("method", "code"), [("__str__", "DET201"), ("label", "DET202")])
def test_an_unguarded_method(method: str, code: str) -> None:
    read = UnguardedRead(SITE, "app.Booking", method, "method", "user", "self.user")
    [(found, draft)] = reported(read)
    assert (found, draft.error, draft.entity, draft.relationship) == (code, None, "Booking", "user")


@pytest.mark.parametrize("code", OTHERS)
def test_the_other_facts(code: str) -> None:
    assert codes(OTHERS[code]) == [code]


@pytest.mark.parametrize("how", ["closed", "result-after-close", "concurrent"])
def test_every_misuse_of_a_session(how: str) -> None:
    [(code, draft)] = reported(SessionMisuse(SITE, how, "", None))
    assert code == "DET402"
    assert draft.error == ("InvalidRequestError" if how == "result-after-close" else None)


@pytest.mark.parametrize("factory", [SessionFactory(SITE, True, False), SessionFactory(SITE, False, True)])
def test_a_factory_that_is_right(factory: SessionFactory) -> None:
    assert codes(factory) == []


def test_messages_are_short_and_use_short_names() -> None:
    facts: list[Fact] = [*OTHERS.values(), *READS]
    messages = {draft.message for fact in facts for _, draft in reported(fact)}
    helps = {draft.help or "" for fact in facts for _, draft in reported(fact)}
    assert max(map(len, messages)) <= 150, max(messages, key=len)
    assert max(map(len, helps)) <= 150, max(helps, key=len)
    assert "app.Booking" not in "".join(messages | helps)
