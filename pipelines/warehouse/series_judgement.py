"""One indicator's series judged at one edition: which model reads them, and what incomplete periods stand for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.assess import Assessment, Memory
from models.change import assessed
from models.methods import LEVEL_FACTOR, Method
from models.panel import Panel
from models.quality import COMPLETE
from pipelines.core.domain import Grain
from pipelines.core.region.load import Region
from pipelines.warehouse.cells import Cells
from pipelines.warehouse.panel import panel

STANDING = (Grain.WEEK, Grain.MONTH, Grain.QUARTER)
"""Judged when their readings change; what was said stands until then."""


@dataclass(frozen=True)
class Judgement:
    """The panel as it is most likely, what the model says of it, and what it remembers.

    assessment.score has besides: is_provisional (not all that was due in the window has been reported), rate and
    rate_expected (of a ratio: observed and expected in the indicator's unit).
    """

    panel: Panel
    assessment: Assessment
    memory: Memory | None


def judgement(
    cells: Cells,
    region: Region,
    nowcasts: pd.DataFrame,
    calendar: pd.DataFrame,
    memory: Memory | None,
    method: Method = LEVEL_FACTOR,
    panel_of: Callable[[Cells, Region, pd.DataFrame], Panel | None] = panel,
) -> Judgement | None:
    """Judge the last period told well enough; None when there is none.

    nowcasts: area, period, value, likely, lo, hi of provisional readings of areas at this edition. The forecast rests
    on the likely value; the score is that of the end of the range nearest to normal, so that only what would be a spike
    at either end is one. panel_of: which series the cells form (pipelines.warehouse.cohorts has others).
    """
    likely = likely_panel(cells, region, nowcasts, panel_of)
    if likely is None:
        return None
    said, memory = assessed(likely, calendar, memory, method)
    score = said.score
    if len(nowcasts):
        nearest = panel_of(cells, region, _counted(nowcasts, "lo" if cells.indicator.worse == "higher" else "hi"))
        if nearest is not None and not np.array_equal(nearest.exposure, likely.exposure):
            score = assessed(nearest.until(len(likely.periods) - 1), calendar, memory, method)[0].score
    score = _with_rate(score, likely, cells.indicator.scale)
    return Judgement(likely, Assessment(score, said.forecast), memory)


def likely_panel(
    cells: Cells,
    region: Region,
    nowcasts: pd.DataFrame,
    panel_of: Callable[[Cells, Region, pd.DataFrame], Panel | None] = panel,
) -> Panel | None:
    """The panel as it is most likely, up to the last period told well enough; arguments and None as `judgement`."""
    return panel_of(cells, region, _counted(nowcasts, "likely"))


def _counted(nowcasts: pd.DataFrame, end: str) -> pd.DataFrame:
    """The share that has come in if the final value is this end of the range."""
    some = nowcasts[nowcasts["value"] > 0]
    return some[["area", "period"]].assign(share=np.minimum(some["value"] / some[end], 1.0))


def _with_rate(score: pd.DataFrame, frame: Panel, scale: float) -> pd.DataFrame:
    among = score["reported"] * frame.series["denominator"].to_numpy()[score["series"]] / scale
    among = among.where(among > 0)
    rates = {"rate": score["observed"] / among, "rate_expected": score["expected"] / among}
    return score.assign(is_provisional=score["coverage"].between(0, COMPLETE, inclusive="neither"), **rates)
