"""Base classes of libraries that bring columns: they are known by name, for nobody looks into the library."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Column, ServerValue
from detachlint.domain.source import Site
from detachlint.models.columns import ColumnDraft
from detachlint.models.tables import TableColumn, Target
from detachlint.resolve.symbols import External

_KEY_PREFIXES = ("UUID", "BigInt", "NanoID", "Identity")
_USER = ("email", "hashed_password", "is_active", "is_superuser", "is_verified")
_ACCOUNT = ("oauth_name", "access_token", "expires_at", "refresh_token", "account_id", "account_email")


def library_columns(base: External, site: Site) -> Iterator[ColumnDraft]:
    """The columns that a base class of a library adds."""
    leaf = base.leaf
    if base.root == "advanced_alchemy":
        if leaf.startswith(_KEY_PREFIXES) and "Base" in leaf:
            yield _column("id", site, primary_key=True)
        if "Audit" in leaf:
            yield _column("created_at", site)
            yield _column("updated_at", site, onupdate=ServerValue.PYTHON)
    elif library_table_name(base) is not None:
        if leaf.endswith("UUID"):
            yield _column("id", site, primary_key=True)
        if leaf.startswith("SQLAlchemyBaseOAuthAccountTableUUID"):
            yield _column("user_id", site, refers_to="user.id")
        for name in _USER if leaf.startswith("SQLAlchemyBaseUserTable") else _ACCOUNT:
            yield _column(name, site)


def library_table_name(base: External) -> str | None:
    """The ``__tablename__`` that it brings."""
    if not base.root.startswith("fastapi_users"):
        return None
    if base.leaf.startswith("SQLAlchemyBaseUserTable"):
        return "user"
    return "oauth_account" if base.leaf.startswith("SQLAlchemyBaseOAuthAccountTable") else None


def _column(
    name: str,
    site: Site,
    *,
    primary_key: bool = False,
    onupdate: ServerValue = ServerValue.NONE,
    refers_to: str | None = None,
) -> ColumnDraft:
    column = Column(name, site, name, primary_key=primary_key, nullable=False, onupdate=onupdate)
    targets = (Target(refers_to, None),) if refers_to is not None else ()
    return ColumnDraft(column, TableColumn(name, primary_key, targets))
