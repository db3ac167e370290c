"""marshmallow, marshmallow-sqlalchemy and Flask-Marshmallow: schemas that read what they dump."""

from detachlint.frameworks.marshmallow.framework import Marshmallow

__all__ = ["Marshmallow"]
