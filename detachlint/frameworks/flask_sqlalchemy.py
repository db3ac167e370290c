"""Flask-SQLAlchemy's extension, ``db = SQLAlchemy()``, also of a class that the program derives from it.

Source: "Customizing the ``SQLAlchemy`` class" and "Session" in Flask-SQLAlchemy's documentation.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Step
from detachlint.domain.source import Site
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import HeapObject, Instance, SessionObject
from detachlint.interpret.objects.attribute import call_method, find_method
from detachlint.interpret.values import NONE, ClassValue, Const, Library, Ref, Unknown, Value
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External

_SESSION = "session"


def is_extension(program: Program, cls: ClassInfo | External) -> bool:
    """Whether the class is the extension's, or derived from it."""
    bases = program.external_bases(cls) if isinstance(cls, ClassInfo) else (cls,)
    return any(base.leaf == "SQLAlchemy" for base in bases)


def make(frame: Frame, cls: ClassInfo | External, args: Arguments, site: Site) -> Ref:
    """``SQLAlchemy(...)``: it has the session of the request."""
    session = frame.new(SessionObject(False, True, history=(Step(site, "session of the request"),)))
    made = frame.new(Instance(cls, {_SESSION: session}))
    if isinstance(cls, ClassInfo) and find_method(frame, cls, "__init__") is not None:
        call_method(frame, made, "__init__", args, site)
    else:
        initialise(frame, made, args)
    return made


def initialise(frame: Frame, ref: Ref, args: Arguments) -> Value | None:
    """``SQLAlchemy.__init__``, if the object is such an extension: its session has the ``session_options``.

    Options that nobody knows may say that a commit expires nothing.
    """
    extension, given = frame.instance(ref), args.get("session_options")
    session = session_of(frame.machine.program, extension) if extension is not None else None
    made = frame.session(session)
    if made is None or not isinstance(session, Ref):
        return None
    if given in (None, NONE):
        return NONE
    written = frame.dictionary(given)
    if written is None:
        frame.put(session, replace(made, expire_on_commit=False))
        return NONE
    options = {key.value: value for key, value in written.entries if isinstance(key, Const)}
    cls = options.get("class_")
    expires = options.get("expire_on_commit", Const(written.rest is None))
    frame.put(
        session,
        replace(
            made,
            expire_on_commit=isinstance(expires, Const) and bool(expires.value),
            autoflush=options.get("autoflush") != Const(False),
            cls=cls.info.qualname if isinstance(cls, ClassValue) else "",
        ),
    )
    return NONE


def session_of(program: Program, obj: HeapObject) -> Value | None:
    """``db.session``, where the object is such an extension."""
    if not isinstance(obj, Instance) or _SESSION not in obj.fields or not is_extension(program, obj.cls):
        return None
    return obj.fields[_SESSION]


def request_session(frame: Frame) -> Value:
    """The session of ``Model.query``: an extension's, or else a synchronous one of a module."""
    for address, obj in sorted(frame.machine.module_heap.objects.items(), reverse=True):
        session = session_of(frame.machine.program, obj)
        if session is not None:
            return session
        if isinstance(obj, SessionObject) and not obj.is_async:
            return Ref(address)
    return Unknown("session of the request")


def member(program: Program, obj: Instance, name: str) -> Value | None:
    """``db.session``, and ``db.relationship`` and the like, which are SQLAlchemy's; None: not mine."""
    session = session_of(program, obj)
    if session is None or name == _SESSION:
        return session
    if name in obj.fields or (isinstance(obj.cls, ClassInfo) and _defines(program, obj.cls, name)):
        return None
    return Library(External(f"sqlalchemy.orm.{name}"))


def _defines(program: Program, cls: ClassInfo, name: str) -> bool:
    return any(isinstance(base, ClassInfo) and name in program.members(base) for base in program.mro(cls))
