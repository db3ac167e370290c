"""From the options of a command to a Config and the paths to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detachlint.config import Config, find_config, load_config


def configure(
    config_file: str | None, paths: Sequence[str], **overrides: Any
) -> tuple[Config, Sequence[str]]:
    """The configuration that holds for the paths, and the paths, or those of the configuration.

    Args:
        overrides: fields of Config. None and empty values leave what the file says.
    """
    file = Path(config_file) if config_file is not None else find_config(_common_folder(paths))
    config = Config() if file is None else load_config(file)
    given = {key: value for key, value in overrides.items() if value not in (None, ())}
    if "select" in given:
        # What is asked for by hand is all that is wanted.
        given.setdefault("extend_select", ())
    config = replace(config, **given)
    root = config.root or Path.cwd()
    return config, paths or [str(root / path) for path in config.paths]


def codes(values: Sequence[str]) -> tuple[str, ...]:
    """``--select DET1,DET201 --select DET3`` -> the three, in capitals."""
    parts = (part.strip().upper() for value in values for part in value.split(","))
    return tuple(part for part in parts if part)


def _common_folder(paths: Sequence[str]) -> Path:
    if not paths:
        return Path.cwd()
    try:
        common = Path(os.path.commonpath([os.path.abspath(path) for path in paths]))
    except ValueError:  # on several drives
        return Path.cwd()
    return common if common.is_dir() else common.parent
