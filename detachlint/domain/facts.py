"""What the interpreter observed. Rules turn facts into findings; they see nothing else of the program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from detachlint.domain.source import Site


class Event(StrEnum):
    """What a step of a trace is about."""

    QUERIED = "queried"
    EXTENDED = "extended"
    EXECUTED = "executed"
    MADE = "made"
    RETURNED = "returned"
    PASSED = "passed"
    FLUSHED = "flushed"
    EXPIRED = "expired"
    OTHER = "other"


class Step(NamedTuple):
    """A step of a trace: where, and what happened there.

    Args:
        handle: the variable that held the object in the function that ``site`` is in, or "". With a star in
            front it held a list of such objects.
        session: the expression for its session there, or "".
    """

    site: Site
    message: str
    event: Event = Event.OTHER
    handle: str = ""
    session: str = ""


class Via(NamedTuple):
    """A relationship on the way from the query's own entity to an object.

    Args:
        lazily: a lazy load led along it, which the identity map may have answered without a query.
    """

    entity: str
    attribute: str
    to_many: bool
    lazily: bool = False


class Failure(StrEnum):
    """What the read does at run time."""

    MISSING_GREENLET = "MissingGreenlet"
    DETACHED = "DetachedInstanceError"
    INVALID_REQUEST = "InvalidRequestError"
    LAZY_QUERY = "lazy query"
    SILENT = "silently empty"
    WORKS = "answered by the identity map"


class Cause(StrEnum):
    """Why the attribute wasn't there."""

    NOT_LOADED = "not loaded"
    CHAIN_STOPS = "chain stops short"
    RAISE = "lazy='raise'"
    EXPIRED_COMMIT = "expired by commit"
    EXPIRED_ROLLBACK = "expired by rollback"
    EXPIRED_REFRESH = "unloaded by refresh"
    EXPIRED = "expired"
    DEFERRED = "deferred"
    NEW_OBJECT = "new object"
    SERVER_VALUE = "server value"
    NOLOAD = "noload"
    DYNAMIC = "dynamic"
    IDENTITY_MAP = "identity map"


class Place(StrEnum):
    """What kind of code reads."""

    CODE = "code"
    SCHEMA = "schema"
    TEMPLATE = "template"
    SERIALISER = "serialiser"


@dataclass(frozen=True, slots=True)
class Read:
    """An attribute of an entity was read (or written in a way that reads), and nothing had loaded it.

    Args:
        certain: there is a path on which it fails for sure. Uncertain reads are shown by ``--strict`` only.
        entity: qualified name; ``name`` for messages is its last part.
        attribute: the relationship or column.
        is_column: the attribute is a column.
        chain: the read as written.
        writes: it is an append, remove or replacement of a collection.
        many: the object is one of many that a loop goes over.
        method: the model method (``__repr__``, a property) that the read stands in, or "".
        outlives: how the object got away from its session ("background task", "cache" ...), or "".
        field: the schema field, or template expression, that asks for it.
        origin: the query, constructor or merge that the object came from.
        path: the relationships from there to the object.
        queried: the class that was asked for, where the attribute belongs to a subclass of it that was not
            loaded along; else "".
        outdated: rows of the collection have come or gone since the object was queried, so that loaded there
            it would be another one.
        reason: for uncertain reads, why it isn't known.
    """

    site: Site
    entity: str
    attribute: str
    failure: Failure
    cause: Cause
    place: Place = Place.CODE
    certain: bool = True
    is_column: bool = False
    is_collection: bool = False
    chain: str = ""
    writes: bool = False
    many: bool = False
    method: str = ""
    outlives: str = ""
    field: str = ""
    origin: Site | None = None
    path: tuple[Via, ...] = ()
    trace: tuple[Step, ...] = ()
    queried: str = ""
    outdated: bool = False
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether it is told without ``--strict``: it is certain, or certain to hang on the identity map.
        Where SQL works, nothing fails either way.
        """
        return self.certain or (self.cause is Cause.IDENTITY_MAP and self.failure is not Failure.LAZY_QUERY)


@dataclass(frozen=True, slots=True)
class UnguardedRead:
    """A method of a model reads a lazy attribute with no guard: fails whenever the caller has not loaded
    it.
    """

    site: Site
    entity: str
    method: str
    kind: str
    attribute: str
    chain: str
    trace: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionFactory:
    """A session factory or session was made. ``is_async``; ``expire_on_commit`` as it will be."""

    site: Site
    is_async: bool
    expire_on_commit: bool


@dataclass(frozen=True, slots=True)
class FetchWithoutUnique:
    """Rows of a statement with a joined collection were fetched without ``unique()``: InvalidRequestError."""

    site: Site
    entity: str
    attribute: str
    origin: Site | None
    trace: tuple[Step, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class SessionMisuse:
    """A session or an unfetched result is used after its scope, or by concurrent tasks.

    Args:
        how: ``closed``, ``result-after-close``, ``concurrent`` or ``refresh-of-detached``.
        error: the class of the exception that is raised there, where it is known that one is.
    """

    site: Site
    how: str
    detail: str
    origin: Site | None
    trace: tuple[Step, ...] = ()
    error: str | None = None


class Agreement(StrEnum):
    """How much alike a query and a helper are, which ask for the same rows."""

    SAME = "same"
    REFINED = "the helper gives an order to what had none"
    DOUBTFUL = "they differ in order, or in what they do without a row or with several"


@dataclass(frozen=True, slots=True)
class ManualQuery:
    """A query asks for rows that a helper of the project returns, with no more loaded than the helper
    loads.

    Args:
        call: the call of the helper, with the names of its parameters.
        agreement: how much alike the two are.
        fetch: where the rows are taken.
        session: the helper's parameter for the session.
        parameters: its other parameters, each with the attribute that is compared with it.
    """

    site: Site
    entity: str
    helper: str
    call: str
    agreement: Agreement
    fetch: Site
    session: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AppWithoutMiddleware:
    """An application object is built and never gets the project's detached-instance middleware.

    Args:
        app: the variable that holds it.
        middleware: qualified name of the class.
    """

    site: Site
    app: str
    middleware: str


@dataclass(frozen=True, slots=True)
class StrategyMisuse:
    """A mapping or an option whose loader strategy can't do what the code asks.

    Args:
        kind: ``dynamic-async``, ``noload``, ``noload-delete``, ``contains-eager-without-join``,
            ``unknown-refresh``, ``option-without-effect``, ``ignored-options``, ``dataclass-default``,
            ``selectin-to-one``, ``unused-eager-load``, ``deep-schema``, ``conflicting-options``.
    """

    site: Site
    kind: str
    entity: str
    attribute: str
    detail: str = ""
    origin: Site | None = None
    trace: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class UnresolvedRead:
    """An attribute named like a relationship is read of something that nothing is known of, or in code
    that was never followed: it may be a lazy load. Made for ``--strict`` only.
    """

    site: Site
    attribute: str
    reason: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """A function was not followed on all of its paths. Made for ``--strict`` only.

    Args:
        function: its name; "" for the body of a module.
    """

    site: Site
    function: str
    reason: str


Fact = (
    Read
    | UnguardedRead
    | SessionFactory
    | FetchWithoutUnique
    | SessionMisuse
    | ManualQuery
    | AppWithoutMiddleware
    | StrategyMisuse
    | UnresolvedRead
    | CutOff
)
