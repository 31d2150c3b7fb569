"""What became of a file as text, for another process and for the masked twin."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Slice
from pipelines.ingest.check import Outcome


def as_json(outcome: Outcome) -> str:
    """An outcome as text; ``outcome_of`` reads it."""
    return json.dumps(asdict(outcome), default=str, ensure_ascii=False)


def outcome_of(text: str) -> Outcome:
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
    return Outcome(**fields)
