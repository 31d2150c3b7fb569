"""The forecast stage: what every indicator was expected to be, and how improbable its last periods were."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from models.assess import Memory
from models.change import assessed
from models.evidence import QUANTILES
from models.methods import METHODS
from models.panel import Panel
from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.domain import EVERY_COHORT, Edition, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.cells import Cells, is_cell, load_cells
from pipelines.warehouse.cohorts import GRAIN as COHORT_GRAIN
from pipelines.warehouse.cohorts import cohort_panel, load_cohorts
from pipelines.warehouse.model_state import MemoryFolder
from pipelines.warehouse.series_judgement import STANDING, judgement, likely_panel
from pipelines.warehouse.tables import append_frame
from pipelines.warehouse.tags import is_tag_cell, load_tags, tag_panel
from pipelines.warehouse.transform import Change, has_tags

AHEAD_DAYS = 280  # calendar beyond the last period: from one refit to the next, or six months of forecast
_Said = tuple[pd.DataFrame, pd.DataFrame]  # scores, forecasts; both with indicator, area, industry, cohort, grain
_MEANS = {"level": "level_mean", "factor": "factor_mean"}


class Forecaster:
    """Scores indicators, one edition after another, and their cohorts beside.

    One of days is judged in each, one of longer periods when its readings change; what was said of it stands until
    then. What is remembered, here and in ``kept``, only saves time.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, region: Region, kept: MemoryFolder) -> None:
        self._con = con
        self._kept = kept
        self._region = region
        self._cells: dict[str, Cells] = {}
        self._memory: dict[str, Memory | None] = {}
        self._panel: dict[str, Panel] = {}
        self._stands: set[str] = set()
        self._calendar = pd.DataFrame()

    def keep(self) -> None:
        """Write down what is remembered, for the next run."""
        for name, memory in self._memory.items():
            if memory is not None:
                self._kept.save(name, memory)

    def run(self, edition: Edition, change: Change, indicators: Iterable[str]) -> pd.DataFrame:
        """Score every series for this edition, store scores and forecasts; returns scores with their series' level."""
        said: list[_Said | None] = []
        self._stands = set()
        for name in indicators:
            indicator = catalogue()[name]
            grain = indicator.grains[0]
            if grain in STANDING and name not in change.since and self._has_score(name):
                self._stands.add(name)
                continue
            cells = self._follow(indicator, grain, change)
            said.append(None if cells is None else self._score(edition, indicator, grain, cells))
            if has_tags(indicator) and self._region.tags:
                said.append(self._score_tags(edition, indicator, change))
            if indicator.has_cohorts:
                said.append(self._score_cohorts(edition, indicator, change))
        return self._store(edition, [one for one in said if one is not None])

    def _store(self, edition: Edition, said: list[_Said]) -> pd.DataFrame:
        """Write down the scores and forecasts of all indicators at once; returns the scores."""
        if not said:
            return pd.DataFrame()
        day = pd.Timestamp(edition.day)
        score = pd.concat([score for score, _ in said], ignore_index=True)
        score = self._with_open(score.assign(edition_id=edition.edition_id, day=day))
        append_frame(self._con, "score", score)
        forecast = pd.concat([forecast for _, forecast in said], ignore_index=True)
        append_frame(self._con, "forecast", forecast.assign(edition_id=edition.edition_id, made_on=day))
        return score

    def _has_score(self, name: str) -> bool:
        found = self._con.execute(
            "select 1 from score where indicator = ? and cohort = ? limit 1", [name, EVERY_COHORT]
        ).fetchall()
        return bool(found)

    def _nowcasts(self, edition: Edition, indicator: Indicator, grain: Grain) -> pd.DataFrame:
        """This edition's nowcasts of the indicator's areas: the total's parts say what it lacks."""
        return self._con.execute(
            step("nowcast_of_edition"),
            {
                "edition": edition.edition_id,
                "indicator": indicator.name,
                "grain": str(grain),
                "city": self._region.city,
            },
        ).df()

    def _follow(self, indicator: Indicator, grain: Grain, change: Change) -> Cells | None:
        cells = self._cells.get(indicator.name)
        start = change.since.get(indicator.name)
        if cells is None or (start is not None and start < cells.first):
            cells = self._load(indicator, grain)
        elif start is not None:
            fresh = change.fresh[change.fresh["indicator"] == indicator.name]
            gone = change.gone[change.gone["indicator"] == indicator.name]
            cells.forget(gone[is_cell(gone, indicator, grain, self._region)])
            cells.apply(fresh[is_cell(fresh, indicator, grain, self._region)])
        return cells

    def _load(self, indicator: Indicator, grain: Grain) -> Cells | None:
        cells = load_cells(self._con, indicator, grain, self._region)
        if cells is not None:
            self._cells[indicator.name] = cells
        return cells

    def _follow_tags(self, indicator: Indicator, change: Change) -> Cells | None:
        name, grain, region = of_tags(indicator), indicator.grains[0], self._region
        cells, start = self._cells.get(name), change.since.get(indicator.name)
        if cells is None or (start is not None and start < cells.first):
            cells = load_tags(self._con, indicator, grain, region)
            self._cells.pop(name, None)
            if cells is not None:
                self._cells[name] = cells
        elif start is not None:
            fresh, gone = (rows[rows["indicator"] == indicator.name] for rows in (change.fresh, change.gone))
            cells.forget(gone[is_tag_cell(gone, grain, region)])
            cells.apply(fresh[is_tag_cell(fresh, grain, region)])
        return cells

    def _score_tags(self, edition: Edition, indicator: Indicator, change: Change) -> _Said | None:
        """Scores of industry tags with the levels of an industry and a cell, by which rules reach them."""
        name, grain = of_tags(indicator), indicator.grains[0]
        cells = self._follow_tags(indicator, change)
        self._panel.pop(name, None)
        if cells is None:
            return None
        if indicator.nature == "count" and name not in self._memory:
            self._memory[name] = self._kept.load(name, self._region.method)
        nowcasts, method = self._nowcasts(edition, indicator, grain), METHODS[self._region.method]
        calendar = self._calendar_of(cells)
        made = judgement(cells, self._region, nowcasts, calendar, self._memory.get(name), method, tag_panel)
        if made is None:
            return None
        self._memory[name], self._panel[name] = made.memory, made.panel
        common = {"indicator": indicator.name, "cohort": EVERY_COHORT}
        score = self._tags_named(made.assessment.score, made.panel).assign(**common, grain=str(grain))
        series = made.panel.series.loc[made.panel.series["level"] == "cohort", ["area", "industry"]]
        forecast = foreseen(made.assessment.forecast).merge(series, left_on="series", right_index=True)
        return score, forecast.assign(**common, grain=str(Grain.WEEK if grain is Grain.DAY else grain))

    def _tags_named(self, score: pd.DataFrame, frame: Panel) -> pd.DataFrame:
        named = _named(score, frame)
        own = named[named["level"] == "cohort"]
        return own.assign(level=np.where(own["area"] == self._region.city, "industry", "cell"))

    def _score_cohorts(self, edition: Edition, indicator: Indicator, change: Change) -> _Said | None:
        name = of_cohorts(indicator)
        if name not in self._cells or indicator.name in change.since:
            cells = load_cohorts(self._con, indicator, self._region)  # few weeks: no need to follow every change
            self._cells.pop(name, None)
            if cells is None:
                return None
            self._cells[name] = cells
        cells = self._cells[name]
        if name not in self._memory:
            self._memory[name] = self._kept.load(name, self._region.method)
        nowcasts = self._nowcasts(edition, indicator, COHORT_GRAIN)
        method = METHODS[self._region.method]
        self._panel.pop(name, None)
        made = judgement(
            cells, self._region, nowcasts, self._calendar_of(cells), self._memory[name], method, cohort_panel
        )
        if made is None:
            return None
        self._memory[name], self._panel[name] = made.memory, made.panel
        common = {"indicator": indicator.name, "grain": str(COHORT_GRAIN)}
        score = self._cohorts_named(made.assessment.score, made.panel)
        series = made.panel.series.loc[made.panel.series["level"] == "cohort", ["area", "industry", "cohort"]]
        forecast = foreseen(made.assessment.forecast).merge(series, left_on="series", right_index=True)
        return score.assign(**common), forecast.assign(**common)

    def _cohorts_named(self, score: pd.DataFrame, frame: Panel) -> pd.DataFrame:
        """Scores of cohorts with the levels of the city and an area, by which rules reach them."""
        own = frame.series.loc[frame.series["level"] == "cohort", ["area", "industry", "cohort"]]
        own = own.assign(level=np.where(own["area"] == self._region.city, "total", "area"))
        return score.rename(columns=_MEANS).merge(own, left_on="series", right_index=True)

    def calendar(self, start: date, end: date) -> pd.DataFrame:
        """Calendar of the region from ``start`` to beyond ``end``, kept between editions."""
        until = end + timedelta(days=AHEAD_DAYS)
        frame = self._calendar
        if frame.empty or frame["date"].iloc[0].date() > start or frame["date"].iloc[-1].date() < until:
            self._calendar = self._region.calendar_frame(start, until + timedelta(days=400))
        return self._calendar

    def _calendar_of(self, cells: Cells) -> pd.DataFrame:
        return self.calendar(cells.first - timedelta(days=AHEAD_DAYS), cells.last)

    def _score(self, edition: Edition, indicator: Indicator, grain: Grain, cells: Cells) -> _Said | None:
        if indicator.nature == "count" and indicator.name not in self._memory:
            self._memory[indicator.name] = self._kept.load(indicator.name, self._region.method)
        calendar = self._calendar_of(cells)
        nowcasts = self._nowcasts(edition, indicator, grain)
        made = judgement(
            cells, self._region, nowcasts, calendar, self._memory.get(indicator.name), METHODS[self._region.method]
        )
        if made is None:
            self._panel.pop(indicator.name, None)
            return None
        assessment, frame = made.assessment, made.panel
        self._memory[indicator.name], self._panel[indicator.name] = made.memory, frame
        series = frame.series[["level", "area", "industry"]]
        common = {"indicator": indicator.name, "cohort": EVERY_COHORT}
        forecast = foreseen(assessment.forecast).merge(series, left_on="series", right_index=True)
        told = str(Grain.WEEK if grain is Grain.DAY else grain)
        return _named(assessment.score, frame).assign(**common, grain=str(grain)), forecast.assign(**common, grain=told)

    def _with_open(self, score: pd.DataFrame) -> pd.DataFrame:
        """Scores that are provisional, too, where a reading of their window is: what is owed may be judged as if it had
        come, or have been reported by nobody ever."""
        self._con.register("judged", score.assign(place=range(len(score))))
        found = self._con.execute(step("open_window")).fetchall()
        self._con.unregister("judged")
        is_open = score["is_provisional"].to_numpy(dtype=bool).copy()
        is_open[[place for (place,) in found]] = True
        return score.assign(is_provisional=is_open)

    def panel_of(self, edition: Edition, name: str) -> Panel | None:
        """The panel as this edition knows it, also where what was said stands; None for what cannot be judged."""
        if name not in self._stands:
            return self._panel.get(name)
        indicator = catalogue()[name]
        grain = indicator.grains[0]
        cells = self._cells.get(name) or self._load(indicator, grain)
        if cells is None:
            return None
        return likely_panel(cells, self._region, self._nowcasts(edition, indicator, grain))

    def again(self, indicator: str, until: date, cohort: str) -> pd.DataFrame:
        """Scores as if an earlier period were the last, by what is known of it now; empty for what was not scored."""
        known = catalogue()[indicator]
        if cohort == EVERY_COHORT:
            parts = [self._again(indicator, until, _named), self._again(of_tags(known), until, self._tags_named)]
            found = [one for one in parts if len(one)]
        else:
            every = self._again(of_cohorts(known), until, self._cohorts_named)
            found = [every[every["cohort"] == cohort]] if len(every) else []
        return pd.concat(found, ignore_index=True).assign(indicator=indicator) if found else pd.DataFrame()

    def _again(self, name: str, until: date, named: Callable[[pd.DataFrame, Panel], pd.DataFrame]) -> pd.DataFrame:
        frame, cells = self._panel.get(name), self._cells.get(name)
        if frame is None or cells is None or pd.Timestamp(until) not in frame.periods:
            return pd.DataFrame()
        part = frame.until(int(frame.periods.get_loc(pd.Timestamp(until))))
        method = METHODS[self._region.method]
        said, _ = assessed(part, self._calendar_of(cells), self._memory.get(name), method)
        return named(said.score, part)


def foreseen(forecast: pd.DataFrame) -> pd.DataFrame:
    """The rows of Assessment.forecast that say something: of too short a history nothing is known, or not how sure."""
    return forecast.dropna(subset=["expected", *QUANTILES])


def of_cohorts(indicator: Indicator) -> str:
    """The name under which what concerns an indicator's cohorts is remembered."""
    return f"{indicator.name}.cohort"


def of_tags(indicator: Indicator) -> str:
    """The name under which what concerns an indicator's industry tags is remembered."""
    return f"{indicator.name}.tag"


def _named(score: pd.DataFrame, frame: Panel) -> pd.DataFrame:
    """Scores with the level, area and industry of their series."""
    told = score.rename(columns=_MEANS)
    return told.merge(frame.series[["level", "area", "industry"]], left_on="series", right_index=True)
