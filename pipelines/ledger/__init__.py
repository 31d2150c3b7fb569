"""The operational store: what people did and what they were told, in short transactions."""

from pipelines.ledger.db.store import Ledger, has_ledger, open_ledger

__all__ = ["Ledger", "has_ledger", "open_ledger"]
