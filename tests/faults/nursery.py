"""Processes that work as the command line does and may be killed at a point: for all sweeps of this folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

from tests.faults.killer import Point
from tests.house import ROOT, House

Kill = Callable[[House, list[list[str]], Point], None]


class Nursery:
    """Processes that do what the command line does, each forked from one that has imported everything."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.killer"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},  # the same calls each time; no threads
        )  # fmt: skip

    def work(
        self, house: House, commands: list[list[str]], report: Path | None = None, point: Point | None = None
    ) -> tuple[int, str]:
        """Run commands on a house to the end, or to death at a point; returns exit status and what was printed.

        The report then says where death was, else (without a point) how many calls each stage made.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = house.folder / "said"
        order = [commands, house.env, str(said), report and str(report), point and astuple(point)]
        print(json.dumps(order), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        return status, said.read_text(encoding="utf-8")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def calls_of(report: Path) -> dict[str, int]:
    """Calls of each stage, as a report of a run that was not killed tells them."""
    return _report(report)["calls"]


def first_of(report: Path) -> dict[str, int]:
    """At which call of its stage one function first calls another: ``{"run: editions -> record": 812}``."""
    return _report(report)["first"]


def _report(report: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(report.read_text(encoding="utf-8"))
    return found
