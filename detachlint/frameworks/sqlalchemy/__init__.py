"""SQLAlchemy: sessions, statements, loader options, results, instances.

Where a fact here is not obvious it names the page of https://docs.sqlalchemy.org/en/20/ that says so.
"""
