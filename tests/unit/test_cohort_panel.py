"""The panel of groups of people ends with the last week that the city is told of, whatever one fast area has sent."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.region import load as regions
from pipelines.warehouse.cohorts import cohort_panel, cohorts_of

REGION = regions.load(Path(__file__).resolve().parents[2] / "data" / "regions" / "liaocheng")
MONDAY = date(2026, 10, 5)
UNITS = sorted(REGION.units)


def readings(newest: dict[str, int]) -> pd.DataFrame:
    """Three whole weeks of all units, and of the week after them so many of five files."""
    rows = [(area, week, 5) for area in UNITS for week in range(3)]
    rows += [(area, 3, files) for area, files in newest.items() if files]
    frame = pd.DataFrame(rows, columns=["area", "week", "reporting"])
    frame["period"] = [pd.Timestamp(MONDAY + timedelta(days=7 * week)) for week in frame.pop("week")]
    frame = frame.assign(industry="ALL", grain="week", numerator=20.0, denominator=None, due=5)
    return frame.merge(pd.DataFrame({"cohort": ["all", "migrant"]}), how="cross")


@pytest.mark.parametrize(("slow", "weeks"), [(2, 3), (4, 4)])
def test_one_fast_area_does_not_begin_the_week_for_all(slow: int, weeks: int) -> None:
    newest = dict.fromkeys(UNITS, slow) | {UNITS[0]: 5, UNITS[1]: 0}
    cells = cohorts_of(readings(newest), catalogue()["benefit_claim"], REGION)
    assert cells is not None
    panel = cohort_panel(cells, REGION)
    assert panel is not None
    assert len(panel.periods) == weeks
    city = panel.series.index[(panel.series["area"] == REGION.city) & (panel.series["cohort"] == "migrant")][0]
    assert panel.exposure[city, 2] == pytest.approx(1.0)
