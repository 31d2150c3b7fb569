"""Every line the law draws, from both sides: 20 persons, 10 %, 30 days, 5.5 %, 30 insured, 20 %."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.core.region import load as regions
from pipelines.judging import layoff_rate
from pipelines.judging.kinds.early import find_early
from pipelines.judging.kinds.event import find_events
from pipelines.judging.kinds.rehire import find_rehired, load_rehired
from pipelines.judging.kinds.unreported import find_unreported, leaver_probability, list_windows, load_unreported
from pipelines.judging.rule_kind import EditionContext
from pipelines.warehouse.expected_submissions import roster
from pipelines.warehouse.tables import define

REGION = regions.load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")
DAY = date(2026, 10, 31)
CUTOFF = datetime(2026, 10, 30, 23)  # noqa: DTZ001 - the warehouse holds naive UTC
SHIPPED = REGION.rules_on(DAY)


def report(planned: int, staff: int, told: int = 0, effective: int = 30) -> pd.DataFrame:
    """One report; told and effective: days after 2026-10-01."""
    first = pd.Timestamp("2026-10-01")
    row = {
        "report_id": "r1", "employer": "e1", "employer_name": "示例厂", "area": "371502", "industry": "C", "staff": staff,
        "planned": planned, "layoff_kind": "裁员", "told_on": first + pd.Timedelta(days=told),
        "reported_on": pd.Timestamp("2026-10-20"), "effective_on": first + pd.Timedelta(days=effective),
    }  # fmt: skip
    return pd.DataFrame([row])


def must_report(people: pd.Series, staff: pd.Series) -> pd.Series:
    """Whether a layoff must be reported 30 days before: 20 persons or more, or 10 % of the staff or more (art. 41)."""
    return (people >= 20) | (people / staff.where(staff > 0) >= 0.1)


@pytest.mark.parametrize(
    ("planned", "staff", "is_met"),
    [
        (19, 1000, False),
        (20, 1000, True),
        (999, 10_000, True),
        (9, 91, False),
        (9, 90, True),
        (1, 10, True),
        (1, 11, False),
    ],
)
def test_a_report_is_due_from_twenty_persons_or_a_tenth_of_the_staff(planned: int, staff: int, is_met: bool) -> None:
    found = find_events(SHIPPED, report(planned, staff), DAY)
    assert len(found) == is_met
    assert must_report(pd.Series([planned]), pd.Series([staff])).tolist() == [is_met]


@pytest.mark.parametrize(
    ("planned", "staff", "level"), [(200, 2000, 3), (201, 2000, 2), (201, 1999, 3), (50, 500, 3), (49, 500, 4)]
)
def test_more_than_two_hundred_of_two_thousand_is_orange(planned: int, staff: int, level: int) -> None:
    assert find_events(SHIPPED, report(planned, staff), DAY)["level"].tolist() == [level]


def instalments(first: int, second: int, days: int, staff: int = 1000) -> pd.DataFrame:
    """Two reports of one employer, so many days apart."""
    before = report(first, staff).assign(report_id="r0", reported_on=pd.Timestamp("2026-10-20") - timedelta(days=days))
    return pd.concat([before, report(second, staff)], ignore_index=True)


@pytest.mark.parametrize(
    ("first", "second", "days", "found"),
    [
        (19, 19, 10, [(4, 38.0)]),
        (19, 19, 29, [(4, 38.0)]),
        (19, 19, 30, []),
        (25, 25, 0, [(3, 50.0)]),  # two reports of one day: fifty of a thousand
        (40, 3, 29, [(4, 43.0)]),
        (40, 30, 30, [(4, 40.0)]),
    ],
)
def test_a_layoff_in_instalments_is_one(first: int, second: int, days: int, found: list[tuple[int, float]]) -> None:
    told = find_events(SHIPPED, instalments(first, second, days), DAY)
    assert list(zip(told["level"], told["people"], strict=True)) == found
    if days == 10:
        assert (told["window_from"].iloc[0], told["data_to"].iloc[0]) == (
            pd.Timestamp("2026-10-10"), pd.Timestamp("2026-10-20"),
        )  # fmt: skip


@pytest.mark.parametrize("elsewhere", [{"area": "371521"}, {"industry": "F"}])
def test_a_report_elsewhere_leaves_the_first_one_its_finding(elsewhere: dict[str, str]) -> None:
    before = report(30, 1000).assign(report_id="r0", reported_on=pd.Timestamp("2026-10-12"))
    both = pd.concat([before, report(60, 1000).assign(**elsewhere)], ignore_index=True)
    told = find_events(SHIPPED, both, DAY)
    there = {"area": "371502", "industry": "C"}
    found = told.set_index("people")[list(there)].to_dict("index")
    assert found == {30.0: there, 90.0: there | elsewhere}


def test_reports_of_two_employers_are_not_added_up() -> None:
    two = instalments(19, 19, 10).assign(employer=["e1", "e2"])
    assert find_events(SHIPPED, two, DAY).empty


@pytest.mark.parametrize("base", [10, 30, 70, 1000, 10_000, 123_450])
def test_a_tenth_is_a_tenth_at_every_size(base: int) -> None:
    people, staff = pd.Series([base // 10 - 1, base // 10]), pd.Series([base, base])
    assert must_report(people, staff).tolist() == [base // 10 - 1 >= 20, True]


@pytest.mark.parametrize(("planned", "staff", "days", "is_early"), [
    (20, 1000, 29, True), (20, 1000, 30, False), (19, 1000, 29, False), (19, 190, 29, True), (19, 190, 30, False),
])  # fmt: skip
def test_thirty_days_lie_between_telling_and_doing(planned: int, staff: int, days: int, is_early: bool) -> None:
    found = find_early(SHIPPED, report(planned, staff, told=5, effective=5 + days), DAY)
    assert len(found) == is_early


@pytest.mark.parametrize(("second", "days", "people"), [(5, 29, [20.0]), (4, 29, []), (5, 30, []), (15, 0, [30.0])])
def test_a_layoff_in_instalments_needs_its_thirty_days_as_a_whole(second: int, days: int, people: list[float]) -> None:
    both = instalments(15, second, days).assign(effective_on=pd.Timestamp("2026-10-28"))
    assert find_early(SHIPPED, both, DAY)["people"].tolist() == people


def test_a_report_that_does_not_say_when_staff_were_told_is_no_lead() -> None:
    assert find_early(SHIPPED, report(50, 100).assign(told_on=pd.NaT), DAY).empty


def leavers(window: int, before: tuple[int, ...]) -> pd.DataFrame:
    counts = (window, *before)
    return pd.DataFrame({"employer": "e1", "block": range(len(counts)), "leavers": counts})


def unreported(
    window: int, staff: int, before: tuple[int, ...] = (0,) * 12, planned: int = 0, reports: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Leads of a city in which one employer of an ordinary industry lost these people."""
    windows = list_windows(DAY, 30, DAY - timedelta(days=500))
    industries = pd.DataFrame({"industry": "C", "block": range(13), "leavers": 300 + np.arange(13) % 3})
    headcount = pd.DataFrame(
        {
            "employer": ["e1", "e2"],
            "employer_name": "示例厂",
            "area": "371502",
            "industry": "C",
            "insured": [staff, 50_000],
        }
    )
    if reports is None:
        reports = report(planned, staff) if planned else report(1, 1)[:0]
    return find_unreported(SHIPPED, leavers(window, before), industries, headcount, reports, windows)


@pytest.mark.parametrize(
    ("window", "staff", "is_met"),
    [
        (19, 1000, False),  # too few for the persons' leg, too small a share
        (20, 1000, True),
        (10, 100, True),
        (10, 101, False),  # 9.9 %
        (10, 0, False),  # of nobody insured there is no share
        (9, 20, False),  # nine people are no lead whatever the share
        (999, 10_000, True),  # by persons, though below a tenth
    ],
)
def test_leavers_without_a_report_are_a_lead_from_the_legal_lines_on(window: int, staff: int, is_met: bool) -> None:
    found = unreported(window, staff)
    assert len(found) == is_met
    if is_met:
        assert found["p"].iloc[0] < 0.001
        assert (found["people"].iloc[0], found["kind"].iloc[0]) == (window, "unreported")


def test_what_an_employer_loses_every_month_is_no_lead() -> None:
    assert unreported(24, 300, before=(22, 19, 25, 21, 18, 24, 22, 20, 23, 21, 19, 22)).empty
    assert len(unreported(60, 300, before=(22, 19, 25, 21, 18, 24, 22, 20, 23, 21, 19, 22))) == 1
    assert unreported(24, 300, before=(0, 0, 30, 0, 0, 28, 0, 0, 31, 0, 0, 29)).empty  # lets people go each season


@pytest.mark.parametrize(("blocks", "is_lead"), [(2, False), (3, True), (12, True)])
def test_of_less_than_three_windows_nothing_is_known_of_what_is_usual(blocks: int, is_lead: bool) -> None:
    windows = list_windows(DAY, 30, DAY - timedelta(days=30 * (blocks + 1) - 1))
    industries = pd.DataFrame({"industry": "C", "block": range(blocks + 1), "leavers": 300})
    headcount = pd.DataFrame({"employer": ["e1", "e2"], "employer_name": "示例厂", "area": "371502", "industry": "C",
                              "insured": [100, 50_000]})  # fmt: skip
    found = find_unreported(SHIPPED, leavers(60, (0,) * blocks), industries, headcount, report(1, 1)[:0], windows)
    assert len(found) == is_lead


def test_what_was_reported_is_taken_off() -> None:
    assert unreported(30, 200, planned=25).empty
    assert unreported(60, 200, planned=25)["people"].tolist() == [35.0]


@pytest.mark.parametrize(("effective", "people"), [("2026-06-12", [30.0]), ("2026-09-01", [30.0]), ("2026-09-02", [])])
def test_a_layoff_carried_out_long_ago_hides_nobody_who_leaves_now(effective: str, people: list[float]) -> None:
    told = report(25, 200).assign(reported_on=pd.Timestamp("2026-05-10"), effective_on=pd.Timestamp(effective))
    assert (
        unreported(30, 200, reports=told)["people"].tolist() == people
    )  # leaves of 2 September may be filed on 2 October


@pytest.mark.parametrize(("effective", "people"), [("2026-10-31", []), ("2026-11-01", [30.0])])
def test_a_report_for_later_hides_nobody_who_left_before(effective: str, people: list[float]) -> None:
    told = report(25, 200).assign(effective_on=pd.Timestamp(effective))
    assert unreported(30, 200, reports=told)["people"].tolist() == people


def test_three_windows_of_history_are_the_least() -> None:
    assert list_windows(DAY, 30, DAY - timedelta(days=500))["block"].tolist() == list(range(13)), (
        "a year before, no more"
    )
    windows = list_windows(DAY, 30, DAY - timedelta(days=119))
    assert windows["block"].tolist() == [0, 1, 2, 3]
    assert list_windows(DAY, 30, DAY - timedelta(days=118))["block"].tolist() == [0, 1, 2]
    assert (windows["until"] - windows["since"]).map(lambda span: span.days + 1).tolist() == [30] * 4  # day 1 to day 30


def test_the_chance_is_that_of_a_poisson_count_widened_by_what_is_not_known() -> None:
    history = np.full((1, 12), 5.0)
    p = leaver_probability(np.array([20.0]), np.array([5.0]), history)
    # Negative binomial with mean 5 and variance 5 + 25/62, by summing its probabilities.
    variance, mean = 5 + 25 / 62, 5.0
    size, odds = mean**2 / (variance - mean), mean / variance
    below, term = 0.0, odds**size
    for k in range(20):
        below += term
        term *= (size + k) / (k + 1) * (1 - odds)
    assert p[0] == pytest.approx(1 - below, rel=1e-4)


@pytest.mark.parametrize(("planned", "joined", "is_met"), [(25, 10, True), (25, 9, False)])
def test_people_taken_on_after_a_layoff_are_counted(planned: int, joined: int, is_met: bool) -> None:
    told = pd.DataFrame([{"report_id": "r1", "joined": joined, "returned": 3}])
    found = find_rehired(SHIPPED, report(planned, 100), told)
    assert len(found) == is_met
    assert found["returned"].tolist() == [3] * is_met


def taken_on(day: date, joined_on: date, reported_on: date = date(2026, 4, 1)) -> int:
    """Leads of a day on an employer that laid 25 people off on 1 April and took ten on."""
    with duckdb.connect() as con:
        for feed in ("layoff_report", "insured_event"):
            define(con, feed)
            con.execute(f"create view {feed}_in_force as select * from {feed}")
        con.execute("create table reversed_event (event_id varchar)")
        con.execute(
            "insert into layoff_report by name select 'd' as drop_id, 1 as line_number, 'r1' as report_id, 'e1' as"
            " employer, '371502' as area, 'C' as industry, 100 as staff, 25 as planned, $reported_on as reported_on,"
            " date '2026-04-01' as effective_on",
            {"reported_on": reported_on},
        )
        con.execute(
            "insert into insured_event by name select 'd' as drop_id, i as line_number, 'j' || i as event_id, 'p' || i as"
            " person, 'e1' as employer, 'join' as direction, $joined_on as effective_on, $joined_on as filed_on"
            " from range(10) as told (i)",
            {"joined_on": joined_on},
        )
        return len(load_rehired(con, SHIPPED, day))


@pytest.mark.parametrize(
    ("day", "joined_on", "is_told"),
    [
        (date(2026, 9, 30), date(2026, 4, 2), True),
        (date(2026, 9, 30), date(2026, 9, 30), True),
        (date(2026, 9, 30), date(2026, 4, 1), False),
        (date(2026, 10, 1), date(2026, 9, 30), False),  # six months are over, and with them who comes first
    ],
)
def test_for_six_months_after_a_layoff_taking_people_on_is_told(day: date, joined_on: date, is_told: bool) -> None:
    assert taken_on(day, joined_on) == is_told


def test_a_layoff_reported_after_it_was_carried_out_has_its_six_months_too() -> None:
    assert taken_on(date(2026, 5, 31), date(2026, 4, 10), reported_on=date(2026, 4, 20)) == 1


@pytest.mark.parametrize(
    ("month", "is_known"), [("2026-09", True), ("2026-07", True), ("2026-06", False), ("2026-10", False)]
)
def test_a_headcount_counts_that_was_over_when_the_window_began_and_is_of_three_months(
    month: str, is_known: bool
) -> None:
    with duckdb.connect() as con:
        for feed in ("layoff_report", "insured_event", "insured_headcount"):
            define(con, feed)
            con.execute(f"create view {feed}_in_force as select * from {feed}")
        con.execute("create table reversed_event (event_id varchar)")
        con.execute(
            "insert into insured_event by name select 'd' as drop_id, i as line_number, 'x' || i as event_id, 'p' || i as"
            " person, 'C' as industry, 'leave' as direction, '11' as reason, filed_on, filed_on as effective_on,"
            " case when i < 10 then 'e1' else 'e2' end as employer"
            " from (select i, case when i < 10 then date '2026-10-20' else date '2025-09-01' + cast(i as integer) end as"
            " filed_on from range(430) as told (i))"
        )
        con.execute(
            "insert into insured_headcount by name select 'd' as drop_id, 1 as line_number, employer, employer as"
            " employer_name, '371502' as area, 'C' as industry, insured, cast($month || '-01' as date) as period"
            " from (values ('e1', 100), ('e2', 50000)) as told (employer, insured)",
            {"month": month},
        )
        found = load_unreported(EditionContext(con, REGION, DAY, CUTOFF), SHIPPED, report(1, 1)[:0])
    assert found["employer"].tolist() == ["e1"] * is_known, (
        "ten of a hundred are a tenth, ten of nobody knows how many none"
    )


@pytest.mark.parametrize(
    ("before", "after", "claimed", "rate", "is_within"),
    [
        (1000, 945, 999, 0.055, True),  # exactly 5.5 %
        (1000, 944, 999, 0.056, False),
        (200, 189, 200, 0.055, True),
        (100, 95, 100, 0.05, True),  # the official example
        (20, 15, 20, 0.25, False),  # the other one
        (30, 24, 30, 0.2, True),  # 30 insured: exactly 20 %
        (30, 23, 30, 7 / 30, False),
        (31, 25, 31, 6 / 31, False),  # 31 insured: 5.5 % holds, 19.4 % is too much
        (31, 30, 31, 1 / 31, True),
        (1000, 500, 55, 0.5, True),  # by the second formula
        (1000, 500, 56, 0.5, False),
        (30, 10, 6, 20 / 30, True),
        (100, 120, 100, 0.0, True),  # grew
    ],
)
def test_the_layoff_rate_of_refunds(before: int, after: int, claimed: int, rate: float, is_within: bool) -> None:
    found = layoff_rate.rates(pd.DataFrame([{"before": before, "after": after, "claimed": claimed}]))
    assert found["rate_by_headcount"].iloc[0] == pytest.approx(rate)
    assert bool(found["is_within"].iloc[0]) is is_within


def test_without_a_headcount_nothing_is_said_of_an_employer() -> None:
    found = layoff_rate.rates(pd.DataFrame([{"before": 0, "after": 5, "claimed": 1}]))
    assert found["is_within"].isna().all()
    gone = layoff_rate.rates(pd.DataFrame([{"before": 100, "after": np.nan, "claimed": 50}]))
    assert gone["rate_by_headcount"].isna().all()
    assert gone["is_within"].isna().all(), "by claims it is too much, by headcount nobody knows"


def refunds(missing: date | None = None, claims: int = 0) -> pd.DataFrame:
    """Rates for the refund of 2026, by employer: an area's claims of 2025 came, of 371502 without those of a day."""
    owed = roster(REGION, date(2025, 1, 1), date(2025, 12, 31))
    sent = owed.loc[owed["feed"] == "benefit_claim", ["feed", "area", "period"]]
    lacks = (sent["area"] == "371502") & (sent["period"] == (pd.NaT if missing is None else pd.Timestamp(missing)))
    sent = sent[~lacks].rename(columns={"area": "sender"}).assign(drop_id=range(len(sent) - int(lacks.sum())))
    with duckdb.connect() as con:
        con.execute("create table in_force as select * from sent")
        con.execute(
            "create table insured_headcount_in_force as select * from (values"
            " ('shrank', '厂', '371502', 'C', 1000, date '2024-12-01'), ('shrank', '厂', '371502', 'C', 100, date '2025-12-01'),"
            " ('gone', '店', '371502', 'C', 500, date '2024-12-01'),"
            " ('other', '行', '371521', 'C', 1000, date '2024-12-01'), ('other', '行', '371521', 'C', 100, date '2025-12-01')"
            ") as told (employer, employer_name, area, industry, insured, period)"
        )
        con.execute(
            "create table benefit_claim_in_force as select 'shrank' as employer, i as person, date '2025-06-03' as filed_on"
            f" from range({claims}) as told (i)"
        )
        return layoff_rate.of_year(con, REGION, 2026).set_index("employer")


def test_claims_of_a_whole_year_are_the_second_formula() -> None:
    found = refunds(claims=56)
    assert found["claimed"].to_dict() == {"gone": 0, "other": 0, "shrank": 56}
    assert found["is_within"].to_dict() == {"gone": True, "other": True, "shrank": False}


def test_where_claims_of_one_day_lack_nobody_passes_by_claims() -> None:
    found = refunds(missing=date(2025, 6, 4))
    assert found["claimed"].isna().to_dict() == {"gone": True, "other": False, "shrank": True}
    assert found["is_within"].isna().to_dict() == {"gone": True, "other": False, "shrank": True}
    assert found.loc["other", "is_within"], "its own area sent everything"


def test_the_sheet_of_refunds_is_in_chinese_percent_and_says_what_is_unknown() -> None:
    sheet = layoff_rate.decision_sheet(refunds(missing=date(2025, 6, 4)).reset_index(), REGION, 2026)
    rows = sheet.set_index("统一社会信用代码")
    assert not [name for name in sheet.columns if name.isascii()]
    assert rows["是否符合"].to_dict() == {"gone": "数据不足", "other": "是", "shrank": "数据不足"}
    assert rows.loc["other", ["地区", "行业", "2024年末参保人数", "裁员率（按参保人数，%）", "裁员率线（%）"]].tolist() == [
        "阳谷县", "制造业", 1000, 90.0, 5.5,
    ]  # fmt: skip
