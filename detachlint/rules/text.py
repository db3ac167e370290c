"""What a rule takes out of the docstring of its module, so that nothing has to be written twice."""

from __future__ import annotations

import re

_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(doc: str | None, heading: str) -> str:
    """The block of code under a heading: it is what the tests execute."""
    _, _, below = (doc or "").partition(f"## {heading}\n")
    section = re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0]
    block = _FENCED.search(section)
    return block[1] if block else ""
