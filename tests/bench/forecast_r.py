"""farringtonFlexible of R's package `surveillance`, run by the bench's own script where R and the package are there."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench.forecast_data import BENCH
from tests.bench.forecast_score import narrowed

METHOD = "farringtonFlexible"
NOT_INSTALLED, NOT_IN_SMALL = "not installed", "not in the small form"


@cache
def is_installed() -> bool:
    """Whether there is R with the package `surveillance` (Debian: r-base-core, r-cran-surveillance)."""
    if shutil.which("Rscript") is None:
        return False
    question = ["Rscript", "--vanilla", "-e", "if (!requireNamespace('surveillance', quietly = TRUE)) quit(status = 1)"]
    return subprocess.run(question, capture_output=True, check=False).returncode == 0


def farrington(folder: Path, only: frozenset[str], small: bool, *mode: str) -> Path | str:
    """Its file of alarms for these series, or why there is none; mode: `roll7` for daily counts.

    Raises CalledProcessError.
    """
    if small:
        return NOT_IN_SMALL
    if not is_installed():
        return NOT_INSTALLED
    path = folder / f"{METHOD}.csv"
    processes = str(len(os.sched_getaffinity(0)))
    command = ["Rscript", "--vanilla", "peers.R", narrowed(folder, only), path, METHOD, processes, *mode]
    subprocess.run(command, check=True, cwd=BENCH, stdout=subprocess.DEVNULL)
    return path


def beside(folder: Path, ours: Path, step: int, small: bool, figures: Callable[..., Any], *mode: str) -> dict[str, Any]:
    """Figures of ours and of this peer over one series in `step`, as it takes minutes; or why it is left out."""
    part = every(folder, step)
    peer = farrington(folder, part, small, *mode)
    if isinstance(peer, str):
        return {METHOD: peer}
    files = {"ours": ours, METHOD: peer}
    return {f"one_series_in_{step}": told(files, partial(figures, folder, only=part))}


def told(files: Mapping[str, Path | str], figures: Callable[[Path], Any]) -> dict[str, Any]:
    """Figures by method, or why it is left out."""
    return {name: figures(file) if isinstance(file, Path) else file for name, file in files.items()}


def every(folder: Path, step: int) -> frozenset[str]:
    """Each step-th series in the order of meta.csv: the fixed part that a slow peer is run on."""
    return frozenset(pd.read_csv(folder / "meta.csv", usecols=["series_id"])["series_id"].iloc[::step])
