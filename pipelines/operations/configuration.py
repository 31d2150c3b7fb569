"""Notices that rules, other reference tables or settings are not what they were, and enters it in the audit trail."""

import hashlib
import json
from datetime import datetime

from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import SYSTEM, Act

_SECRETS = frozenset({"smtp_password", "ledger_url"})  # whether they are set is told, never what they are


def note_changes(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> None:
    """Compare files of the region and settings with what the trail knows of them, and enter what differs.

    Who changed a file the program cannot know; it says since when it works with it. The first time enters all.
    """
    _note(ledger, Act.RULE_CHANGE, "region", _files(region), now)
    _note(ledger, Act.SETTING_CHANGE, "settings", _values(settings), now)


def _note(ledger: Ledger, act: Act, target: str, values: dict[str, str], now: datetime) -> None:
    with ledger.writing() as connection:
        told = trail.last_details(connection, act)
        before = told.get("values", {})
        changed = sorted(name for name in values.keys() | before.keys() if values.get(name) != before.get(name))
        if changed:
            details = {"changed": changed, "values": values}
            trail.append_entry(connection, act, SYSTEM, target, now, details=details)


def _files(region: Region) -> dict[str, str]:
    """Digest of every table of the region folder."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(region.folder.iterdir())
        if path.suffix in {".csv", ".toml"}
    }


def _values(settings: Settings) -> dict[str, str]:
    """Every setting as text; of secrets only whether they are set."""
    return {
        name: ("set" if value else "") if name in _SECRETS else str(value)
        for name, value in json.loads(settings.model_dump_json()).items()
    }
