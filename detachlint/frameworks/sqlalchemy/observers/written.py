"""What stands in the source where a statement was made."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.parse.walk import calls
from detachlint.resolve.symbols import ClassInfo, ModuleInfo


def names_entity(machine: Machine, site: Site, entity: str) -> bool:
    """Whether the call names the class itself: ``select(Booking)``, and not ``select(self.model)``."""
    module = next((m for m in machine.program.modules.values() if m.path == site.path), None)
    call = _call_at(module, site.node) if module is not None else None
    if module is None or call is None:
        return False
    for arg in call.args:
        if isinstance(arg.value, (ir.Name, ir.Attribute)):
            symbol = machine.program.resolve(module, arg.value)
            if isinstance(symbol, ClassInfo) and symbol.qualname == entity:
                return True
    return False


def _call_at(module: ModuleInfo, number: int) -> ir.Call | None:
    return next((call for call in calls(module.ir) if call.n == number), None)
