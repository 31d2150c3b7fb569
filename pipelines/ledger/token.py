"""Secrets of links and sessions: long, random, and kept only as a hash, so that a copy of the ledger opens nothing."""

import hashlib
import secrets


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
