"""Any order of ingesting, any repetition, any grouping of the same drops gives the same tables, and the same past."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.core.region.load import Region
from pipelines.warehouse import store
from pipelines.warehouse.as_of import create_views
from tests.pipeline.ingest_place import CLAIM_HEADER, EMPLOYER, Place, claim, claims, csv, person
from tests.tier import IS_LONG

CLAIMS, EVENTS, STAFF = "benefit_claim", "insured_event", "insured_headcount"
FIRST = claims([1, 2, 3])
EVENT_HEADER = "业务流水号,冲销流水号,增减类型,身份证号,统一社会信用代码,参保地区,行业代码,原因代码,生效日期,申报日期"
STAFF_HEADER = "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末参保人数,欠缴月数,缓缴标志"


def event(number: int, filed: str, reverses: str = "") -> str:
    return f"E{number},{reverses},减员,{person(number)},{EMPLOYER},371525,C,03,2020-03-01,{filed}"


def staff(insured: int) -> bytes:
    return csv(STAFF_HEADER, f"{EMPLOYER},示例单位,371521,C,202002,{insured},0,否", encoding="gb18030")


DROPS = [
    (CLAIMS, "2020-03-06", "benefit_claim_371521_20200305.csv", FIRST),
    (CLAIMS, "2020-03-09", "benefit_claim_371521_20200305.csv", FIRST),  # sent again
    (CLAIMS, "2020-03-07", "benefit_claim_371521_20200305_v2.csv", csv(CLAIM_HEADER, claim(1), claim(2, area="379999"), claim(3), claim(6))),
    (CLAIMS, "2020-03-07", "benefit_claim_371521_20200305 (2).csv", FIRST),  # under another name
    (CLAIMS, "2020-03-08", "benefit_claim_371521_20200305.csv", claims([1, 2, 4], "gb18030")),
    # A supplement that adds a row, and one that says a row anew; then a file that replaces what they added to.
    (CLAIMS, "2020-03-08", "benefit_claim_371521_20200305_supplement.csv", claims([5])),
    (CLAIMS, "2020-03-09", "benefit_claim_371521_20200305_v2_supplement.csv", csv(CLAIM_HEADER, claim(1, reason="12"))),
    (CLAIMS, "2020-03-10", "benefit_claim_371521_20200305_v3.csv", claims([1, 2, 3, 4, 5])),
    (CLAIMS, "2020-03-08", "benefit_claim_371522_20200305.csv", csv(CLAIM_HEADER)),
    (CLAIMS, "2020-03-08", "benefit_claim_371522_20200305.csv", b"no header of ours\n"),
    # A file that would lose most rows is held, one that loses few is not.
    (CLAIMS, "2020-03-06", "benefit_claim_371523_20200305.csv", claims(range(10, 20), area="371523")),
    (CLAIMS, "2020-03-07", "benefit_claim_371523_20200305_v2.csv", claims(range(10, 14), area="371523")),
    (CLAIMS, "2020-03-09", "benefit_claim_371523_20200305_v3.csv", claims(range(10, 19), area="371523")),
    # Two different files for one slice on one day: the hash decides, the same each time.
    (CLAIMS, "2020-03-07", "benefit_claim_371524_20200305.csv", claims([21, 22], area="371524")),
    (CLAIMS, "2020-03-07", "benefit_claim_371524_20200305 (1).csv", claims([21, 23], area="371524")),
    # An event that a later file cancels, and a correction of that file which no longer does.
    (EVENTS, "2020-03-06", "insured_event_371525_20200305.csv", csv(EVENT_HEADER, event(1, "2020-03-05"), event(2, "2020-03-05"))),
    (EVENTS, "2020-03-07", "insured_event_371525_20200306.csv", csv(EVENT_HEADER, event(3, "2020-03-06", "E1"), event(4, "2020-03-06"))),
    (EVENTS, "2020-03-09", "insured_event_371525_20200306_v2.csv", csv(EVENT_HEADER, event(5, "2020-03-06"), event(4, "2020-03-06"))),
    # The second version comes first.
    (STAFF, "2020-03-07", "insured_headcount_371521_202002_v2.csv", staff(90)),
    (STAFF, "2020-03-10", "insured_headcount_371521_202002.csv", staff(100)),
]  # fmt: skip
Drops = Iterable[int]
ORDER = settings(
    max_examples=6 if IS_LONG else 3, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def take_in(place: Place, rounds: Iterable[Drops]) -> None:
    for numbers in rounds:
        for number in numbers:
            place.drop(*DROPS[number])
        place.ingest()


def rounds_of(sequence: Drops, cuts: set[int]) -> list[list[int]]:
    """The sequence in rounds of ingesting: two drops of one name and day cannot wait together in one inbox."""
    rounds: list[list[int]] = [[]]
    for position, number in enumerate(sequence):
        if position in cuts or any(DROPS[number][:3] == DROPS[other][:3] for other in rounds[-1]):
            rounds.append([])
        rounds[-1].append(number)
    return [numbers for numbers in rounds if numbers]


def known(place: Place, day: str) -> dict[str, list[tuple[object, ...]]]:
    """All facts in force at the cut-off of a day, as an edition sees them, and the cancelled events."""
    cutoff_at: datetime = place.morning(day).astimezone(UTC).replace(tzinfo=None)
    with store.connect(place.settings) as warehouse:
        con = warehouse.connection
        create_views(con, cutoff_at)
        tables = [*(f"{feed}_in_force" for feed in (CLAIMS, EVENTS, STAFF)), "reversed_event"]
        return {table: con.execute(f"select * from {table} order by all").fetchall() for table in tables}


@pytest.fixture(scope="module")
def at_once(region: Region, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place.at(tmp_path_factory.mktemp("at_once"), region, keys)
    take_in(place, rounds_of(range(len(DROPS)), set()))
    return place


def test_the_drops_are_of_every_sort(at_once: Place) -> None:
    assert at_once.rows("select status, count(*) from drop_register group by status order by status") == [
        ("accepted", 16), ("held", 1), ("refused", 1),
    ]  # fmt: skip
    assert at_once.rows("select count(*) from quarantine") == [(1,)]
    cancelled = [known(at_once, day)["reversed_event"] for day in ("2020-03-06", "2020-03-07", "2020-03-09")]
    assert cancelled == [[], [("E1",)], []]
    reason = {day: dict(row[2:12:8] for row in known(at_once, day)["benefit_claim_in_force"]) for day in DAYS}
    assert reason["2020-03-08"]["L001"] != reason["2020-03-09"]["L001"]


DAYS = ("2020-03-06", "2020-03-07", "2020-03-08", "2020-03-09", "2020-03-10")
ORDERS = st.permutations(range(len(DROPS)))
CUTS = st.sets(st.integers(1, len(DROPS) + 3), max_size=4)


@ORDER
@given(order=ORDERS, again=st.lists(st.integers(0, len(DROPS) - 1), max_size=3), cuts=CUTS)
def test_order_repeats_and_grouping_do_not_matter(
    region: Region, keys: Path, at_once: Place, order: list[int], again: list[int], cuts: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        place = Place.at(Path(folder), region, keys)
        take_in(place, rounds_of([*order, *again], cuts))
        assert place.hashes() == at_once.hashes()


@ORDER
@given(order=ORDERS, cuts=CUTS, day=st.sampled_from(DAYS))
def test_the_past_is_what_a_rebuild_from_the_drops_known_then_gives(
    region: Region, keys: Path, at_once: Place, order: list[int], cuts: set[int], day: str
) -> None:
    with TemporaryDirectory() as folder:
        place = Place.at(Path(folder), region, keys)
        take_in(place, rounds_of([number for number in order if DROPS[number][1] <= day], cuts))
        assert known(place, day) == known(at_once, day)
