"""Findings: rules that were met in one edition, and what finding them takes. Pure functions on frames."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.judging.rule_scope import holds_in_area

SERIES = ["indicator", "area", "industry"]
FINDING = [
    "rule_id",
    "kind",
    "indicator",
    "area",
    "industry",
    "employer",
    "employer_name",
    "level",
    "window_from",
    "window_to",
    "data_to",
    "observed",
    "expected",
    "lo",
    "hi",
    "p",
    "strength",
    "people",
    "line",
    "explained_by",
    "level_alone",
    "waits_for",
    "rule_hash",
]
NORMAL_95 = 1.959964
EVENT_DAYS = 30  # 劳动合同法 41 gives thirty days: how long a report counts where its rule does not say


def as_findings(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of FINDING, empty where the frame has none."""
    return frame.reindex(columns=FINDING)


def keep_worst(frame: pd.DataFrame, key: list[str], then: list[str]) -> pd.DataFrame:
    """One row a key: the most severe level, then the strongest evidence (columns ``then``)."""
    return frame.sort_values(["level", *then, *key]).drop_duplicates(key)


def in_scope(frame: pd.DataFrame, scope: pd.Series, place: pd.Series) -> pd.Series:
    """Row by row whether the place (city, area, industry, cell) is among those of the scope (``;`` between)."""
    return pd.Series(
        [where in str(allowed).split(";") for allowed, where in zip(scope, place, strict=True)],
        index=frame.index,
        dtype=bool,
    )


def place_of(frame: pd.DataFrame, city: str) -> pd.Series:
    """city, area, industry or cell of every row, by its columns area and industry."""
    is_total, is_city = frame["industry"] == TOTAL_INDUSTRY, frame["area"] == city
    place = np.select([is_city & is_total, is_total, is_city], ["city", "area", "industry"], "cell")
    return pd.Series(place, index=frame.index)


def add_instalments(layoffs: pd.DataFrame, days: int) -> pd.DataFrame:
    """Each report with the people its employer reported in the ``days`` up to it, and ``since`` when."""
    own = layoffs[["employer", "reported_on"]].reset_index()
    pairs = own.merge(layoffs[["employer", "reported_on", "planned"]], on="employer", suffixes=("", "_before"))
    age = (pairs["reported_on"] - pairs["reported_on_before"]).dt.days
    together = pairs[(age >= 0) & (age < days)].groupby("index")
    return layoffs.assign(planned=together["planned"].sum(), since=together["reported_on_before"].min())


@dataclass
class SumFinder:
    """Adds up people of employers by every scope of rules; ``people``, ``on``: columns of whom and of when."""

    people: str
    on: str
    city: str
    _parts: list[pd.DataFrame] = field(default_factory=list)

    def add(self, rules: pd.DataFrame, frame: pd.DataFrame) -> None:
        """Take in the sums of a frame that reach a line of these rules."""
        for scopes, own in rules.groupby("scope"):
            for scope in str(scopes).split(";"):
                by = frame.assign(everywhere=self.city).groupby(
                    "everywhere" if scope == "city" else scope, as_index=False
                )
                total = by.agg(
                    people=(self.people, "sum"),
                    employers=("employer", "nunique"),
                    window_from=(self.on, "min"),
                    window_to=(self.on, "max"),
                )
                if not (total["people"] >= own["line"].min()).any():
                    continue
                whole = {"industry": {"area": self.city}}.get(scope, {"industry": TOTAL_INDUSTRY})
                met = total.rename(columns={"everywhere": "area"}).assign(**whole).merge(own, how="cross")
                self._parts.append(met[(met["people"] >= met["line"]) & holds_in_area(met)])

    def findings(self, least_employers: int) -> pd.DataFrame:
        """The findings of all that was added, of so many employers or more."""
        met = [part[part["employers"] >= least_employers] for part in self._parts]
        if not any(len(part) for part in met):
            return pd.DataFrame(columns=FINDING)
        worst = keep_worst(pd.concat(met, ignore_index=True), ["rule_id", "area", "industry"], ["people"])
        people = worst["people"].astype(float)
        return as_findings(worst.assign(people=people, observed=people, data_to=worst["window_to"]))
