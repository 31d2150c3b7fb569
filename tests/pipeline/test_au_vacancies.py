"""Monthly adverts of regions and occupations: occupations arrive, and reconcile with the totals beside them."""

import pandas as pd
import pytest

from pipelines.core.region.load import load
from tests.house import ROOT
from tests.pipeline.ingest_place import Place
from tests.pipeline.reconcile import REALDATA, assert_reconciled, facts, skip_without
from tests.regions.au_vacancy.drops import read_vacancies, write_drops

SOURCE = REALDATA / "au_online_vacancies" / "internet_vacancy_regional.csv.gz"
FOLDER = ROOT / "tests" / "regions" / "au_vacancy"
ROUNDING = 2.0  # adverts: the publisher rounds parts and totals apart, and leaves the smallest parts out

pytestmark = [
    skip_without("au_online_vacancies/internet_vacancy_regional.csv.gz"),
    pytest.mark.xdist_group("au_vacancies"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place.at(tmp_path_factory.mktemp("vacancy"), load(FOLDER))
    assert write_drops(SOURCE, place.settings.inbox) == 177
    place.ingest()
    return place


@pytest.fixture(scope="module")
def found(place: Place) -> pd.DataFrame:
    return facts(place)


def test_every_row_and_sum_of_the_report_arrives(place: Place, found: pd.DataFrame) -> None:
    sent = read_vacancies(SOURCE)
    assert len(sent) == 242_136
    codes = dict(zip(place.region.places["name"], place.region.places["code"], strict=True))
    assert_reconciled(place, sent.assign(area=sent["area"].map(codes)), found)


def test_occupations_of_both_levels_add_up_to_the_total_beside_them(found: pd.DataFrame) -> None:
    level = found["occupation"].str.len()
    assert level.value_counts().to_dict() == {0: 24 * 177, 1: 24 * 177 * 8, 2: 24 * 177 * 48}
    total, major, minor = (found[level == size].groupby(["area", "period"])["value"].sum() for size in (0, 1, 2))
    assert (total - major).abs().max() < ROUNDING
    assert (total - minor).abs().max() < ROUNDING
    group = found["occupation"].str[:1]
    parts = [found[level == size].groupby(["area", "period", group])["value"].sum() for size in (1, 2)]
    assert (parts[0] - parts[1]).abs().max() < ROUNDING


def test_named_cells_are_those_of_the_report(found: pd.DataFrame) -> None:
    report = pd.read_csv(SOURCE, dtype={"anzsco_code": "str"})
    for region, area, code, month in (
        ("Sydney", "NSW09", "0", "2020-04-01"),
        ("Sydney", "NSW09", "2H", "2020-04-01"),
        ("Launceston and Northeast Tasmania", "TAS02", "84", "2010-05-01"),
    ):
        cell = report[
            (report["vacancy_region"] == region) & (report["date"] == month) & (report["anzsco_code"] == code)
        ]
        mine = found[
            (found["area"] == area) & (found["period"] == month) & (found["occupation"] == code.replace("0", ""))
        ]
        assert mine["value"].tolist() == cell["value"].tolist() != []
