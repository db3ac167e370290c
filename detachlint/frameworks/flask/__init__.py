"""Flask: views, application contexts and what ends with them."""

from detachlint.frameworks.flask.framework import Flask

__all__ = ["Flask"]
