"""Run in the folder of a booking backend: what the statements of variants of its safe queries load.

Texts of the module come as a JSON list on standard input; for each, the loads by statement are printed.
"""

import json
import sys
from typing import Any


def main() -> None:
    """Read, evaluate, print."""
    sys.path.insert(0, ".")
    print(json.dumps([loads(text) for text in json.load(sys.stdin)]))


def loads(text: str) -> dict[str, list[tuple[str, str]]]:
    """Statement -> the (path, strategy) pairs that SQLAlchemy makes of its options."""
    namespace: dict[str, Any] = {"__name__": "variant"}
    exec(compile(text, "safe_queries.py", "exec"), namespace)
    builder = namespace["SafeQueryBuilder"]
    names = [name for name in vars(builder) if not name.startswith("_")]
    return {name: sorted(set(_loads(getattr(builder, name)()))) for name in names}


def _loads(statement: Any) -> list[tuple[str, str]]:
    return [
        (".".join(part.key for part in element.path.path if hasattr(part, "key")), element.strategy[0][1])
        for option in statement._with_options
        for element in option.context
        if element.strategy is not None
    ]


if __name__ == "__main__":
    main()
