"""Another place with real data: the same program, another region folder, no special case in code."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tests.house import ROOT, House
from tests.regions.us_states.drops import write_drops

SOURCE = ROOT.parent / "shared" / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"


@pytest.mark.skipif(not SOURCE.exists(), reason="../shared/realdata is absent: US weekly claims")
def test_the_shock_of_march_2020_is_flagged_in_every_region(tmp_path: Path) -> None:
    house = House(tmp_path, {"GANGSHAO_REGION": str(ROOT / "tests" / "regions" / "us_states")})
    assert write_drops(SOURCE, house.data / "inbox", date(2017, 1, 1), date(2020, 3, 28)) == 169
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", "2020-03-07", "--to", "2020-03-28")
    assert house.ask("select count(*), min(day), max(day) from edition") == [(4, date(2020, 3, 7), date(2020, 3, 28))]
    alarmed = house.ask(
        "select count(distinct area) from episode where level <= 3 and quiet_periods = 0 "
        "and known_from between timestamp '2020-03-21' and timestamp '2020-03-29'"
    )
    assert alarmed == [(27,)]
    report = pd.read_csv(SOURCE, usecols=["st", "rptdate", "c3"])
    sent = report[(report["st"] == "CA") & (report["rptdate"] == "3/21/2020")]["c3"].iloc[0]
    assert house.ask(
        "select value from reading where period = date '2020-03-15' and known_to is null and area = 'CA'"
    ) == [(sent,)]
