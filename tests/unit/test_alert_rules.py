"""Rules drawn as small frames: what is met, what is not, and at which level."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.core.catalogue.rule_terms import LIMITS
from pipelines.core.sql import step
from pipelines.judging.kinds.event import find_events
from pipelines.judging.kinds.level import find_levels
from pipelines.judging.kinds.several import find_several
from pipelines.judging.kinds.spike import find_spikes
from pipelines.judging.rule_scope import apply_overrides
from pipelines.warehouse.tables import define

CITY = "371500"
WORSE = {"benefit_claim": "higher", "vacancy": "lower"}
DAY = date(2026, 10, 31)
RULE = dict.fromkeys(
    ("min_strength", "min_ratio", "min_people", "line", "margin", "min_base", "window_days", "effective_to"), np.nan
)


def rule(**values: object) -> dict[str, object]:
    return (
        RULE
        | {"rule_id": "r", "title": "t", "grain": "day", "scope": "city;area;industry;cell", "leave_after": 7}
        | values
    )


def spike_rules() -> pd.DataFrame:
    spike = {"kind": "spike", "indicator": "benefit_claim"}
    return pd.DataFrame(
        [
            rule(**spike, level=3, min_strength=3.1, min_ratio=1.2, min_people=10),
            rule(**spike, level=2, min_strength=4.75, min_ratio=1.5, min_people=50),
        ]
    )


def score(observed: float, expected: float, strength: float, place: str = "cell", window: int = 7) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "indicator": "benefit_claim", "area": "371502", "industry": "C", "level": place, "window_periods": window,
                "window_from": pd.Timestamp("2026-10-24"), "data_to": pd.Timestamp("2026-10-30"), "observed": observed,
                "expected": expected, "variance": 2 * expected, "p": 1e-9, "strength": strength,
                "grain": "day",
            }
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("observed", "expected", "strength", "level"),
    [
        (171, 97, 5.6, 2),
        (171, 97, 3.7, 3),  # improbable, not improbable enough for orange
        (3, 1, 5.6, None),  # +200 % of one person is nothing
        (1100, 1000, 5.6, None),  # many people, but within a fifth of what was expected
        (140, 97, 5.6, 3),  # 43 people are too few for orange
        (171, 97, np.nan, None),  # no rise, or not judged: too little was reported
    ],
)
def test_a_spike_needs_strength_size_and_people(
    observed: float, expected: float, strength: float, level: int | None
) -> None:
    found = find_spikes(spike_rules(), score(observed, expected, strength), WORSE)
    assert list(found["level"]) == ([] if level is None else [level])


@pytest.mark.parametrize(
    ("observed", "expected", "strength", "is_met"),
    [
        (60, 50, 3.1, True),  # exactly as strong, a fifth more, ten people
        (60, 50, 3.09, False),
        (61, 51, 3.1, False),  # ten people, but less than a fifth
        (59, 49, 3.1, True),
        (58.8, 49, 3.1, False),  # exactly a fifth, but not ten people
    ],
)
def test_a_spike_that_reaches_each_of_its_lines_is_one(
    observed: float, expected: float, strength: float, is_met: bool
) -> None:
    assert len(find_spikes(spike_rules(), score(observed, expected, strength), WORSE)) == is_met


def test_the_strongest_window_speaks_for_the_series() -> None:
    both = pd.concat([score(171, 97, 3.7), score(300, 200, 4.3, window=14)])
    found = find_spikes(spike_rules(), both, WORSE)
    assert list(found["observed"]) == [300]
    assert list(found["people"]) == [100]


def test_a_rule_judges_only_the_levels_of_its_scope() -> None:
    narrow = spike_rules().assign(scope="city;area")
    assert find_spikes(narrow, score(171, 97, 5.6, place="cell"), WORSE).empty
    assert len(find_spikes(narrow, score(171, 97, 5.6, place="area"), WORSE)) == 1


@pytest.mark.parametrize(("observed", "expected", "level"), [(97, 171, 2), (171, 97, None), (160, 171, None)])
def test_where_lower_is_worse_a_fall_is_the_spike(observed: float, expected: float, level: int | None) -> None:
    found = find_spikes(
        spike_rules().assign(indicator="vacancy"), score(observed, expected, 5.6).assign(indicator="vacancy"), WORSE
    )
    assert list(found["level"]) == ([] if level is None else [level])
    assert list(found["people"]) == ([] if level is None else [expected - observed])


def reading(value: float, usual: float, history: int = 24, denominator: float = 1000) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "indicator": "job_loss_rate", "area": "371502", "industry": "ALL", "period": pd.Timestamp("2026-09-01"),
                "numerator": value * denominator / 100, "denominator": denominator, "value": value, "usual": usual,
                "history": history,
            }
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "usual", "history", "base", "is_met"),
    [
        (3.3, 3.2, 24, 1000, False),  # a line that is crossed every month is a status, no warning
        (3.3, 1.5, 24, 1000, True),
        (3.3, 1.5, 6, 1000, False),  # half a year of history says nothing about what is usual
        (3.3, 1.5, 24, 100, False),  # too small a base
        (1.9, 0.5, 24, 1000, False),  # below the line
    ],
)
def test_a_level_rule_needs_its_line_its_margin_its_history_and_its_base(
    value: float, usual: float, history: int, base: float, is_met: bool
) -> None:
    level = pd.DataFrame(
        [
            rule(
                kind="level",
                indicator="job_loss_rate",
                grain="month",
                level=3,
                line=2.0,
                margin=1.0,
                min_base=500,
                min_people=5,
            )
        ]
    )
    found = find_levels(level, reading(value, usual, history, base), {"job_loss_rate": "higher"}, CITY)
    assert len(found) == is_met


@pytest.mark.parametrize(
    ("value", "usual", "base", "people", "is_met"),
    [
        (2.0, 1.0, 500, 10.0, True),  # exactly the line, the margin, the base and the people
        (1.99, 0.9, 500, 10.0, False),
        (2.0, 1.01, 500, 10.0, False),
        (2.0, 1.0, 499, 10.0, False),
        (2.0, 1.0, 500, 9.0, False),
    ],
)
def test_a_reading_that_reaches_each_of_the_lines_of_a_level_rule_is_met(
    value: float, usual: float, base: float, people: float, is_met: bool
) -> None:
    level = pd.DataFrame(
        [rule(kind="level", indicator="job_loss_rate", grain="month", level=3, line=2.0, margin=1.0, min_base=500,
              min_people=10)]
    )  # fmt: skip
    told = reading(value, usual, 12, base).assign(numerator=people)
    assert len(find_levels(level, told, {"job_loss_rate": "higher"}, CITY)) == is_met


@pytest.mark.parametrize(
    ("grain", "history", "is_met"),
    [
        ("day", 364, False),
        ("day", 365, True),
        ("week", 51, False),
        ("week", 52, True),
        ("month", 11, False),
        ("month", 12, True),
        ("quarter", 3, False),
        ("quarter", 4, True),
    ],
)
def test_a_level_rule_needs_a_year_of_its_periods(grain: str, history: int, is_met: bool) -> None:
    level = pd.DataFrame([rule(kind="level", indicator="job_loss_rate", grain=grain, level=3, line=2.0, margin=1.0)])
    assert len(find_levels(level, reading(3.3, 1.5, history), {"job_loss_rate": "higher"}, CITY)) == is_met


def test_the_own_median_is_of_two_years_in_weeks_too() -> None:
    weeks = pd.date_range("2024-01-01", periods=140, freq="7D")
    with duckdb.connect() as con:
        define(con, "reading")
        told = pd.DataFrame({"period": weeks.date, "value": [float(place) for place in range(140)]}).assign(
            indicator="returning", grain="week", cohort="all", area="371502", industry="ALL", known_from=weeks
        )
        con.register("told", told)
        con.execute("insert into reading by name select * from told")
        asked = {"indicator": "returning", "grain": "week", "cohort": "all", "cutoff_at": DAY}
        last = con.execute(step("level_history"), asked).df().sort_values("period").iloc[-1]
    assert (last["period"], last["value"]) == (weeks[-1], 139.0)
    assert last["history"] == 104
    assert last["usual"] == pytest.approx(np.median(range(35, 139)))


def test_a_fall_is_worse_where_lower_is_worse() -> None:
    level = pd.DataFrame([rule(kind="level", indicator="job_loss_rate", grain="month", level=3, line=-2.0, margin=1.0)])
    fallen = reading(-2.5, -0.5)
    assert len(find_levels(level, fallen, {"job_loss_rate": "lower"}, CITY)) == 1
    assert find_levels(level, reading(2.5, 0.5), {"job_loss_rate": "lower"}, CITY).empty


def layoff(planned: int, staff: int, reported: str = "2026-10-20", employer: str = "e1") -> dict[str, object]:
    return {
        "report_id": employer, "employer": employer, "employer_name": "示例厂", "area": "371502", "industry": "C",
        "staff": staff, "planned": planned, "layoff_kind": "裁员", "reported_on": pd.Timestamp(reported),
        "effective_on": pd.Timestamp(reported),
    }  # fmt: skip


def event_rules() -> pd.DataFrame:
    event = {"kind": "event", "indicator": "layoff_reported", "window_days": 30}
    return pd.DataFrame(
        [
            rule(**event, level=4, line=20),
            rule(**event, level=4, line=1, min_ratio=0.1),
            rule(**event, level=1, line=300, min_base=600),
        ]
    )


@pytest.mark.parametrize(
    ("planned", "staff", "level"),
    [(20, 1000, 4), (19, 1000, None), (19, 190, 4), (300, 600, 1), (300, 599, 4), (299, 600, 4)],
)
def test_a_single_report_is_judged_by_the_letter_of_the_line(planned: int, staff: int, level: int | None) -> None:
    found = find_events(event_rules(), pd.DataFrame([layoff(planned, staff)]), DAY)
    assert set(found["kind"]) <= {"event"}
    assert list(found["level"]) == ([] if level is None else [level])


def test_a_report_counts_until_its_window_after_the_planned_day_is_over() -> None:
    old = pd.DataFrame([layoff(50, 100, "2026-09-30")])
    assert find_events(event_rules(), old, DAY).empty
    planned_later = old.assign(effective_on=pd.Timestamp("2026-10-30"))
    assert len(find_events(event_rules(), planned_later, DAY)) == 1


@pytest.mark.parametrize(
    ("window_days", "reported", "is_met"),
    [(30, "2026-10-02", True), (30, "2026-10-01", False), (np.nan, "2026-10-02", True), (np.nan, "2026-10-01", False)],
)
def test_a_report_counts_on_the_days_of_its_window_and_on_none_more(
    window_days: float, reported: str, is_met: bool
) -> None:
    limit = event_rules().assign(window_days=window_days)  # thirty days, as the law says, where a rule says nothing
    assert len(find_events(limit, pd.DataFrame([layoff(50, 100, reported)]), DAY)) == is_met


@pytest.mark.parametrize(
    ("reported", "people", "is_met"),
    [
        ("2026-10-02", (60, 40), True),
        ("2026-10-02", (60, 39), False),
        ("2026-10-01", (60, 40), False),
        ("2026-10-31", (60, 40), True),
        ("2026-11-01", (60, 40), False),
    ],
)
def test_what_several_employers_report_adds_up_on_the_days_of_the_window(
    reported: str, people: tuple[int, int], is_met: bool
) -> None:
    limit = pd.DataFrame(
        [rule(kind="several", indicator="layoff_reported", scope="area", level=3, line=100, window_days=30)]
    )
    two = pd.DataFrame([layoff(people[0], 500, reported), layoff(people[1], 500, "2026-10-20", employer="e2")])
    assert len(find_several(limit, two, DAY, CITY)) == is_met


def test_several_employers_add_up_one_alone_does_not() -> None:
    limit = pd.DataFrame(
        [rule(kind="several", indicator="layoff_reported", scope="area;industry", level=3, line=100, window_days=30)]
    )
    alone = pd.DataFrame([layoff(120, 500)])
    assert find_several(limit, alone, DAY, CITY).empty
    two = pd.DataFrame([layoff(60, 500), layoff(60, 500, employer="e2")])
    found = find_several(limit, two, DAY, CITY)
    assert sorted(zip(found["area"], found["industry"], strict=True)) == [("371500", "C"), ("371502", "ALL")]
    assert set(found["people"]) == {120}


@pytest.mark.parametrize(
    ("day", "line"), [("2026-10-09", 20), ("2026-10-10", 5), ("2026-10-20", 5), ("2026-10-21", 20)]
)
def test_a_line_of_one_area_holds_from_its_first_to_its_last_day(day: str, line: int) -> None:
    override = pd.DataFrame(
        [{"rule_id": "r", "level": 4, "area": "371502", "line": 5, "effective_from": pd.Timestamp("2026-10-10"),
          "effective_to": pd.Timestamp("2026-10-20")}],
        columns=["rule_id", "level", "area", *LIMITS, "effective_from", "effective_to"],
    )  # fmt: skip
    limit = pd.DataFrame([rule(kind="event", indicator="layoff_reported", level=4, line=20, window_days=30)])
    limit = apply_overrides(
        limit.reindex(columns=[*dict.fromkeys([*limit.columns, *LIMITS])]), override, date.fromisoformat(day)
    )
    people = [line - 1, line]
    found = [
        len(find_events(limit, pd.DataFrame([layoff(planned, 1000, day)]), date.fromisoformat(day)))
        for planned in people
    ]
    assert found == [0, 1]
