"""Rendering: a template's statements run like a function's, with the context as its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.domain.facts import Place
from detachlint.interpret.frame import Frame, RaisedError, Reading
from detachlint.interpret.heap import State
from detachlint.interpret.statements.blocks import run_block
from detachlint.interpret.values import Const, Library, Unknown, Value
from detachlint.parse import ir
from detachlint.parse.templates import Template, parse_template
from detachlint.resolve.symbols import External, ModuleInfo

PREFIX = "<template>"
MAX_NESTING = 10
_BUILTINS = {"range": "builtins.range", "dict": "builtins.dict", "namespace": "jinja2.utils.Namespace"}


class Source(Struct, frozen=True):
    """A template's text and where its reads are reported.

    Args:
        path: the template's file, or the Python file whose ``render()`` call stands for all lines.
        line: the ordinal of that call; None for a file of its own.
    """

    name: str
    text: str
    path: str
    line: int | None = None


class Loaded(Struct, frozen=True):
    """A parsed template and the module that its functions and names belong to."""

    template: Template
    module: ModuleInfo


Loader = Callable[[str], Source | None]


@dataclass(slots=True)
class Rendering:
    """One render.

    Args:
        load: finds what a template extends, includes or imports.
        blocks: the statements of each block with the template they stand in, most derived first.
        inside: the place of the block that runs in the list of its name's blocks.
    """

    load: Loader
    blocks: dict[str, list[tuple[Loaded, ir.Block]]] = field(default_factory=dict)
    inside: dict[str, int] = field(default_factory=dict)
    depth: int = 0


class Renderer:
    """Runs templates; each is parsed once."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, int | None, str], Loaded | None] = {}
        self._running: list[Rendering] = []

    @property
    def running(self) -> Rendering | None:
        return self._running[-1] if self._running else None

    def render(self, frame: Frame, source: Source, context: Mapping[str, Value], load: Loader) -> None:
        """Run the template with ``context``; what it reads, it reads on the caller's heap."""
        loaded = self._load(frame, source)
        if loaded is None or len(self._running) > MAX_NESTING:
            return
        self._running.append(Rendering(load))
        saved = frame.reading
        frame.reading = Reading(Place.TEMPLATE, source.name)
        try:
            self._run_chain(frame, loaded, dict(context))
        finally:
            frame.reading = saved
            self._running.pop()

    def _load(self, frame: Frame, source: Source) -> Loaded | None:
        key = (source.path, source.line, source.name)
        if key not in self._loaded:
            template = parse_template(source.text, source.line)
            self._loaded[key] = None
            if template is not None:
                name = f"{PREFIX}{source.path}:{source.line}:{source.name}"
                module = ModuleInfo(name, name, source.path, False, ir.Module((), 0))
                frame.machine.namespaces[name] = {n: _meaning(n) for n in template.names}
                self._loaded[key] = Loaded(template, module)
        return self._loaded[key]

    def _run_chain(self, frame: Frame, loaded: Loaded, env: dict[str, Value]) -> dict[str, Value]:
        """Run a template; one that extends another defines its blocks and leaves the rest to that one."""
        rendering = self._running[-1]
        for name, block in loaded.template.blocks.items():
            rendering.blocks.setdefault(name, []).append((loaded, block))
        if loaded.template.parent is None:
            return self._run(frame, loaded, loaded.template.body, env)
        own = tuple(s for s in loaded.template.body if not isinstance(s, ir.ExprStmt))
        env = self._run(frame, loaded, own, env)
        parent = self._named(frame, loaded, loaded.template.parent, env)
        rendering.depth += 1
        if parent is not None and rendering.depth < MAX_NESTING:
            env = self._run_chain(frame, parent, env)
        rendering.depth -= 1
        return env

    def _named(
        self, frame: Frame, loaded: Loaded, expression: ir.Expr, env: Mapping[str, Value]
    ) -> Loaded | None:
        value: Value | None = None
        if isinstance(expression, ir.Const):
            value = Const(expression.value)
        elif isinstance(expression, ir.Name):
            value = env.get(expression.id)
        return self.find(frame, value)

    def find(self, frame: Frame, name: Value | None) -> Loaded | None:
        """The template that the running one finds under that name; of several names the first there is."""
        sequence = frame.sequence(name)
        if sequence is not None:
            return next((f for f in (self.find(frame, v) for v in sequence.items) if f is not None), None)
        if self.running is None or not isinstance(name, Const) or not isinstance(name.value, str):
            return None
        source = self.running.load(name.value)
        return None if source is None else self._load(frame, source)

    # --------------------------------------------------- blocks, includes, imports

    def block(self, frame: Frame, name: str) -> None:
        """The most derived version of a block runs in the place of the block."""
        self._run_block(frame, name, 0)

    def super_block(self, frame: Frame, name: str) -> None:
        rendering = self.running
        if rendering is not None:
            self._run_block(frame, name, rendering.inside.get(name, 0) + 1)

    def _run_block(self, frame: Frame, name: str, index: int) -> None:
        rendering = self.running
        if rendering is None or index >= len(rendering.blocks.get(name, ())):
            return
        loaded, statements = rendering.blocks[name][index]
        saved = rendering.inside.get(name, 0)
        rendering.inside[name] = index
        rendering.depth += 1
        if rendering.depth < MAX_NESTING:
            self._run(frame, loaded, statements, dict(frame.state.env))
        rendering.depth -= 1
        rendering.inside[name] = saved

    def include(self, frame: Frame, name: Value | None) -> None:
        """An included template sees the variables of the including one."""
        rendering = self.running
        loaded = self.find(frame, name)
        if rendering is None or loaded is None or rendering.depth >= MAX_NESTING:
            return
        rendering.depth += 1
        saved, rendering.blocks = rendering.blocks, {}
        self._run_chain(frame, loaded, dict(frame.state.env))
        rendering.blocks = saved
        rendering.depth -= 1

    def imported(self, frame: Frame, name: Value | None) -> dict[str, Value]:
        """What an imported template defines: its macros and variables."""
        loaded = self.find(frame, name)
        rendering = self.running
        if loaded is None or rendering is None or rendering.depth >= MAX_NESTING:
            return {}
        rendering.depth += 1
        definitions = tuple(s for s in loaded.template.body if not isinstance(s, ir.ExprStmt))
        env = self._run(frame, loaded, definitions, {})
        rendering.depth -= 1
        return env

    # -------------------------------------------------------------------- running

    @staticmethod
    def _run(frame: Frame, loaded: Loaded, block: ir.Block, env: dict[str, Value]) -> dict[str, Value]:
        """Run statements on the frame's heap and give the variables at the end. Of the paths that come out
        one is followed: what they differ in is output."""
        state = State(env, dict(frame.state.heap), frame.state.next_address)
        inner = Frame(
            frame.machine,
            loaded.module,
            None,
            None,
            state,
            guards=frame.guards,
            facts=frame.facts,
            depth=frame.depth + 1,
            reading=frame.reading,
        )
        states, exits = run_block(inner, block, [state])
        ends: list[tuple[State, Value | None]] = [(s, None) for s in states[:1]]
        ends += [(e.state, e.value) for e in exits if e.kind == "raise"][:1]
        if not ends:
            return env
        end, error = ends[frame.choose(len(ends))]
        frame.state.heap = dict(end.heap)
        frame.state.next_address = end.next_address
        if error is not None:
            raise RaisedError(error)
        return end.env


def _meaning(name: str) -> Value:
    """What a name of a template means that neither the context nor the template defines."""
    if name.startswith("<filter "):
        return Library(External(f"jinja2.filters.{name[8:-1]}"))
    if name.startswith("<test "):
        return Library(External(f"jinja2.tests.{name[6:-1]}"))
    if name.startswith("<"):
        return Library(External(f"jinja2.runtime.{name[1:-1]}"))
    if name in _BUILTINS:
        return Library(External(_BUILTINS[name]))
    return Unknown("name that the template is not given")
