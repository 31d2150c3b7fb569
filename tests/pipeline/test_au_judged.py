"""Real monthly adverts, a stock where lower is worse: the fall of April 2020 is seen, ordinary years are quiet."""

from datetime import date

import duckdb
import numpy as np
import pytest

from models.backtest import Trace, trace
from models.change import assess
from models.panel import Panel
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Grain
from pipelines.core.region.load import load
from pipelines.warehouse.cells import load_cells
from pipelines.warehouse.panel import panel
from tests.house import ROOT, House
from tests.pipeline.reconcile import REALDATA, skip_without
from tests.regions.au_vacancy.drops import write_drops

SOURCE = REALDATA / "au_online_vacancies" / "internet_vacancy_regional.csv.gz"
FOLDER = ROOT / "tests" / "regions" / "au_vacancy"

pytestmark = [
    skip_without("au_online_vacancies/internet_vacancy_regional.csv.gz"),
    pytest.mark.xdist_group("au_vacancies"),
]


@pytest.fixture(scope="module")
def adverts(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """All regions and their total as one edition of February 2025 knows them."""
    house = House(tmp_path_factory.mktemp("vacancy"), {"GANGSHAO_REGION": str(FOLDER)})
    write_drops(SOURCE, house.data / "inbox")
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--day", "2025-02-02")
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        cells = load_cells(con, catalogue()["online_vacancy"], Grain.MONTH, load(FOLDER))
    assert cells is not None
    made = panel(cells, load(FOLDER))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def traced(adverts: Panel) -> Trace:
    return trace(adverts, calendar(), date(2013, 1, 1))


def calendar():
    return load(FOLDER).calendar_frame(date(2010, 1, 1), date(2026, 12, 31))


def test_the_fall_of_april_2020_is_seen_in_nearly_every_region_and_not_before(adverts: Panel, traced: Trace) -> None:
    assert adverts.values.shape == (25, 177)
    assert (adverts.nature, adverts.worse) == ("stock", "lower")
    april = list(traced.periods.strftime("%Y-%m")).index("2020-04")
    assert (traced.observed[0, :, april] < 0.9 * traced.expected[0, :, april]).sum() >= 20
    assert (traced.evidence[:, april] > 2.0).sum() >= 22
    assert traced.evidence[0, april] > 3.0  # of the total
    assert (traced.evidence[:, april - 3 : april - 1] > 2.0).sum() <= 2


def test_ordinary_years_are_about_as_quiet_as_p_says(traced: Trace) -> None:
    ordinary = (traced.periods >= "2014-01-01") & (traced.periods < "2020-01-01")
    p = traced.p[0][:, ordinary]
    assert np.isfinite(p).all()
    assert 0.01 < (p < 0.05).mean() < 0.09
    assert (p < 0.001).mean() < 0.01


def test_a_rise_is_no_alarm(traced: Trace) -> None:
    recovery = (traced.periods >= "2020-09-01") & (traced.periods < "2021-06-01")
    assert (traced.p[0][:, recovery] < 0.01).mean() < 0.02


def test_later_months_do_not_change_what_was_said(adverts: Panel, traced: Trace) -> None:
    column = list(adverts.periods.strftime("%Y-%m")).index("2020-04")
    said = assess(adverts.until(column), calendar())[0].score
    april = list(traced.periods.strftime("%Y-%m")).index("2020-04")
    np.testing.assert_array_equal(said["p"].to_numpy().reshape(2, -1), traced.p[:, :, april])


def test_the_forecast_beats_the_last_value_and_the_same_month_a_year_before(adverts: Panel) -> None:
    errors: dict[str, list[np.ndarray]] = {"ours": [], "last": [], "year": []}
    inside = []
    for column in range(60, 117, 3):  # 2015-05 to 2020-01
        made = assess(adverts.until(column), calendar())[0].forecast
        one = made[made["horizon"] == 1]
        truth, last = adverts.values[:, column + 1], adverts.values[:, column]
        errors["ours"].append(np.abs(one["expected"].to_numpy() - truth) / truth)
        errors["last"].append(np.abs(last - truth) / truth)
        errors["year"].append(np.abs(adverts.values[:, column - 11] - truth) / truth)
        inside.append((truth >= one["lo80"].to_numpy()) & (truth <= one["hi80"].to_numpy()))
    mean = {name: float(np.mean(part)) for name, part in errors.items()}
    assert mean["ours"] < mean["last"] < mean["year"]
    assert 0.7 < np.mean(inside) < 0.92
