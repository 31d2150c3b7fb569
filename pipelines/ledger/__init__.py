"""The operational store: what people did and what they were told, in short transactions."""

from pipelines.ledger.store import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
