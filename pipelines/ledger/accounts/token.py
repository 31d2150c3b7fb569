"""What rows of links, sessions and accounts share: secrets kept as a hash, areas in one text, the viewer they name."""

import hashlib
import secrets
from typing import Any

from pipelines.core.domain import Role, Viewer


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored. No salt and no slow hash: the token is random and cannot be guessed from a list."""
    return hashlib.sha256(token.encode()).hexdigest()


def joined(areas: frozenset[str]) -> str:
    """Areas as one text column, in order."""
    return ";".join(sorted(areas))


def parted(areas: str) -> frozenset[str]:
    """The reverse of ``joined``."""
    return frozenset(code for code in areas.split(";") if code)


def viewer_in(row: Any) -> Viewer:
    """The viewer a row names by its columns role, areas and name."""
    return Viewer(Role(row.role) if row.role else None, parted(row.areas), row.name)
