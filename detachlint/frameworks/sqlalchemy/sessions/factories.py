"""Sessions, and the factories and registries that make them.

Source: orm/session_api.html, orm/extensions/asyncio.html.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import SessionFactory, Step
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.frameworks.sqlalchemy.sessions.makers import (
    FACTORIES,
    OF_FASTAPI_SQLA,
    SESSIONS,
    expires,
    flushes,
    nearest_paths,
)
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance, SessionObject
from detachlint.interpret.values import NONE, ClassValue, Const, Library, Ref, Value
from detachlint.resolve.symbols import ClassInfo, External

REGISTRIES = {"scoped_session": False, "async_scoped_session": True}


FACTORY = External("sqlalchemy.orm.sessionmaker")


TRANSACTION = External("sqlalchemy.orm.SessionTransaction")


def is_session_class(frame: Frame, value: Value | None) -> bool | None:
    """Whether a class is a session: True async, False sync, None no session."""
    if isinstance(value, Library):
        return SESSIONS.get(value.name.leaf)
    if isinstance(value, ClassValue):
        for base in frame.machine.program.external_bases(value.info):
            if base.leaf in SESSIONS:
                return SESSIONS[base.leaf]
    return None


def construct(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """``Session(...)``, ``async_sessionmaker(...)``, ``scoped_session(factory)``."""
    if name in SESSIONS:
        return new_session(frame, is_async=SESSIONS[name], args=args, site=site)
    if name in FACTORIES:
        is_async = FACTORIES[name]
        given = args.get("class_")
        declared = is_session_class(frame, given)
        if declared is not None:
            is_async = declared
        expires = args.flag("expire_on_commit")
        known = expires is not False
        if is_async and "expire_on_commit" not in dict(args.keywords) and args.splat:
            known = False
        if is_async:
            Usage.of(frame.machine).is_async = True
        if is_async and known:
            frame.emit(SessionFactory(site, True, True))
        fields: dict[str, Value] = {
            "is_async": Const(is_async),
            "expire_on_commit": Const(expires is not False),
            "autoflush": Const(args.flag("autoflush") is not False),
            "path": Const(site.path),
        }
        if isinstance(given, ClassValue):
            fields["class"] = given
        return frame.new(Instance(FACTORY, fields))
    if name in ("open_session", "open_async_session"):
        is_async = OF_FASTAPI_SQLA[name]
        session = new_session(frame, is_async=is_async, args=Arguments(), site=site, expires=not is_async)
        return frame.new(Instance(TRANSACTION, {"session": session, "owns": Const(True)}))
    if name in REGISTRIES:
        factory = frame.instance(args.positional[0] if args.positional else None)
        fields = dict(factory.fields) if factory is not None else {}
        return frame.new(
            SessionObject(
                REGISTRIES[name] or fields.get("is_async") == Const(True),
                fields.get("expire_on_commit") != Const(False),
                history=(Step(site, "session registry made here"),),
            )
        )
    return None


def new_session(
    frame: Frame,
    *,
    is_async: bool,
    args: Arguments,
    site: Site,
    expires: bool | None = None,
    cls: str = "",
) -> Ref:
    """A session on the heap.

    Args:
        expires: ``expire_on_commit``, where something else than the arguments says it.
        cls: qualified name of the program's own class, if it is of one.
    """
    flag = args.flag("expire_on_commit")
    if is_async:
        Usage.of(frame.machine).is_async = True
    if expires is None:
        expires = flag is not False
        if (
            is_async
            and expires
            and site.path
            and "expire_on_commit" not in dict(args.keywords)
            and not args.splat
        ):
            frame.emit(SessionFactory(site, True, True))
    elif flag is not None:
        expires = flag
    return frame.new(
        SessionObject(
            is_async,
            expires,
            args.flag("autoflush") is not False,
            cls=cls,
            history=(Step(site, "session opened here"),),
        )
    )


def factory_method(
    frame: Frame, ref: Ref, instance: Instance, name: str, args: Arguments, site: Site
) -> Value | None:
    """``factory()``, ``factory.begin()``, ``factory.configure(...)``."""
    if name in ("__call__", "begin"):
        autoflush = instance.fields.get("autoflush") != Const(False)
        made_of = instance.fields.get("class")
        session = new_session(
            frame,
            is_async=instance.fields.get("is_async") == Const(True),
            args=args,
            site=site,
            expires=instance.fields.get("expire_on_commit") != Const(False),
            cls=made_of.info.qualname if isinstance(made_of, ClassValue) else "",
        )
        obj = frame.session(session)
        if obj is not None and not autoflush:
            frame.put(session, replace(obj, autoflush=False))
        if name == "__call__":
            return session
        return frame.new(Instance(TRANSACTION, {"session": session, "owns": Const(True)}))
    if name == "configure":
        changed = {k: v for k, v in args.keywords if k in ("expire_on_commit", "autoflush")}
        frame.put(ref, replace(instance, fields={**instance.fields, **changed}))
        return NONE
    return None


def annotated(frame: Frame, name: External | ClassInfo) -> Value | None:
    """A parameter annotated ``AsyncSession``: a session that is open, made by the project's factory for all
    we know.
    """
    is_async: bool | None = None
    if isinstance(name, External):
        is_async = SESSIONS.get(name.leaf) if name.leaf in ("Session", "AsyncSession") else None
        if name.leaf in REGISTRIES:
            is_async = REGISTRIES[name.leaf]
        if name.root in ("requests", "aiohttp", "boto3", "botocore", "httpx", "curl_cffi", "noxfile", "nox"):
            return None
        if name.leaf in FACTORIES:
            return frame.new(
                Instance(
                    FACTORY,
                    {
                        "is_async": Const(FACTORIES[name.leaf]),
                        "expire_on_commit": Const(_expires(frame, FACTORIES[name.leaf])),
                        "autoflush": Const(flushes(frame, is_async=FACTORIES[name.leaf])),
                    },
                )
            )
    else:
        is_async = is_session_class(frame, ClassValue(name))
    if is_async is None:
        return None
    if is_async:
        Usage.of(frame.machine).is_async = True
    own = name.qualname if isinstance(name, ClassInfo) else ""
    if frame.machine.building:
        shared = _shared(frame, own, is_async=is_async)
        if shared is not None:
            return shared
    autoflush = flushes(frame, is_async=is_async)
    return frame.new(SessionObject(is_async, _expires(frame, is_async), autoflush, active=True, cls=own))


def _shared(frame: Frame, own: str, *, is_async: bool) -> Ref | None:
    """What objects ask for that nobody was seen to make is given by a container, or by whoever has the
    session here: they all have the same one.
    """
    for address, obj in sorted(frame.state.heap.items()):
        if isinstance(obj, SessionObject) and obj.open and obj.is_async is is_async and obj.cls == own:
            return Ref(address)
    return None


def _expires(frame: Frame, is_async: bool) -> bool:
    """What the program says where it makes sessions; a factory may have been configured later."""
    paths = nearest_paths(frame, is_async=is_async)
    for obj in frame.machine.module_heap.of_class(FACTORY):
        path = obj.fields.get("path")
        if isinstance(path, Const) and path.value in paths and obj.fields["expire_on_commit"] == Const(False):
            return False
    return expires(frame, is_async=is_async)
