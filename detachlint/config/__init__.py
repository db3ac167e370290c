"""How detachlint is set up: ``[tool.detachlint]`` in pyproject.toml, and the options of the command line."""

from __future__ import annotations

from detachlint.config.load import ConfigError, find_config, load_config
from detachlint.config.options import Config

__all__ = ["Config", "ConfigError", "find_config", "load_config"]
