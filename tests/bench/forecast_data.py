"""Folders of the detection bench (shared `bench/README.md`) as panels, and its programs and peers run in place."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

from models.completeness import outages
from models.panel import Floats, Panel
from tests.bench.place import SHARED

BENCH = SHARED / "bench"
CLAIMS = SHARED / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"
AHEAD_DAYS = 400  # calendar beyond the last period
MAKEUP = "makeup"
LEVEL = {"group": "area", "state": "area", "ind": "industry", "area": "area", "cell": "cell", "total": "total"}


@dataclass(frozen=True)
class Case:
    """One folder: the panel with its calendar, and the first period that is judged."""

    folder: Path
    panel: Panel
    calendar: pd.DataFrame
    start: date


def program(name: str, *arguments: object) -> None:
    """Run one program of the bench; what it writes stays out of its folder. Raises CalledProcessError."""
    command = [sys.executable, "-W", "ignore", str(BENCH / name), *map(str, arguments)]
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, cwd=BENCH, env=settings, stdout=subprocess.DEVNULL)


def loaded(name: str) -> ModuleType:
    """A program of the bench as a module."""
    found = importlib.util.spec_from_file_location(f"bench_{name.removesuffix('.py')}", BENCH / name)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def peer(folder: Path, method: str, *options: str) -> Path:
    """A peer's file, made by the bench's own program."""
    path = folder / f"{method}.csv"
    program("peers.py", folder, path, method, *options)
    return path


def weekly(folder: Path, only: frozenset[str] | None = None, has_holidays: bool = True) -> Case:
    """Weekly counts of unrelated series; `only` these. The simulator's world has no holidays."""
    values, meta = matrix(folder, only)
    weeks = pd.DatetimeIndex(dates(folder)) - pd.Timedelta(days=6)  # the bench names a week by its last day
    names = meta["series_id"].to_numpy()
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    panel = Panel(series, weeks, values, np.ones_like(values), "week")
    start = weeks[int(meta["eval_start"].iloc[0]) - 1].date()
    return Case(folder, panel, plain_calendar(weeks[0], has_holidays), start)


def daily(folder: Path) -> Case:
    """The labour panel: silent areas and days off are not reported, totals carry the share that reported."""
    values, meta = matrix(folder, None)
    calendar = labour_calendar(folder)
    level = meta["group"].replace({"group": "area"}).map(LEVEL).to_numpy()
    part = meta["series_id"].str.split("|")
    is_cell = level == "cell"
    area = np.where(is_cell | (level == "area"), part.str[1], "city")
    industry = np.where(is_cell, part.str[2], np.where(level == "industry", part.str[1], "ALL"))
    open_day = calendar["is_workday"].to_numpy()[: values.shape[1]]
    told = np.ones_like(values)
    of_areas = np.flatnonzero(level == "area")
    is_told = open_day | (values[of_areas] > 0)
    found = outages(np.where(is_told, values[of_areas], np.nan), open_day)
    for row, seen, days in zip(of_areas, is_told & ~found.silent, found.days, strict=True):
        told[area == area[row]] = seen * days
    share = reported_share(values, told, is_cell, industry, level)
    values = np.where(share > 0, values, np.nan)
    series = pd.DataFrame({"series_id": meta["series_id"], "level": level, "area": area, "industry": industry})
    days = pd.DatetimeIndex(dates(folder))
    panel = Panel(series, days, values, share, "day")
    return Case(folder, panel, calendar, days[int(meta["eval_start"].iloc[0]) - 1].date())


def reported_share(
    values: Floats, told: Floats, is_cell: np.ndarray, industry: np.ndarray, level: np.ndarray
) -> Floats:
    """(n, T) share of each series that reported: of a total, by what its cells brought so far."""
    share = told.copy()
    cells = np.where(told[is_cell] > 0, values[is_cell], 0.0)
    past = np.cumsum(cells, axis=1) - cells + 1e-3
    for row in np.flatnonzero(~is_cell & (level != "area")):
        mine = (industry[is_cell] == industry[row]) if level[row] == "industry" else np.ones(int(is_cell.sum()), bool)
        share[row] = (past[mine] * told[is_cell][mine]).sum(axis=0) / past[mine].sum(axis=0)
    return share


def matrix(folder: Path, only: frozenset[str] | None) -> tuple[Floats, pd.DataFrame]:
    """(n, T) values in the order of meta.csv, and meta."""
    meta = pd.read_csv(folder / "meta.csv")
    if only is not None:
        meta = meta[meta["series_id"].isin(only)].reset_index(drop=True)
    frame = pd.read_csv(folder / "series.csv", usecols=["series_id", "t", "value"])
    wide = frame.pivot(index="series_id", columns="t", values="value").reindex(meta["series_id"])
    return wide.to_numpy(dtype=np.float64), meta


def dates(folder: Path) -> list[str]:
    """The dates of the periods, as the bench writes them."""
    frame = pd.read_csv(folder / "series.csv", usecols=["series_id", "date"])
    return frame.loc[frame["series_id"] == frame["series_id"].iloc[0], "date"].tolist()


def labour_calendar(folder: Path) -> pd.DataFrame:
    """The bench's own calendar in our columns, going on beyond its end with plain weeks."""
    frame = pd.read_csv(folder / "calendar.csv", parse_dates=["date"])
    name = frame["holiday"].fillna("")
    known = pd.DataFrame(
        {
            "date": frame["date"],
            "is_workday": frame["workday"] == 1,
            "is_holiday": ~name.isin(["", MAKEUP]),
            "is_makeup": name == MAKEUP,
            "holiday_name": name.where(name != MAKEUP, ""),
            "festival_offset": frame["cny_offset"].astype(float),
        }
    )
    beyond = pd.date_range(known["date"].iloc[-1] + pd.Timedelta(days=1), periods=AHEAD_DAYS)
    rest = pd.DataFrame(
        {
            "date": beyond,
            "is_workday": beyond.day_of_week < 5,
            "is_holiday": False,
            "is_makeup": False,
            "holiday_name": "",
            "festival_offset": known["festival_offset"].iloc[-1] + np.arange(1.0, AHEAD_DAYS + 1),
        }
    )
    return pd.concat([known, rest], ignore_index=True)


def plain_calendar(first: pd.Timestamp, has_holidays: bool) -> pd.DataFrame:
    """US federal holidays, or none; no festival."""
    days = pd.date_range(first, "2027-12-31")
    named = USFederalHolidayCalendar().holidays(days[0], days[-1], return_name=True)
    name = pd.Series("", index=days)
    if has_holidays:
        name[named.index] = named.to_numpy()
    return pd.DataFrame(
        {
            "date": days,
            "is_workday": days.day_of_week < 5,
            "is_holiday": (name != "").to_numpy(),
            "is_makeup": False,
            "holiday_name": name.to_numpy(),
            "festival_offset": np.nan,
        }
    )
