"""Published breakdowns against plain pandas over the files as they were sent: nothing of ours is imported here."""

import pandas as pd
import pytest

from tests.pipeline.judge_breakdowns import BREAKDOWNS
from tests.pipeline.judge_writing import REGION
from tests.pipeline.judged_city import LAST, PAST, City

pytestmark = pytest.mark.xdist_group("judge")
INDEX = ["area", "industry", "period", "category"]
NOT_JUDGED = {
    "fund_flow": "the judge reads no form of the fund: three figures of the city a month",
    "unemployment_duration": "differences of figures that the judge compares as indicators",
}


def published(city: City, name: str, edition_id: str) -> pd.DataFrame:
    at = city.cutoff_at(edition_id)
    rows = city.ask(
        "select area, industry, period, category, numerator, denominator, units from breakdown where breakdown = ? "
        "and known_from <= ? and (known_to is null or known_to > ?)", [name, at, at],
    )  # fmt: skip
    rows["period"] = pd.to_datetime(rows["period"])
    return rows.set_index(INDEX)


@pytest.mark.parametrize("edition_id", [PAST, LAST])
@pytest.mark.parametrize("name", BREAKDOWNS)
def test_every_figure_of_a_breakdown_is_what_the_files_say(judged: City, name: str, edition_id: str) -> None:
    one = BREAKDOWNS[name]
    expected = one.said(judged.facts(one.feed, edition_id))
    found = published(judged, name, edition_id)
    assert len(found) >= 4  # wages that monitored employers owe; of the others hundreds
    both = pd.concat({"published": found, "expected": expected}, axis=1)
    for column in ("numerator", "denominator", "units"):
        pair = both.xs(column, axis=1, level=1)
        off = ~((pair["published"] - pair["expected"]).abs() < 1e-6) & pair.notna().any(axis=1)
        assert pair[off].empty, pair[off].to_string()


def test_every_breakdown_of_the_program_is_judged_or_said_why_not() -> None:
    there = {path.stem for path in (REGION.parents[2] / "pipelines" / "sql" / "breakdowns").glob("*.sql")}
    assert there == {*BREAKDOWNS, *NOT_JUDGED}
