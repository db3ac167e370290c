"""The door to jinja2: environments, loaders, and the ways in which web frameworks render."""

from __future__ import annotations

from collections.abc import Mapping

from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.jinja import filters
from detachlint.frameworks.jinja.render import PREFIX, Loader, Renderer, Source
from detachlint.frameworks.syntax import argument, call_at, called_name
from detachlint.interpret.calls.invoke import call
from detachlint.interpret.expressions.operators import to_text
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Dictionary, Instance
from detachlint.interpret.values import (
    NONE,
    Awaitable,
    Const,
    Function,
    Library,
    Member,
    Ref,
    Unknown,
    Value,
)
from detachlint.parse import ir
from detachlint.resolve.symbols import External

_ENVIRONMENT = External("jinja2.Environment")
_TEMPLATE = External("jinja2.Template")
_MODULE = External("jinja2.environment.TemplateModule")
_RESPONSE = External("starlette.templating.TemplateResponse")
_ENVIRONMENTS = frozenset(
    {
        "Environment",
        "SandboxedEnvironment",
        "NativeEnvironment",
        "ImmutableSandboxedEnvironment",
        "Jinja2Templates",
    }
)
_LOADERS = frozenset(
    {"DictLoader", "FileSystemLoader", "PackageLoader", "ChoiceLoader", "PrefixLoader", "ModuleLoader"}
)
_RENDER_FUNCTIONS = {
    "render_template": False,
    "stream_template": False,
    "render_template_string": True,
    "stream_template_string": True,
}
_RENDER_METHODS = frozenset({"render", "render_async", "generate", "generate_async", "stream"})
_GET_TEMPLATE = frozenset({"get_template", "select_template", "get_or_select_template"})
_WEB = frozenset({"flask", "quart", "flask_mail", "aiohttp_jinja2"})
_DICT_METHODS = frozenset({"items", "values", "keys", "get", "pop", "update", "copy", "setdefault"})


class JinjaTemplates(Nothing):
    """Implements the Framework protocol.

    Args:
        templates: the program's templates, path -> text.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._templates = dict(sorted(templates.items()))
        parts = [path.split("/") for path in templates]
        self.telling = frozenset(["/".join(p[n:]) for p in parts for n in range(len(p))])
        self._renderer = Renderer()
        self._own: dict[str, Ref] = {}
        self._processors: list[Function] = []

    # ------------------------------------------------------------------ calls

    def call(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value | None:
        leaf = name.leaf
        if name.root == "jinja2" and ".filters." in name.dotted:
            return self._filter(frame, leaf, args, site)
        if name.root == "jinja2" and ".tests." in name.dotted:
            return frame.unknown("test of a template")
        if name.root == "jinja2" and ".runtime." in name.dotted:
            return self._runtime(frame, leaf, args, site)
        if leaf in _ENVIRONMENTS and name.root in ("jinja2", "starlette", "fastapi", "jinja2_fragments"):
            return self._environment(frame, args)
        if name.root == "jinja2":
            return self._jinja(frame, name, args)
        if leaf in _RENDER_FUNCTIONS and name.root in _WEB:
            return self._render_function(frame, name, args, site)
        if leaf == "Template" and name.root in ("litestar", "starlite"):
            self._render(frame, NONE, args.get("template_name", 0), args.get("context", 1), (), site)
            return frame.new(Instance(_RESPONSE))
        return None

    def _jinja(self, frame: Frame, name: External, args: Arguments) -> Value | None:
        if name.leaf in _LOADERS:
            fields = {f"{i}": v for i, v in enumerate(args.positional)} | dict(args.keywords)
            return frame.new(Instance(name, fields))
        if name.leaf == "Template" and args.positional:
            return frame.new(Instance(_TEMPLATE, {"source": args.positional[0]}))
        if name.leaf == "Namespace":
            return frame.new(Instance(name, dict(args.keywords)))
        return None

    @staticmethod
    def _environment(frame: Frame, args: Arguments) -> Value:
        given = args.get("env")
        if given is not None and frame.instance(given) is not None:
            return given
        loader = args.get("loader")
        if loader is None:
            directory = args.get("directory", 0)
            fields = {"0": directory} if directory is not None else {}
            loader = frame.new(Instance(External("jinja2.FileSystemLoader"), fields))
        return frame.new(Instance(_ENVIRONMENT, {"loader": loader}))

    def _filter(self, frame: Frame, name: str, args: Arguments, site: Site) -> Value:
        own = frame.dictionary(self._own.get("filters"))
        for key, function in own.entries if own is not None else ():
            if key == Const(name):
                return call(frame, function, args, site)
        return filters.apply(frame, name, args, site)

    def _runtime(self, frame: Frame, leaf: str, args: Arguments, site: Site) -> Value:
        first = args.positional[0] if args.positional else None
        match leaf:
            case "block" if isinstance(first, Const):
                self._renderer.block(frame, str(first.value))
            case "super" if isinstance(first, Const):
                self._renderer.super_block(frame, str(first.value))
            case "include":
                self._renderer.include(frame, first)
            case "import":
                return frame.new(Instance(_MODULE, self._renderer.imported(frame, first)))
            case _:
                for value in args.positional:
                    to_text(frame, frame.split(value), "__str__", site)
        return frame.unknown("output of a template")

    def _render_function(self, frame: Frame, name: External, args: Arguments, site: Site) -> Value:
        """``render_template("x.html", order=order)``."""
        first = args.positional[0] if args.positional else None
        context = tuple((k, v) for k, v in args.keywords)
        given = args.get("context", 2) if name.root == "aiohttp_jinja2" else None
        if _RENDER_FUNCTIONS[name.leaf]:
            template: Value = frame.new(Instance(_TEMPLATE, {"source": first or NONE}))
            self._render(frame, template, None, given, context, site)
        else:
            self._render(frame, NONE, first, given, context, site)
        made = frame.unknown("output of a template")
        return Awaitable(made) if name.root == "quart" else made

    # ---------------------------------------------------------------- methods

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        instance = frame.instance(receiver)
        if name == "TemplateResponse":
            if (instance is not None and instance.cls == _ENVIRONMENT) or isinstance(
                receiver, (Unknown, Library, Member)
            ):
                return self._template_response(frame, receiver, args, site)
            return None
        if isinstance(receiver, Unknown) and name in _GET_TEMPLATE:
            return self._named_template(frame, args)
        if instance is None:
            return None
        if instance.cls == _ENVIRONMENT:
            return self._environment_method(frame, receiver, name, args)
        if instance.cls == _TEMPLATE and name in _RENDER_METHODS:
            positional = args.positional[0] if args.positional else None
            self._render(frame, receiver, None, positional, args.keywords, site)
            made = frame.unknown("output of a template")
            return Awaitable(made) if name.endswith("async") else made
        return None

    @staticmethod
    def _environment_method(frame: Frame, receiver: Value, name: str, args: Arguments) -> Value | None:
        first = args.positional[0] if args.positional else args.get("name", 0)
        match name:
            case _ if name in _GET_TEMPLATE:
                return frame.new(Instance(_TEMPLATE, {"name": first or NONE, "environment": receiver}))
            case "from_string":
                source = first if first is not None else args.get("source", 0)
                return frame.new(Instance(_TEMPLATE, {"source": source or NONE, "environment": receiver}))
            case _:
                return None

    def _named_template(self, frame: Frame, args: Arguments) -> Value | None:
        """What gives a template of the program by its name is an environment, if nothing is known of it."""
        first = args.positional[0] if args.positional else args.get("name", 0)
        if not isinstance(first, Const) or first.value not in self.telling:
            return None
        return frame.new(Instance(_TEMPLATE, {"name": first}))

    def _template_response(self, frame: Frame, receiver: Value, args: Arguments, site: Site) -> Value:
        """``TemplateResponse(request, "x.html", {...})``; the older form has the request in the context."""
        positional = list(args.positional)
        if positional and not (isinstance(positional[0], Const) and isinstance(positional[0].value, str)):
            positional.pop(0)
        name = args.get("name") or (positional[0] if positional else None)
        context = args.get("context") or next(
            (v for v in positional if frame.dictionary(v) is not None), None
        )
        self._render(frame, receiver, name, context, (), site)
        background = args.get("background")
        return frame.new(Instance(_RESPONSE, {} if background is None else {"background": background}))

    # -------------------------------------------------------------- rendering

    def _render(
        self,
        frame: Frame,
        template: Value,
        name: Value | None,
        context: Value | None,
        keywords: tuple[tuple[str, Value], ...],
        site: Site,
    ) -> None:
        """Render a template object, or the template that an environment has under ``name``."""
        instance = frame.instance(template)
        environment: Value = template
        source: Value | None = None
        if instance is not None and instance.cls == _TEMPLATE:
            environment = instance.fields.get("environment", NONE)
            name = instance.fields.get("name")
            source = instance.fields.get("source")
        load = self._loader(frame, environment, site)
        if isinstance(source, Const) and isinstance(source.value, str):
            found: Source | None = Source("<string>", source.value, site.path, site.node)
        else:
            found = self._first(frame, name, load)
        if found is not None:
            self._renderer.render(frame, found, self._context(frame, context, keywords), load)

    def render_asset(self, frame: Frame, name: str, context: Value, site: Site) -> None:
        """A template that Pyramid names by package and folder: ``shop:templates/cart.html``."""

        def load(name: str) -> Source | None:
            package, _, path = name.rpartition(":")
            found = self._path(path, package.replace(".", "/"), site.path)
            return None if found is None else Source(name, self._templates[found], found)

        found = load(name)
        if found is not None:
            self._renderer.render(frame, found, self._context(frame, context, ()), load)

    @staticmethod
    def _first(frame: Frame, name: Value | None, load: Loader) -> Source | None:
        sequence = frame.sequence(name)
        for each in sequence.items if sequence is not None else (name,):
            if isinstance(each, Const) and isinstance(each.value, str):
                found = load(each.value)
                if found is not None:
                    return found
        return None

    def _context(
        self, frame: Frame, context: Value | None, keywords: tuple[tuple[str, Value], ...]
    ) -> dict[str, Value]:
        env: dict[str, Value] = {}
        sources: list[Value | None] = [self._own.get("globals")]
        sources += [call(frame, p, Arguments(), frame.machine.nowhere) for p in self._processors]
        for each in (*sources, context):
            known = frame.dictionary(frame.split(each)) if each is not None else None
            for key, value in known.entries if known is not None else ():
                if isinstance(key, Const) and isinstance(key.value, str):
                    env[key.value] = value
        return {**env, **dict(keywords)}

    def _loader(self, frame: Frame, environment: Value, site: Site) -> Loader:
        """Finds templates for an environment: in its dictionary, else among the program's files."""
        instance = frame.instance(environment)
        loader = frame.instance(instance.fields.get("loader")) if instance is not None else None
        texts: dict[str, str] = {}
        folder = ""
        for each in self._flat(frame, loader):
            mapping = frame.dictionary(each.fields.get("mapping", each.fields.get("0")))
            for key, text in mapping.entries if mapping is not None else ():
                if isinstance(key, Const) and isinstance(text, Const):
                    texts[str(key.value)] = str(text.value)
            folder = folder or _folder(each)

        def load(name: str) -> Source | None:
            if name in texts:
                return Source(name, texts[name], site.path, site.node)
            path = self._path(name, folder, site.path)
            return None if path is None else Source(name, self._templates[path], path)

        return load

    def _flat(self, frame: Frame, loader: Instance | None) -> list[Instance]:
        """The loader, or those that a ``ChoiceLoader`` asks."""
        if loader is None:
            return []
        inner = frame.sequence(loader.fields.get("0", loader.fields.get("loaders")))
        if inner is None:
            return [loader]
        return [i for i in (frame.instance(v) for v in inner.items) if i is not None]

    def _path(self, name: str, folder: str, near: str) -> str | None:
        """The file of a template: the one whose folder is the loader's, then the nearest to the code; of
        equally near ones the one in a folder named like the code's (``shop_app``, ``shop_templates``).
        """
        wanted = name.lstrip("./")
        candidates = [p for p in self._templates if p == wanted or p.endswith(f"/{wanted}")]
        if not candidates:
            return None
        return max(
            candidates,
            key=lambda p: (_fits(p, wanted, folder), _shared(p, near), _letters(p, near), -len(p)),
        )

    # ------------------------------------------------- environments' own names

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        if frame.module.key.startswith(PREFIX):
            return self._template_member(frame, receiver, name)
        instance = frame.instance(receiver)
        if instance is None or instance.cls != _ENVIRONMENT:
            return None
        if name == "env":
            return receiver
        if name in ("filters", "globals", "tests"):
            if name not in self._own:
                self._own[name] = frame.machine.module_heap.allocate(Dictionary(()))
            return self._own[name]
        return None

    @staticmethod
    def _template_member(frame: Frame, receiver: Value, name: str) -> Value | None:
        """In a template ``a.b`` may be ``a["b"]``, and what isn't there is undefined rather than an error."""
        if receiver == NONE:
            return Unknown("undefined")
        known = frame.dictionary(receiver)
        if known is None or name in _DICT_METHODS:
            return None
        for key, value in known.entries:
            if key == Const(name):
                return value
        return known.rest[1] if known.rest is not None else Unknown("undefined")

    def decorated(self, frame: Frame, decorator: Value, function: Function, site: Site) -> Value | None:
        """Flask's ``template_filter``, ``template_global`` and ``context_processor``."""
        node = call_at(frame.machine, site)
        which = called_name(node) if node is not None else _decorator_name(decorator)
        kind = which.removeprefix("app_")
        if kind == "context_processor":
            self._processors.append(function)
            return function
        if kind not in ("template_filter", "template_global"):
            return None
        stated = argument(node, 0, "name")
        name = str(stated.value) if isinstance(stated, ir.Const) else function.info.name
        self._add("filters" if kind == "template_filter" else "globals", name, function, frame)
        return function

    def _add(self, kind: str, name: str, function: Function, frame: Frame) -> None:
        ref = self._own.get(kind)
        if ref is None:
            ref = self._own[kind] = frame.machine.module_heap.allocate(Dictionary(()))
        known = frame.dictionary(ref)
        entries = known.entries if known is not None else ()
        frame.machine.module_heap.objects[ref.address] = Dictionary((*entries, (Const(name), function)))


def _decorator_name(decorator: Value) -> str:
    return decorator.name if isinstance(decorator, Member) else ""


def _folder(loader: Instance) -> str:
    """What the loader's arguments say about the folder: "app/templates", or a package and a folder in it."""
    parts = [v.value for k, v in sorted(loader.fields.items()) if k.isdigit() and isinstance(v, Const)]
    named = [loader.fields.get(k) for k in ("package_name", "package_path", "searchpath", "directory")]
    parts += [v.value for v in named if isinstance(v, Const)]
    texts = [p.strip("./") for p in parts if isinstance(p, str)]
    if isinstance(loader.cls, External) and loader.cls.leaf == "PackageLoader":
        package = texts[0].replace(".", "/") if texts else ""
        return "/".join([package, texts[1] if len(texts) > 1 else "templates"])
    return texts[0] if texts else ""


def _fits(path: str, name: str, folder: str) -> bool:
    return bool(folder) and f"/{path}".endswith(f"/{folder}/{name}")


def _letters(left: str, right: str) -> int:
    """How many letters the first folders that differ have in common at their beginning."""
    folders = zip(left.split("/")[:-1], right.split("/")[:-1], strict=False)
    first, second = next((pair for pair in folders if pair[0] != pair[1]), ("", ""))
    return next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)


def _shared(left: str, right: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for a, b in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count
