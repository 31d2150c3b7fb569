"""Monthly figures nobody invented: forecasts beside the seasonal naive, and spikes injected into them.

Sources: Australian job advertisements by region and occupation (177 months) and recipients of two benefits by small
area (60 months), both in shared `realdata`; see their SOURCE.md for licence and quirks.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import outlook
from models.methods import LEVEL_FACTOR, SEASONAL, Method
from models.panel import Floats, Panel
from tests.bench.forecast_data import Case, matrix, peer, plain_calendar
from tests.bench.forecast_score import judged, weekly_figures, write_alarms
from tests.bench.place import SHARED

VACANCIES = SHARED / "realdata" / "au_online_vacancies" / "internet_vacancy_regional.csv.gz"
RECIPIENTS = SHARED / "realdata" / "au_jobseeker_small_area" / "jobseeker_sa2.csv.gz"
JUDGED, YEAR, HORIZONS = 24, 12, (1, 3, 6)
LEAST_MEAN = 10.0  # people or advertisements a month
SIZES = (2.0, 3.0, 4.0, 6.0)  # robust standard deviations of a month's change
SHAPE = np.array([0.5, 0.3, 0.2])  # how a spike spreads over three months
RULES = {"grace": 1, "K": 2}


def vacancies() -> pd.DataFrame:
    """Months by series: region and second-level occupation."""
    frame = pd.read_csv(VACANCIES, parse_dates=["date"])
    frame = frame[frame["occupation_level"] == 2]
    frame["series_id"] = frame["vacancy_region"] + "|" + frame["anzsco_code"].astype(str)
    return frame.pivot_table(index="date", columns="series_id", values="value", aggfunc="sum").round()


def recipients() -> pd.DataFrame:
    """Months by series: small area and benefit, of the areas that kept their name when the codes changed."""
    frame = pd.read_csv(RECIPIENTS, parse_dates=["date"])
    frame["series_id"] = frame["sa2_name"] + "|" + frame["indicator"]
    wide = frame.pivot_table(index="date", columns="series_id", values="value", aggfunc="sum")
    return wide.dropna(axis=1)


def write(folder: Path, wide: pd.DataFrame, seed: int) -> None:
    """A folder of the bench: one spike a series in the last two years, where its size is told by the months before."""
    rng = np.random.default_rng(seed)
    wide = wide.loc[:, wide.mean() >= LEAST_MEAN]
    values, first = wide.to_numpy().T.copy(), len(wide) - JUDGED
    truth = []
    for row, name in enumerate(wide.columns):
        change = np.diff(values[row, first - 2 * YEAR : first])
        spread = max(1.4826 * np.median(np.abs(change - np.median(change))) / np.sqrt(2), 1.0)
        start = int(rng.integers(first + 1, len(wide) - len(SHAPE)))
        size = SIZES[row % len(SIZES)]
        added = rng.poisson(2 * size * spread * SHAPE)
        values[row, start : start + len(SHAPE)] += added
        truth.append((name, f"{name}{start}", start + 1, start + len(SHAPE), added.sum(), f"k{size:g}"))
    folder.mkdir(parents=True)
    count, months = values.shape
    pd.DataFrame(
        {
            "series_id": np.repeat(wide.columns, months),
            "t": np.tile(np.arange(1, months + 1), count),
            "date": np.tile(wide.index.strftime("%Y-%m-%d"), count),
            "value": values.ravel(),
        }
    ).to_csv(folder / "series.csv", index=False)
    names = ["series_id", "event_id", "start", "end", "size", "cls"]
    pd.DataFrame(truth, columns=names).to_csv(folder / "truth.csv", index=False)
    meta = pd.DataFrame({"series_id": wide.columns, "freq": YEAR, "eval_start": first + 1, "eval_end": months})
    meta.assign(group="area").to_csv(folder / "meta.csv", index=False)


def panel_of(values: Floats, names: pd.Index, months: pd.DatetimeIndex) -> Panel:
    """Unrelated monthly series."""
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    return Panel(series, months, values, np.ones_like(values), "month")


def monthly(folder: Path) -> Case:
    """A written folder as a panel."""
    values, meta = matrix(folder, None)
    months = pd.DatetimeIndex(pd.read_csv(folder / "series.csv", usecols=["date"], nrows=values.shape[1])["date"])
    panel = panel_of(values, meta["series_id"], months)
    return Case(folder, panel, plain_calendar(months[0], has_holidays=True), months[-JUDGED].date())


def accuracy(wide: pd.DataFrame, method: Method = LEVEL_FACTOR) -> dict[str, float]:
    """Mean absolute error beside the same month a year before, on the median series, over the last two years."""
    wide = wide.loc[:, wide.mean() >= LEAST_MEAN]
    values, months = wide.to_numpy().T, pd.DatetimeIndex(wide.index)
    first = len(months) - JUDGED
    start: date = months[first - max(HORIZONS)].date()
    made = outlook(panel_of(values, wide.columns, months), plain_calendar(months[0], has_holidays=True), start, method)
    truth = values[:, first:]
    naive = np.abs(truth - values[:, first - YEAR : -YEAR]).mean(axis=1)
    answer = {}
    for horizon in HORIZONS:
        back = max(HORIZONS) - horizon
        error = np.abs(truth - made.expected[horizon - 1, :, back : back + JUDGED]).mean(axis=1)
        answer[f"MASE_h{horizon}"] = round(float(np.median(error / np.maximum(naive, 1e-9))), 3)
        low, high = (made.quantiles[name][horizon - 1, :, back : back + JUDGED] for name in ("lo80", "hi80"))
        answer[f"coverage_80_h{horizon}"] = round(float(((truth >= low) & (truth <= high)).mean()), 3)
    return answer


def track(at: Path, small: bool, seed: int) -> dict[str, Any]:
    """By source: accuracy, and detection beside the seasonal naive."""
    answer: dict[str, Any] = {}
    for name, load in (("vacancies", vacancies), ("recipients", recipients)):
        wide = load()
        if small:
            wide = wide.iloc[:, ::10]
        folder = at / name
        write(folder, wide, seed)
        case = monthly(folder)
        files = {
            "ours": write_alarms(case, judged(case)),
            "seasonal": write_alarms(case, judged(case, SEASONAL), name="seasonal"),
            "snaive_z": peer(folder, "snaive_z"),
        }
        answer[name] = accuracy(wide) | {
            method: weekly_figures(folder, path, **RULES) for method, path in files.items()
        }
        answer[name]["seasonal"] |= accuracy(wide, SEASONAL)
    return answer
