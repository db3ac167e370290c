"""detachlint: finds the SQLAlchemy lazy loads that fail, before they run."""

__version__ = "0.1.0"
