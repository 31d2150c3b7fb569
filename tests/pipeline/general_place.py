"""A restricted and a general file in memory, filled by hand: tables of one indicator as editions knew them."""

from collections.abc import Mapping
from datetime import date, datetime, time

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.publishing.release import release
from pipelines.publishing.withheld import withhold
from pipelines.warehouse.tables import define

CITY, UNITS = "371500", ("371502", "371503", "371521", "371522")
INDUSTRIES = ("C", "E", "F", "G")
REGION = regions.load(Settings(_env_file=None).region)
NEVER = datetime(1900, 1, 1)  # noqa: DTZ001 - instants in the files are naive UTC


def cut(day: date) -> datetime:
    return datetime.combine(day, time(23))


class Place:
    """Editions go forward; ``know`` says what an edition knows of a table, ``release`` what the general file then tells."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for database in ("restricted", "general"):
            self.con.execute(f"attach ':memory:' as {database}")
        for table in (
            "reading",
            "edition",
            "release",
            "suppression",
            "checked_month",
            "episode",
            "withheld",
            "manifest",
        ):
            define(self.con, table, "restricted")
        define(self.con, "reading", "general")
        self.con.execute("insert into restricted.manifest values ('city', ?)", [CITY])
        self.known = NEVER

    def edition(self, day: date) -> None:
        self.con.execute("insert into restricted.edition values (?, ?, 1, ?)", [f"{day.isoformat()}.1", day, cut(day)])

    def know(
        self, day: date, indicator: str, period: date, inner: np.ndarray, grain: str = "month",
        denominator: np.ndarray | None = None, units: np.ndarray | None = None, is_provisional: bool = False,
    ) -> None:  # fmt: skip
        """A table as known from the edition of ``day`` on: areas × industries, or areas × 1 for totals only."""
        parts = {"numerator": inner, "denominator": denominator, "units": inner if units is None else units}
        laid = {name: _laid(part) for name, part in parts.items() if part is not None}
        frame = pd.DataFrame(laid).rename_axis(["area", "industry"]).reset_index()
        frame = frame.assign(
            indicator=indicator, cohort="all", grain=grain, period=period, value=frame["numerator"], largest_unit=1.0,
            reporting=1, due=1, is_provisional=is_provisional, is_suppressed=False, known_from=cut(day),
        )  # fmt: skip
        self.con.register("incoming", frame)
        keys = "indicator, area, industry, cohort, grain, period"
        differs = "r.numerator is distinct from incoming.numerator or r.units is distinct from incoming.units"
        self.con.execute(
            f"update restricted.reading as r set known_to = $now from incoming where r.known_to is null and ({differs}) "
            + "".join(f" and r.{key} = incoming.{key}" for key in keys.split(", ")),
            {"now": cut(day)},
        )
        self.con.execute(
            f"insert into restricted.reading by name select * from incoming where ({keys}) not in "
            f"(select ({keys}) from restricted.reading where known_to is null)"
        )
        self.con.unregister("incoming")

    def release(self) -> None:
        release(self.con, REGION, self.known)
        withhold(self.con, REGION, self.known)
        self.known = self.con.execute("select max(cutoff_at) from restricted.edition").fetchall()[0][0]

    def told(self, indicator: str, period: date, grain: str = "month") -> Mapping[tuple[str, str], float | None]:
        """What the general file says now: None of a hidden cell."""
        rows = self.con.execute(
            "select area, industry, numerator from general.reading where indicator = ? and period = ? "
            "and grain = ? and known_to is null",
            [indicator, period, grain],
        ).fetchall()
        return {(area, industry): figure for area, industry, figure in rows}

    def kept(self, office: str, indicator: str, period: date) -> set[str]:
        """Industries whose figure of the city is kept from an office."""
        rows = self.con.execute(
            "select industry from restricted.withheld where areas = ? and indicator = ? and period = ?",
            [office, indicator, period],
        ).fetchall()
        return {industry for (industry,) in rows}

    def reasons(self) -> Mapping[tuple[str, str], str]:
        rows = self.con.execute("select area, industry, reason from restricted.suppression").fetchall()
        return {(area, industry): reason for area, industry, reason in rows}


def _laid(inner: np.ndarray) -> "pd.Series[float]":
    columns = INDUSTRIES if inner.shape[1] == len(INDUSTRIES) else ("ALL",)
    frame = pd.DataFrame(inner.astype(float), index=list(UNITS), columns=list(columns))
    if len(columns) > 1:
        frame.insert(0, "ALL", frame.sum(axis=1))
    return pd.concat([frame.sum().to_frame(CITY).T, frame]).stack()
