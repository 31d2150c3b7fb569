"""What became of files: counts and rows, and as text for another process and for the masked copy."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Slice


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: ``reason`` (Chinese) says why it is refused, ``ignored`` are headers out of contract,
    ``notes`` what else is to be told about it: lines that are no rows, totals that do not add up, sheets left unread.

    ``rows_total == rows_accepted + rows_quarantined``, always; a file refused before its rows were read counts none.
    """

    drop_id: str
    named: Slice | None
    encoding: str | None
    status: str
    reason: str | None
    reason_en: str | None = None
    ignored: tuple[str, ...] = ()
    rows_total: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    notes: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Checked:
    """Outcomes in the order of the files; ``accepted``: drop_id, line_number and the fact's columns;
    ``quarantined``: drop_id, line_number, column_name, rule, value_masked, reason, reason_en, raw_masked, one row a
    refused line and rule.
    """

    outcomes: list[FileOutcome]
    accepted: pa.Table
    quarantined: pa.Table


def as_json(outcome: FileOutcome) -> str:
    """An outcome as text; ``outcome_of`` reads it."""
    return json.dumps(asdict(outcome), default=str, ensure_ascii=False)


def outcome_of(text: str) -> FileOutcome:
    """The outcome that ``as_json`` wrote."""
    fields: dict[str, Any] = json.loads(text)
    named = fields["named"]
    if named is not None:
        fields["named"] = Slice(
            **named | {"period": date.fromisoformat(named["period"]), "grain": Grain(named["grain"])}
        )
    for name, value in fields.items():
        if isinstance(value, list):
            fields[name] = tuple(Said(**item) if isinstance(item, dict) else item for item in value)
    return FileOutcome(**fields)
