from datetime import date

import pytest

from pipelines.core.domain import Grain
from pipelines.judging.period import last_day, name_period


@pytest.mark.parametrize(
    ("grain", "first", "last", "named"),
    [
        (Grain.DAY, date(2026, 11, 22), date(2026, 11, 22), "2026-11-22"),
        (Grain.WEEK, date(2026, 12, 28), date(2027, 1, 3), "2026-12-28 至 2027-01-03 一周"),
        (Grain.MONTH, date(2026, 12, 1), date(2026, 12, 31), "2026年12月"),
        (Grain.MONTH, date(2028, 2, 1), date(2028, 2, 29), "2028年2月"),
        (Grain.QUARTER, date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
    ],
)
def test_a_period_is_named_as_people_name_it(grain: Grain, first: date, last: date, named: str) -> None:
    assert last_day(grain, first) == last
    assert name_period(grain, first) == named
