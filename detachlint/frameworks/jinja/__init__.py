"""Jinja2 templates: parsed, never rendered; what they read is read at their own lines."""

from detachlint.frameworks.jinja.framework import JinjaTemplates

__all__ = ["JinjaTemplates"]
