"""Public-welfare posts that end, by files as units send them: prolonged, withdrawn, corrected, too old to tell."""

from datetime import UTC, date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import Region
from pipelines.judging.kinds.deadline import find_deadlines
from pipelines.judging.rule_inputs import in_force_on, load_inputs
from pipelines.judging.rule_kind import EditionContext
from pipelines.warehouse import store
from pipelines.warehouse.as_of import create_views
from tests.pipeline.ingest_place import EMPLOYER, Place, csv

FEED = "welfare_post"
AREA, OTHER = "371521", "371522"
HEADER = "岗位编号,单位名称,地区,岗位类别,所属月份,在岗人数,到期日期"
DAY = date(2020, 5, 20)
JUNE_30, JUNE_10 = "2020-06-30", "2020-06-10"


def post(number: int, people: int, until: str, month: str, area: str = AREA) -> str:
    return f"GW{number},示例{number}村村民委员会,{area},乡村公益性岗位,{month},{people},{until}"


@pytest.fixture
def place(tmp_path: Path, region: Region) -> Place:
    return Place.at(tmp_path, region)


def sent(place: Place, month: str, *lines: str, came: str, area: str = AREA, mark: str = "") -> None:
    place.drop(FEED, came, f"{FEED}_{area}_{month}{mark}.csv", csv(HEADER, *lines))


def ending(place: Place, day: date = DAY) -> dict[tuple[str, str], tuple[int, str]]:
    """What a run of the day knows to end: persons and last day by indicator and what ends."""
    place.ingest()
    frame = known(place, day)
    keys = zip(frame["indicator"], frame["employer"], strict=True)
    told = zip(frame["people"], frame["ends_on"].dt.strftime("%Y-%m-%d"), strict=True)
    return dict(zip(keys, told, strict=True))


def known(place: Place, day: date) -> pd.DataFrame:
    chosen = shipped(place)
    cutoff = place.morning(day.isoformat()).astimezone(UTC).replace(tzinfo=None)
    with store.connect(place.settings) as warehouse:
        create_views(warehouse.connection, cutoff)
        none = pd.DataFrame()
        known = EditionContext(warehouse.connection, place.region, day, cutoff)
        return load_inputs(known, lambda _: chosen, none, none).facts_of("deadline")


def shipped(place: Place) -> pd.DataFrame:
    """The rules on deadlines as they are shipped, judged although they are not switched on."""
    own = place.region.rules[place.region.rules["kind"] == "deadline"]
    return in_force_on(place.region, DAY, own)


def test_a_post_ends_as_the_newest_file_of_its_area_says(place: Place) -> None:
    sent(place, "202003", post(1, 3, JUNE_10, "202003"), post(2, 4, JUNE_10, "202003"), came="2020-04-05")
    sent(place, "202003", post(1, 7, JUNE_10, "202003", OTHER), came="2020-04-05", area=OTHER)
    assert ending(place) == {
        (FEED, f"{AREA} GW1"): (3, JUNE_10),
        (FEED, f"{AREA} GW2"): (4, JUNE_10),
        (FEED, f"{OTHER} GW1"): (7, JUNE_10),
    }
    # Prolonged, and no longer named; the other area has sent nothing newer.
    sent(place, "202004", post(1, 5, "2021-06-10", "202004"), came="2020-05-05")
    assert ending(place) == {(FEED, f"{AREA} GW1"): (5, "2021-06-10"), (FEED, f"{OTHER} GW1"): (7, JUNE_10)}


def test_an_empty_file_takes_every_ending_of_its_area_away(place: Place) -> None:
    for area in (AREA, OTHER):
        sent(place, "202003", post(1, 3, JUNE_10, "202003", area), came="2020-04-05", area=area)
    sent(place, "202004", came="2020-05-05")
    assert ending(place) == {(FEED, f"{OTHER} GW1"): (3, JUNE_10)}
    assert (FEED, f"{AREA} GW1") in ending(place, date(2020, 5, 4)), "a run before it came knows nothing of it"


def test_a_corrected_file_and_a_supplement_say_a_post_anew(place: Place) -> None:
    both = [post(1, 3, JUNE_10, "202004"), post(2, 4, JUNE_10, "202004"), post(3, 1, "", "202004")]
    sent(place, "202004", *both, came="2020-05-05")
    sent(place, "202004", post(2, 6, JUNE_30, "202004"), came="2020-05-06", mark="_supplement")
    assert ending(place) == {(FEED, f"{AREA} GW1"): (3, JUNE_10), (FEED, f"{AREA} GW2"): (6, JUNE_30)}
    corrected = [post(1, 3, "2020-12-31", "202004"), post(2, 0, JUNE_10, "202004"), post(3, 1, "", "202004")]
    sent(place, "202004", *corrected, came="2020-05-07", mark="_v2")
    assert ending(place) == {(FEED, f"{AREA} GW1"): (3, "2020-12-31")}, "a post without persons ends for nobody"


def test_a_file_of_more_than_a_hundred_days_ago_tells_nothing(place: Place) -> None:
    sent(place, "202003", post(1, 3, "2020-08-01", "202003"), came="2020-04-05")
    assert ending(place, date(2020, 6, 9)) != {}
    assert ending(place, date(2020, 6, 10)) == {}


def test_posts_and_deferrals_are_judged_each_by_its_own_rule(place: Place) -> None:
    """Forty-nine people in posts and one thousand insured are not fifty people in posts."""
    sent(place, "202004", post(1, 49, "2020-06-19", "202004"), came="2020-05-05")
    header = "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末参保人数,缓缴标志,缓缴到期日"
    line = f"{EMPLOYER},示例厂,{AREA},C,202004,1000,是,2020-06-19"
    place.drop("insured_headcount", "2020-05-05", f"insured_headcount_{AREA}_202004.csv", csv(header, line))
    place.ingest()
    places = ((AREA, "ALL"), ("371500", "ALL"), ("371500", "C"))
    assert told(place, DAY) == {("deferral_ends", *where, 4, 1000.0) for where in places}
    sent(place, "202004", post(1, 50, "2020-06-19", "202004"), came="2020-05-06", mark="_v2")
    place.ingest()
    posts = {row for row in told(place, DAY) if row[0] == "welfare_post_ends"}
    assert posts == {("welfare_post_ends", area, "ALL", 4, 50.0) for area in (AREA, "371500")}
    assert not any(row[0] == "welfare_post_ends" for row in told(place, date(2020, 5, 19))), "day 31"


def told(place: Place, day: date) -> set[tuple[str, str, str, int, float]]:
    frame = find_deadlines(shipped(place), known(place, day), day, place.region.city)
    columns = ["rule_id", "area", "industry", "level", "people"]
    return {tuple(row) for row in frame[columns].itertuples(index=False, name=None)}
