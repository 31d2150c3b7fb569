"""Each check of a row or file that a contract makes, from both sides of its line."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.feeds import contracts

DAY, BEFORE, AFTER = date(2026, 10, 15), date(2026, 10, 14), date(2026, 10, 16)
OCTOBER, LAST, NEXT = date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)
Row = dict[str, object]

MONTHS = [
    {"paid_months": paid, "granted_months": granted}
    for paid, granted in ((1, 12), (59, 12), (60, 18), (119, 18), (120, 24), (400, 24))
]
"""社会保险法 46: less than five years of contributions give twelve months at most, less than ten eighteen, else 24."""
AWAY: Row = {"away_town": 1, "away_county": 2, "away_city": 3, "away_province": 4, "away_abroad": None}
PARTS: Row = {"returned": 10, "returned_jobless": 10, "returned_business": 4, "returned_idle": 6}
CASES: dict[tuple[str, str], tuple[list[Row], list[Row]]] = {
    ("aggregate_series", "has_a_figure"): (
        [{"value": 0, "is_suppressed": False}, {"is_suppressed": True}, {"numerator": 1, "denominator": 2, "is_suppressed": False}],
        [{"is_suppressed": False}, {"numerator": 1, "is_suppressed": False}],
    ),
    ("benefit_payment", "new_are_recipients"): (
        [{"newly_receiving": 9, "recipients": 9}], [{"newly_receiving": 10, "recipients": 9}],
    ),
    ("benefit_payment", "days_of_somebody"): (
        [{"median_days": 0, "newly_receiving": 1}, {"median_days": None, "newly_receiving": 0}],
        [{"median_days": 0, "newly_receiving": 0}],
    ),
    ("benefit_claim", "unemployed_before_claim"): (
        [{"unemployed_on": BEFORE, "filed_on": DAY}, {"unemployed_on": DAY, "filed_on": DAY}],
        [{"unemployed_on": AFTER, "filed_on": DAY}],
    ),
    ("benefit_claim", "granted_by_law"): (
        MONTHS, [row | {"granted_months": int(str(row["granted_months"])) + 1} for row in MONTHS],
    ),
    ("graduate_register", "contacted_are_registered"): (
        [{"contacted": 9, "registered": 9}], [{"contacted": 10, "registered": 9}],
    ),
    ("graduate_register", "parts_of_registered"): (
        [{"employed": 4, "further_study": 3, "interning": 2, "unemployed": 1, "registered": 10}],
        [{"employed": 4, "further_study": 3, "interning": 2, "unemployed": 1, "registered": 9}],
    ),
    ("graduate_register", "left_by_then"): (
        [{"graduated_in": OCTOBER.year, "period": OCTOBER}], [{"graduated_in": OCTOBER.year + 1, "period": OCTOBER}],
    ),
    ("insured_event", "reason_fits_direction"): (
        [{"direction": "join", "reason_class": "join"}, {"direction": "leave", "reason_class": "employer"}],
        [{"direction": "join", "reason_class": "employer"}, {"direction": "leave", "reason_class": "join"}],
    ),
    ("insured_headcount", "arrears_have_months"): (
        [{"arrears_amount": 0, "arrears_months": 0}, {"arrears_amount": 0.01, "arrears_months": 1}],
        [{"arrears_amount": 0.01, "arrears_months": 0}],
    ),
    ("insured_headcount", "deferral_has_flag"): (
        [{"deferred_until": DAY, "is_deferred": True}, {"deferred_until": None, "is_deferred": False}],
        [{"deferred_until": DAY, "is_deferred": False}],
    ),
    ("job_seeker", "of_working_age"): (
        [{"registered_on": DAY, "birth_year": 2012}], [{"registered_on": DAY, "birth_year": 2013}],
    ),
    ("key_employer", "removed_after_listed"): (
        [{"from_on": DAY, "to_on": DAY}, {"from_on": DAY, "to_on": None}], [{"from_on": DAY, "to_on": BEFORE}],
    ),
    ("key_employer", "listed_by_month_end"): (
        [{"from_on": LAST, "period": OCTOBER}], [{"from_on": NEXT, "period": OCTOBER}],
    ),
    ("labour_dispute", "a_person_a_case"): ([{"persons": 9, "cases": 9}], [{"persons": 8, "cases": 9}]),
    ("labour_shortage", "staff_balance"): (
        [{"prev_staff": 5, "hires": 2, "losses": 1, "staff": 6}], [{"prev_staff": 5, "hires": 2, "losses": 1, "staff": 7}],
    ),
    ("labour_shortage", "resumed_by_month_end"): (
        [{"resumed_on": LAST, "period": OCTOBER}], [{"resumed_on": NEXT, "period": OCTOBER}],
    ),
    ("labour_shortage", "unfilled_within_staff"): ([{"unfilled": 9, "staff": 9}], [{"unfilled": 10, "staff": 9}]),
    ("layoff_report", "planned_within_staff"): ([{"planned": 9, "staff": 9}], [{"planned": 10, "staff": 9}]),
    ("long_term_unemployment", "longer_is_fewer"): (
        [{"over_twelve_months": 5, "over_six_months": 5, "registered": 5}],
        [{"over_twelve_months": 6, "over_six_months": 5, "registered": 9}, {"over_twelve_months": 1, "over_six_months": 6, "registered": 5}],
    ),
    ("monitored_employer", "jobs_balance"): (
        [{"prev_jobs": 5, "hires": 2, "losses": 1, "cur_jobs": 6}],
        [{"prev_jobs": 5, "hires": 2, "losses": 1, "cur_jobs": 5}],
    ),
    ("monitored_employer", "base_and_jobs_in_one_unit"): (
        [{"base_jobs": 3, "prev_jobs": 300}, {"base_jobs": 300, "prev_jobs": 3}, {"base_jobs": 900, "prev_jobs": 0}],
        [{"base_jobs": 2, "prev_jobs": 201}, {"base_jobs": 301, "prev_jobs": 3}],
    ),
    ("monitored_village", "village_code"): (
        [{"village": "371502001200"}], [{"village": "37150200120"}, {"village": "3715020012001"}, {"village": "37150200120A"}],
    ),
    ("monitored_village", "destinations_add_up"): (
        [AWAY | {"away": 10}, AWAY | {"away_abroad": 1, "away": 11}], [AWAY | {"away": 11}, AWAY | {"away_abroad": 1, "away": 10}],
    ),
    ("monitored_village", "labour_adds_up"): (
        [{"away": 1, "local_jobs": 2, "farming": 3, "idle": 4, "labour": 10}],
        [{"away": 1, "local_jobs": 2, "farming": 3, "idle": 4, "labour": 9}],
    ),
    ("monitored_village", "away_balance"): (
        [{"prev_away": 5, "departed": 2, "returned": 1, "away": 6}], [{"prev_away": 5, "departed": 2, "returned": 1, "away": 5}],
    ),
    ("monitored_village", "departed_are_away"): (
        [{"departed": 9, "away": 6, "returned": 3}], [{"departed": 10, "away": 6, "returned": 3}],
    ),
    ("monitored_village", "parts_of_returned"): (
        [PARTS, {"returned": 0, "returned_jobless": None, "returned_business": None, "returned_idle": None}],
        [PARTS | {"returned_jobless": 11}, PARTS | {"returned_idle": 7}],
    ),
    ("policy_event", "ends_after_beginning"): (
        [{"from_on": DAY, "to_on": DAY}], [{"from_on": DAY, "to_on": BEFORE}],
    ),
    ("registered_unemployment", "registered_below_employed"): (
        [{"registered": 9, "employed": 9}], [{"registered": 10, "employed": 9}],
    ),
    ("telecom_mobility", "fewer_than_a_city"): ([{"persons": 5_000_000}], [{"persons": 5_000_001}]),
    ("transport_mobility", "fewer_than_a_city"): ([{"persons": 5_000_000}], [{"persons": 5_000_001}]),
    ("training", "passed_were_trained"): ([{"passed": 9, "persons": 9}], [{"passed": 10, "persons": 9}]),
    ("training", "online_were_trained"): ([{"online": 9, "persons": 9}], [{"online": 10, "persons": 9}]),
    ("unemployment_fund", "fund_balance"): (
        [{"opening": 1000, "income": 500, "expenditure": 300, "closing": closing} for closing in (1000, 1200, 1400)],
        [{"opening": 1000, "income": 500, "expenditure": 300, "closing": closing} for closing in (999, 1401)],
    ),
    ("unemployment_fund", "benefit_within_expenditure"): (
        [{"benefit": 9, "expenditure": 9}], [{"benefit": 10, "expenditure": 9}],
    ),
    ("unemployment_registration", "unemployed_before_registration"): (
        [{"unemployed_on": DAY, "registered_on": DAY}], [{"unemployed_on": AFTER, "registered_on": DAY}],
    ),
    ("vacancy", "valid_after_posting"): (
        [{"valid_until": DAY, "posted_on": DAY}], [{"valid_until": BEFORE, "posted_on": DAY}],
    ),
    ("vacancy", "wage_range"): ([{"wage_low": 9, "wage_high": 9}], [{"wage_low": 10, "wage_high": 9}]),
    ("wage_arrears_lead", "closed_after_reported"): (
        [{"closed_on": DAY, "reported_on": DAY}], [{"closed_on": BEFORE, "reported_on": DAY}],
    ),
    ("wage_arrears_lead", "closed_has_status"): (
        [{"closed_on": DAY, "status_class": "closed"}, {"closed_on": None, "status_class": "open"}],
        [{"closed_on": DAY, "status_class": "open"}],
    ),
    ("welfare_post", "ends_after_start"): (
        [{"ends_on": DAY, "started_on": DAY}], [{"ends_on": BEFORE, "started_on": DAY}],
    ),
    ("welfare_post", "started_by_month_end"): (
        [{"started_on": LAST, "period": OCTOBER}], [{"started_on": NEXT, "period": OCTOBER}],
    ),
    ("welfare_post", "difficulty_within_persons"): (
        [{"in_difficulty": 9, "persons": 9}], [{"in_difficulty": 10, "persons": 9}],
    ),
}  # fmt: skip
CHECKS = {
    (feed, check.name): check.holds
    for feed, contract in contracts().items()
    for check in (*contract.checks, *contract.file_checks)
}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize("check", CASES, ids=" ".join)
def test_a_check_lets_pass_what_is_on_its_line_and_refuses_what_is_beyond(
    con: duckdb.DuckDBPyConnection, check: tuple[str, str]
) -> None:
    columns = sorted({name for rows in CASES[check] for row in rows for name in row})
    named = ", ".join(f"${name} as {name}" for name in columns)
    for rows, passes in zip(CASES[check], (True, False), strict=True):
        for row in rows:
            (answer,) = con.execute(
                f"select {CHECKS[check]} from (select {named})", dict.fromkeys(columns) | row
            ).fetchall()
            assert (answer[0] is not False) is passes, row  # NULL refuses nothing


def test_every_check_of_the_contracts_is_drawn_here() -> None:
    assert set(CASES) == set(CHECKS)
