"""Whom a warning concerns: an office its own areas, the city's office all of them; and who reads mail there."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipelines.domain import Viewer, recipient_viewer
from pipelines.region import Region


@dataclass(frozen=True)
class Office:
    """A responsible office; ``areas`` are those it is told about."""

    office_id: str
    name: str
    areas: frozenset[str]
    is_city: bool

    @property
    def viewer(self) -> Viewer:
        """Who its mails are rendered as."""
        return recipient_viewer(self.areas)


def offices(region: Region) -> list[Office]:
    """All offices of the region, in the order of offices.csv; a city's office is concerned by every area."""
    everywhere = frozenset({region.city, *region.units})
    return [
        Office(
            office_id=str(row.office_id),
            name=str(row.name),
            areas=everywhere if bool(row.is_city) else frozenset(str(row.areas).split(";")),
            is_city=bool(row.is_city),
        )
        for row in region.offices.itertuples(index=False)
    ]


def addresses(region: Region, office_id: str, day: date) -> list[str]:
    """Where an office's mail goes on this day, in the order of recipients.csv."""
    rows = region.recipients
    at = pd.Timestamp(day)
    is_valid = (rows["valid_from"] <= at) & (rows["valid_to"].isna() | (rows["valid_to"] >= at))
    return [str(address) for address in rows.loc[is_valid & (rows["office_id"] == office_id), "address"]]


def concerned(warnings: pd.DataFrame, office: Office) -> pd.DataFrame:
    """The warnings (rows with a column ``area``) this office is told about; city totals are context, not its own."""
    return warnings[warnings["area"].isin(office.areas)]
