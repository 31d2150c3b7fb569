"""The method against its peers on the shared detection bench: one object a track, figures and peers side by side."""

import runpy
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.pretty import Pretty

from models import quality
from models.assess import assess
from models.backtest import outlook, trace
from models.methods import LEVEL_FACTOR, SEASONAL
from models.recipe import DAY
from tests.bench import detect, forecast_ahead, forecast_leading, forecast_monthly
from tests.bench.forecast_data import BENCH, CLAIMS, Case, daily, peer, program, weekly
from tests.bench.forecast_oracle import best_alarms
from tests.bench.forecast_r import METHOD, beside, farrington, told
from tests.bench.forecast_score import daily_figures, judged, narrowed, weekly_figures, write_alarms
from tests.bench.place import ROOT

PLACES = ROOT / "tests" / "regions" / "us_states" / "places.csv"
US_RULES = {"grace": 2, "K": 3}
PEERS = ("snaive_z", "ears_c1", "ears_c2", "ears_c3")
SIM_STEP, LABOUR_STEP = 3, 10  # the slow peer is run on one series in so many
KNOWN_SPAN = ("--start", "2004-01-03", "--end", "2025-07-26")
PROVINCE = 4000  # daily series
OURS = {"ours": LEVEL_FACTOR, "seasonal": SEASONAL}
Seeds = tuple[int, ...]


def regions() -> frozenset[str]:
    """Codes of the 27 regions of the stored selection."""
    places = pd.read_csv(PLACES)
    return frozenset(places.loc[places["level"] == "unit", "code"])


def alarms(case: Case, small: bool) -> dict[str, Path | str]:
    """By method the alarms of the regions' weeks, or why there are none."""
    mine: dict[str, Path | str] = {
        name: write_alarms(case, judged(case, method), name=name) for name, method in OURS.items()
    }
    mine[METHOD] = farrington(case.folder, regions(), small)
    return mine | {name: peer(case.folder, name) for name in PEERS}


def sim_weekly(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Noufaily's 42 scenarios; small: every eighth series, which leaves few events."""
    answer: dict[str, Any] = {}
    for seed in seeds or (1,):
        folder = at / f"seed{seed}"
        program("sim_weekly.py", folder, "--seed", seed, "--blocks", 1)
        meta = pd.read_csv(folder / "meta.csv")
        only = frozenset(meta["series_id"][::8]) if small else None
        case = weekly(folder, only, has_holidays=False)
        files = {"ours": write_alarms(case, judged(case)), "best_possible": best_alarms(case)}
        files |= {name: peer(folder, name) for name in PEERS}
        answer[f"seed{seed}"] = told(files, partial(weekly_figures, folder, only=only))
        answer[f"seed{seed}"] |= beside(folder, files["ours"], SIM_STEP, small, weekly_figures)
    return answer


def us_injected(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Spikes injected into real claims, counted with all real shocks as false (strict) and without them (masked)."""
    answer: dict[str, Any] = {}
    for seed in seeds or ((1,) if small else (1, 2)):
        folder, masked = at / f"seed{seed}", at / f"seed{seed}_masked"
        program("prep_dol.py", CLAIMS, folder, "--mode", "inject", "--seed", seed)
        shutil.copytree(folder, masked)
        program("mask_real.py", CLAIMS, masked, "2020-02-29")
        case = weekly(folder, regions())
        files = alarms(case, small)
        answer[f"seed{seed}"] = told(files, partial(strict_and_masked, folder, masked))
    return answer


def strict_and_masked(folder: Path, masked: Path, alarms: Path) -> dict[str, Any]:
    """The figures by both counts."""
    counts = {"strict": folder, "masked": masked}
    return {name: weekly_figures(at, alarms, regions(), **US_RULES) for name, at in counts.items()}


def us_known(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Hurricanes, shutdowns, a strike and COVID, at one and half a false episode a series-year, by `known.py`."""
    program("prep_dol.py", CLAIMS, at, "--mode", "known", *KNOWN_SPAN)
    case = weekly(at, regions())
    files = alarms(case, small)
    answer = told(files, lambda _: {})
    made = [str(file) for file in files.values() if isinstance(file, Path)]
    before, sys.argv = sys.argv, ["known.py", str(narrowed(at, regions())), *made]
    try:
        with redirect_stdout(StringIO()):
            found = runpy.run_path(str(BENCH / "known.py"))
    finally:
        sys.argv = before
    for row in found["R"].to_dict("records"):
        if row["rule"] != "nominal":
            answer[row["method"]][row["rule"]] = {
                "local_within_1_week": round(row["<=1wk"] * row["local n"]),
                "local": int(row["local n"]),
                "covid_within_1_week": round(row["cov wk<=1"] * row["covid n"]),
                "covid": int(row["covid n"]),
            }
    events = found["E"]["ours <=1/sy"]
    return answer | {"missed_at_1": sorted(events.index[events > 1])}


def us_forecast(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Forecasts one to four weeks ahead."""
    program("prep_dol.py", CLAIMS, at, "--mode", "known", *KNOWN_SPAN)
    return forecast_ahead.track(at, regions())


def lab_daily(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Eleven areas by twenty industries, daily; the alarm column is the line that keeps the recipe's budget."""
    answer: dict[str, Any] = {}
    for seed in seeds or ((1,) if small else (1, 2)):
        folder = at / f"seed{seed}"
        program("sim_labor.py", folder, "--seed", seed)
        case = daily(folder)
        files: dict[str, Path | str] = {name: peer(folder, name, "roll7") for name in PEERS}
        for name, method in OURS.items():
            long = trace(case.panel, case.calendar, case.start - timedelta(days=DAY.budget_memory), method)
            lines = quality.alarm_lines(long.evidence, DAY)[DAY.budget_memory :]
            files[name] = write_alarms(case, long.since(DAY.budget_memory), lines, name)
        answer[f"seed{seed}"] = told(files, partial(daily_figures, folder))
        answer[f"seed{seed}"] |= beside(folder, Path(files["ours"]), LABOUR_STEP, small, daily_figures, "roll7")
    own = [answer[seed]["ours"] for seed in answer]
    return answer | {
        "mean": {
            key: round(float(np.mean([figures[key] for figures in own])), 3) for key in own[0] if "total" not in key
        }
    }


def monthly(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Australian months."""
    return forecast_monthly.track(at, small, seeds[0] if seeds else 1)


def speed(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """CPU seconds of one core: a causal backtest of 912 days, one more day from memory as an edition judges it (mean of
    28: one of them refits), and a province of 4,000 series."""
    program("sim_labor.py", at, "--seed", 1)
    case = daily(at)
    panel = case.panel.until(911)
    start = panel.periods[0].date()  # every day is judged, and forecast from
    whole = cpu(lambda: trace(panel, case.calendar, start))
    several = 2 if small else PROVINCE // len(panel.series)
    many = repeated(panel, several)
    province = cpu(lambda: trace(many, case.calendar, start))
    return {
        "series": len(panel.series),
        "backtest_912_days_s": whole,
        "one_day_s": one_day(panel, case.calendar),
        "province_series": len(many.series),
        "province_s": province,
        "province_over_linear": round(province / whole / several, 2),
        "forecasts_912_days_s": cpu(lambda: outlook(panel, case.calendar, start)),
    }


def one_day(panel: Any, calendar: pd.DataFrame) -> float:
    """Mean CPU seconds of `assess` for each of the last `refit` days, with what it remembers of the day before."""
    first = len(panel.periods) - DAY.refit
    memory = assess(panel.until(first - 1), calendar)[1]
    start = time.process_time()
    for column in range(first, len(panel.periods)):
        memory = assess(panel.until(column), calendar, memory)[1]
    return round((time.process_time() - start) / DAY.refit, 4)


def repeated(panel: Any, several: int) -> Any:
    """The same city several times over, as places of their own under one total, which is their sum."""
    series = pd.concat(
        [
            panel.series.assign(**{k: panel.series[k] + f"#{copy}" for k in ("series_id", "area", "industry")})
            for copy in range(several)
        ],
        ignore_index=True,
    )
    values, exposure = np.tile(panel.values, (several, 1)), np.tile(panel.exposure, (several, 1))
    values[series["level"] == "total"] *= several
    kept = ((series["level"] != "total") | (series.index < len(panel.series))).to_numpy()
    return type(panel)(series[kept].reset_index(drop=True), panel.periods, values[kept], exposure[kept], panel.grain)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the work."""
    start = time.process_time()
    work()
    return round(time.process_time() - start, 2)


def us_leading(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Initial claims as a leading signal of continued ones, and the other way about; small: three states."""
    only = sorted(regions())
    return forecast_leading.track(frozenset(only[:3] if small else only))


def city(at: Path, seeds: Seeds, small: bool) -> dict[str, Any]:
    """Our own invented cities, from files to warnings: the figures of `bench detect`."""
    return dict(detect.run(small, seeds or (1, 2, 3))["detect"])


TRACKS: dict[str, Callable[[Path, Seeds, bool], dict[str, Any]]] = {
    track.__name__: track
    for track in (sim_weekly, us_injected, us_known, us_forecast, us_leading, lab_daily, monthly, speed, city)
}


def run(small: bool, tracks: tuple[str, ...] = (), seeds: Seeds = ()) -> dict[str, Any]:
    """All tracks, or the named ones, with the seeds the figures are told for or others; small: one seed and fewer
    series each, and no city."""
    wanted = tracks or tuple(name for name in TRACKS if not (small and name == "city"))
    answer: dict[str, Any] = {}
    console = Console()
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="gangshao-forecast-") as folder:
            answer[name] = TRACKS[name](Path(folder) / name, seeds, small)
        console.print(f"[bold]{name}[/bold]", Pretty(answer[name]))
    return {"forecast": answer}
