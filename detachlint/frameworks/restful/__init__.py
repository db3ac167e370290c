"""Flask-RESTful and Flask-RESTX: dictionaries of fields that say what is read of what a resource returns."""

from detachlint.frameworks.restful.framework import Restful

__all__ = ["Restful"]
