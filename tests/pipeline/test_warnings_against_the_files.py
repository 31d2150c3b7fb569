"""What warnings say against plain pandas and scipy over the files as they were sent: nothing of ours is imported here."""

import re
from typing import Any

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Page
from scipy.stats import nbinom

from tests.pipeline import judge_warnings
from tests.pipeline.judge_writing import CITY
from tests.pipeline.judged_city import FIRST_EDITION, LAST, LAST_EDITION, City, number, total
from tests.pipeline.spoiled_warnings import GAOTANG, GUANXIAN, MISSING, SHENXIAN, employer

pytestmark = pytest.mark.xdist_group("judge")
SPIKES = {"benefit_claim": "benefit_claim_spike", "dismissal": "dismissal_spike"}
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range(FIRST_EDITION, LAST_EDITION)]


def holds(band: str, people: float) -> bool:
    """Whether the range that is shown holds the judge's value."""
    if band.startswith(("<", "不足")):
        return people < number(band)
    if band.endswith(("+", "以上")):
        return people >= number(band.removesuffix("以上"))
    low, high = map(number, band.split("–"))
    return low <= people < high + 1


def spikes_of(city: City, indicator: str) -> pd.DataFrame:
    """Each vintage of each spike warning of an indicator, with the score of the same window that the edition knew."""
    found = city.ask(
        "select e.*, d.edition_id, d.day, s.observed as judged, s.expected as mean, s.variance, s.p as stored "
        "from episode as e join edition as d on d.cutoff_at = e.known_from "
        "left join score as s on s.indicator = e.indicator and s.area = e.area and s.industry = e.industry "
        "and s.window_from = e.window_from and s.data_to = e.data_to and s.edition_id = d.edition_id "
        "where e.kind = 'spike' and e.indicator = ? order by e.known_from",
        [indicator],
    )
    assert len(found) > 5
    return found


@pytest.mark.parametrize("indicator", SPIKES)
def test_what_a_warning_says_was_seen_is_what_the_files_say_and_its_band_holds_it(judged: City, indicator: str) -> None:
    found = spikes_of(judged, indicator)
    newly = found[found["data_to"] == found["judged_to"]]  # else it keeps what it said when its rule was last met
    for edition_id, rows in newly.groupby("edition_id"):
        people = judged.expected(indicator, "day", str(edition_id))
        for row in rows.itertuples():
            said = total(people, row.area, row.industry, row.window_from, row.window_to)
            assert row.observed == row.judged == said > 0
            assert row.people == said - row.mean
            assert holds(row.observed_band, said)
            assert holds(row.people_band, said - row.mean)
    said = ["window_from", "data_to", "observed", "expected", "p", "people"]
    before = found.groupby("episode_id")[said].shift()
    kept = found["data_to"] < found["judged_to"]
    assert found.loc[kept, said].equals(before.loc[kept, said].astype(found[said].dtypes.to_dict()))


@pytest.mark.parametrize("indicator", SPIKES)
def test_what_a_warning_says_was_expected_is_the_stored_score_and_its_p_is_scipys(judged: City, indicator: str) -> None:
    found = spikes_of(judged, indicator)
    found = found[found["data_to"] == found["judged_to"]]
    assert (found["expected"] == found["mean"]).all()
    assert (found["p"] == found["stored"]).all()
    mean, spread = found["mean"], found["variance"].clip(lower=1.02 * found["mean"])
    size = mean**2 / (spread - mean)
    model = nbinom(size, size / (size + mean))
    tail = model.sf(found["observed"]) + 0.5 * model.pmf(found["observed"])
    assert found["p"].to_numpy() == pytest.approx(tail, rel=1e-9)
    edge = 1.959964 * found["variance"] ** 0.5
    assert found["hi"].to_numpy() == pytest.approx((mean + edge).to_numpy())
    assert found["lo"].to_numpy() == pytest.approx((mean - edge).clip(lower=0).to_numpy())


@pytest.mark.parametrize("indicator", SPIKES)
def test_a_warning_opens_on_the_first_day_on_which_a_stored_score_reaches_its_rule(
    judged: City, indicator: str
) -> None:
    scores = judged.ask("select * from score where indicator = ?", [indicator])
    found = spikes_of(judged, indicator).drop_duplicates("episode_id")
    for row in found.itertuples():
        assert row.opened_on == row.day == row.changed_on
        lines = judge_warnings.steps(row.rule_id)
        own = scores[(scores["area"] == row.area) & (scores["industry"] == row.industry)].merge(lines, how="cross")
        excess = own["observed"] - own["expected"]
        met = own[
            (own["strength"] >= own["min_strength"]) & (own["observed"] >= own["min_ratio"] * own["expected"])
            & (excess >= own["min_people"])
        ]  # fmt: skip
        assert met.loc[met["day"] == row.opened_on, "level"].min() == row.level
        before = set(met.loc[met["day"] < row.opened_on, "day"].dt.strftime("%Y-%m-%d"))
        assert before <= explained_days(judged, row)


def explained_days(judged: City, row: Any) -> set[str]:
    """Days on which the series' findings were grouped into another's, so that they opened nothing."""
    with duckdb.connect(str(judged.house.data / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select distinct cast(day as varchar) from finding where indicator = ? and area = ? and industry = ? "
            "and explained_by is not null",
            [row.indicator, row.area, row.industry],
        ).fetchall()
    return {day for (day,) in rows}


def test_a_warning_about_an_employer_is_what_its_report_says(judged: City) -> None:
    opened: dict[str, tuple[str, int]] = {}
    for day in DAYS:
        known = judge_warnings.reports(judged.facts("layoff_report", f"{day}.1"))
        said = judge_warnings.employer_warnings(known, pd.Timestamp(day))
        told = in_force(judged, "employer_layoff", f"{day}.1")
        assert set(told["employer"]) == set(said)
        for row in told.itertuples():
            level, people = said[row.employer]
            first, worst = opened.get(row.employer, (day, 9))
            opened[row.employer] = (first, min(worst, level))
            assert (row.level, row.observed, row.people) == (opened[row.employer][1], people, people)
            assert f"{row.opened_on:%Y-%m-%d}" == first
            assert holds(row.observed_band, people)
    at_the_lines = {number: opened.get(employer(number)) for number in range(1, 9)}
    assert at_the_lines == {
        1: (DAYS[0], 4), 2: (DAYS[0], 4), 3: None, 4: None, 5: (DAYS[0], 3), 6: ("2026-10-29", 3), 7: ("2026-10-23", 4),
        8: ("2026-10-23", 4),
    }  # fmt: skip


def test_a_warning_about_several_employers_is_the_sum_of_their_reports(judged: City) -> None:
    opened: dict[tuple[str, str], str] = {}
    for day in DAYS:
        known = judge_warnings.reports(judged.facts("layoff_report", f"{day}.1"))
        said = judge_warnings.county_warnings(known, pd.Timestamp(day))
        told = in_force(judged, "several_employers_layoff", f"{day}.1")
        assert set(zip(told["area"], told["industry"], strict=True)) == set(said)
        for row in told.itertuples():
            level, people = said[row.area, row.industry]
            assert (row.level, row.observed) == (level, people)
            assert f"{row.opened_on:%Y-%m-%d}" == opened.setdefault((row.area, row.industry), day)
            assert holds(row.people_band, people)
    assert opened == {(SHENXIAN, "ALL"): DAYS[0], (CITY, "C"): "2026-10-23"}


def in_force(city: City, rule_id: str, edition_id: str) -> pd.DataFrame:
    """The open warnings of a rule as an edition said them."""
    at = city.cutoff_at(edition_id)
    return city.ask(
        "select * from episode where rule_id = ? and status = 'open' and known_from <= ? "
        "and (known_to is null or known_to > ?)",
        [rule_id, at, at],
    )


@pytest.mark.parametrize("day", DAYS)
def test_leads_on_staff_told_too_late_are_those_of_the_reports(judged: City, day: str) -> None:
    known = judge_warnings.reports(judged.facts("layoff_report", f"{day}.1"))
    late = judge_warnings.told_too_late(known).set_index("employer")
    leads = judged.ask("select * from layoff_lead where kind = 'early' and day = ?", [day]).set_index("employer")
    assert set(leads.index) == set(late.index)
    for code, lead in leads.iterrows():
        own = late.loc[code]
        assert (lead["people"], lead["staff"], lead["told_on"]) == (own["planned"], own["staff"], own["told"])
        assert lead["ratio"] == pytest.approx(own["planned"] / own["staff"])
    assert (employer(7) in late.index) == (day >= "2026-10-23")
    assert (employer(6) in late.index) == (day >= "2026-10-29")
    assert employer(8) not in late.index


@pytest.mark.parametrize("day", [DAYS[0], DAYS[-1]])
def test_a_lead_on_people_who_left_without_a_report_is_counted_from_the_files(judged: City, day: str) -> None:
    known = judge_warnings.reports(judged.facts("layoff_report", f"{day}.1"))
    events, headcount = judged.facts("insured_event", f"{day}.1"), judged.facts("insured_headcount", f"{day}.1")
    leads = judged.ask("select * from layoff_lead where kind = 'unreported' and day = ?", [day])
    assert len(leads)
    for lead in leads.itertuples():
        people, staff, history = judge_warnings.left_without_report(
            events, headcount, known, lead.employer, lead.window_from, lead.window_to
        )
        assert (lead.people, lead.staff) == (people, staff)
        assert lead.ratio == pytest.approx(people / staff)
        assert lead.p == pytest.approx(judge_warnings.chance(people, lead.expected, history), rel=1e-6)
        assert people >= 10
        assert people >= 20 or people / staff >= 0.1


@pytest.mark.parametrize("day", DAYS)
def test_what_was_due_and_what_came_is_what_the_files_say(judged: City, day: str) -> None:
    at = judged.cutoff_at(f"{day}.1")
    slots = judge_warnings.slots(judged.files["insured_event"], at, pd.Timestamp("2026-10-12"), pd.Timestamp(day))
    due = slots[slots["is_due"]]
    roster = judged.ask(
        "select area, period, status, received_at from roster where feed = 'insured_event' and period >= '2026-10-12' "
        "and status <> 'not_due' and due_at <= ? and known_from <= ? and (known_to is null or known_to > ?)",
        [at, at, at],
    )
    came = roster[roster["status"].isin(["reported", "late"]) & roster["received_at"].notna()]
    assert keys(roster, "period") == keys(due, "day")
    assert keys(came, "period") == keys(due[due["is_here"]], "day")
    readings = judged.ask(
        "select period, reporting from reading where indicator = 'insured_leave' and grain = 'day' and area = ? "
        "and industry = 'ALL' and cohort = 'all' and period >= '2026-10-12' and known_from <= ? "
        "and (known_to is null or known_to > ?)",
        [CITY, at, at],
    )
    reported = slots[slots["is_here"]].groupby("day").size()
    assert dict(zip(readings["period"], readings["reporting"], strict=True)) == reported.to_dict()
    area, period = MISSING
    assert ((area, pd.Timestamp(period)) in keys(due[~due["is_here"]], "day")) == (day >= "2026-10-30")


def keys(frame: pd.DataFrame, day: str) -> set[tuple[str, pd.Timestamp]]:
    return set(zip(frame["area"], pd.to_datetime(frame[day]), strict=True))


LISTED = re.compile(r"本期：(?P<seen>[^；\n]+)；(?P<people>[^；\n]+)；[^\n]*\n[^\n]*\n[^\n]*/warning/(?P<episode>\w+)")


@pytest.mark.parametrize("office", ["liaocheng", "shenxian", "guanxian", "gaotang"])
def test_the_bands_of_a_mail_hold_what_the_files_say(judged: City, office: str) -> None:
    mail = judged.house.gangshao("preview", "digest", "--office", office).stdout
    listed = list(LISTED.finditer(mail))
    assert listed
    warnings = judged.ask("select * from episode where known_to is null and status = 'open'", []).set_index(
        "episode_id"
    )
    known = judge_warnings.reports(judged.facts("layoff_report", LAST))
    by_county = judge_warnings.county_warnings(known, pd.Timestamp(LAST_EDITION))
    kinds = set()
    for found in listed:
        row = warnings.loc[found["episode"]]
        kinds.add(row["kind"])
        if row["kind"] == "spike":
            if row["data_to"] < row["judged_to"]:
                continue
            people = judged.expected(row["indicator"], "day", LAST)
            seen = total(people, row["area"], row["industry"], row["window_from"], row["window_to"])
            people = seen - row["expected"]
        elif row["kind"] == "event":
            seen = people = int(known.loc[known["employer"] == row["employer"], "planned"].iloc[0])
        else:
            seen = people = by_county[row["area"], row["industry"]][1]
        assert holds(band(found["seen"]), seen)
        assert holds(band(found["people"]), people)
    assert kinds == {
        "liaocheng": {"spike", "event", "several"}, "shenxian": {"spike", "event", "several"}, "guanxian": {"spike", "event"},
        "gaotang": {"spike"},
    }[office]  # fmt: skip
    slots = judge_warnings.slots(
        judged.files["insured_event"], judged.cutoff_at(LAST), pd.Timestamp("2026-10-24"), pd.Timestamp(LAST_EDITION)
    )
    own = {"shenxian": [SHENXIAN], "guanxian": [GUANXIAN], "gaotang": [GAOTANG]}.get(office, judge_warnings.UNITS)
    due = slots[slots["is_due"] & slots["area"].isin(own)]
    said = f"社会保险增减员：近 7 天应报 {len(due)} 份，已报 {due['is_here'].sum()} 份，尚缺"
    assert (said in mail) != due["is_here"].all()


def band(words: str) -> str:
    """The range of a mail's words."""
    return re.search(r"(不足 )?[\d–]+( 人以上| 以上)?", words)[0].replace(" ", "").replace("人", "")


@pytest.mark.parametrize("rule_id", ["benefit_claim_spike", "dismissal_spike", "employer_layoff"])
def test_a_warnings_page_prints_these_numbers(judged: City, judged_page: Page, rule_id: str) -> None:
    found = in_force(judged, rule_id, LAST)
    row = found[found["data_to"] == found["judged_to"]].sort_values("observed").iloc[-1]
    judged_page.goto(f"/warning/{row['episode_id']}")
    judged_page.wait_for_selector("dl.facts:visible")
    facts = judged_page.locator("dl.facts:not([data-figure] *):not(form dl)")  # those of figures come when they come
    told = dict(zip(facts.locator("dt").all_inner_texts(), facts.locator("dd").all_inner_texts(), strict=True))
    assert told["首次发现"].startswith(f"{row['opened_on'].year}年{row['opened_on'].month}月{row['opened_on'].day}日")
    if row["kind"] == "event":
        known = judge_warnings.reports(judged.facts("layoff_report", LAST)).set_index("employer")
        people = known.loc[row["employer"], "planned"]
        assert number(told["实际"]) == number(told["影响人数"]) == people
        return
    people = judged.expected(row["indicator"], "day", LAST)
    assert number(told["实际"]) == total(people, row["area"], row["industry"], row["window_from"], row["window_to"])
    assert number(told["预期"]) == pytest.approx(row["expected"], abs=0.5)
    low, high = (number(part) for part in told["正常范围（95%）"].split("–"))
    assert (low, high) == (pytest.approx(row["lo"], abs=0.5), pytest.approx(row["hi"], abs=0.5))
    assert number(told["影响人数"]) == pytest.approx(row["observed"] - row["expected"], abs=0.5)
    odds = told["把握"].split("约")[1].split("分之")[0]
    assert number(odds) * (10_000 if "万" in odds else 1) == pytest.approx(1 / row["p"], rel=0.01)
