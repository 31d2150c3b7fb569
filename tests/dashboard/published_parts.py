"""Breakdowns and monthly lists of the published fixture: every breakdown, of which each figure is known."""

from datetime import date, timedelta

import pandas as pd

from pipelines.core.catalogue.breakdowns import Breakdown, breakdowns
from pipelines.core.domain import Grain
from tests.dashboard.published_city import CLOSING, LATE, SUSPECTED, City, columns_of, csv_rows

MONTHS = (date(2026, 10, 1), date(2026, 9, 1), date(2025, 10, 1))
WEEKS = (date(2026, 11, 16), date(2026, 11, 9), date(2026, 11, 16) - timedelta(weeks=52))
LOOKING = (2.0, 0.5, 1.0, 4.0, 1.0)
"""People who look for one, for each post, by occupation."""
AHEAD = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))


def categories(one: Breakdown) -> list[str]:
    """The categories that the fixture has rows of: all that there are, at most five."""
    codes = [row["code"] for row in csv_rows("codes.csv") if row["list"] == one.code_list]
    return (codes or list(one.categories))[:5]


def figure(place: int, category: int, period: int) -> float:
    """What an area says of a category in a period: less of a later category, and of an earlier period."""
    return 500.0 + 100 * place - 90 * category - 7 * period


def parts(city: City) -> pd.DataFrame:
    """Rows of every breakdown, of each unit in three periods, of manufacturing where a breakdown has industries."""
    rows = []
    for one in breakdowns().values():
        periods = AHEAD if one.is_ahead else WEEKS if one.grain is Grain.WEEK else MONTHS
        industry = "C" if "industry" in one.sql else "ALL"
        for place, area in enumerate(city.units):
            for number, category in enumerate(categories(one)):
                for back, period in enumerate(periods):
                    base = 1000.0 if "denominator" in one.sql else None
                    of_people = LOOKING[number] if one.name == "seeker_occupation" else 1.0
                    told = (figure(place, number, back) * of_people, base, 12)
                    rows.append((one.name, area, industry, period, category, *told, city.editions[0][2], None))
    return pd.DataFrame(rows, columns=columns_of("breakdown"))


def monitored(city: City) -> pd.DataFrame:
    """One monitored employer at a standstill, one at work."""
    since, month = city.editions[0][2], date(2026, 10, 1)
    rows = [
        (*CLOSING, "371503", "C", month, 240, 12, 60, "停业整顿", "订单减少", "内资", "中型", "停产", 12, since, None),
        (*SUSPECTED, LATE, "C", month, 130, 128, 2, None, None, "内资", "小型", "正常", 0, since, None),
    ]
    return pd.DataFrame(rows, columns=columns_of("monitored_list"))


def shortage(city: City) -> pd.DataFrame:
    """One employer that is short of people and resumed work, one that is not."""
    since, month = city.editions[0][2], date(2026, 10, 1)
    resumed = date(2026, 10, 12)
    rows = [
        (*CLOSING, "371503", "C", month, 180, 25, "6", 5200.0, 190, "复工中", resumed, "招工难;订单不足", since, None),
        (*SUSPECTED, LATE, "C", month, 130, 0, None, None, None, "正常", None, None, since, None),
    ]
    return pd.DataFrame(rows, columns=columns_of("shortage_list"))


def welfare(city: City) -> pd.DataFrame:
    """A post that ends within a month, one that stands."""
    since, month = city.editions[0][2], date(2026, 10, 1)
    rows = [
        ("GW-1", "示例一村村民委员会", "371503", "rural", month, 3, 600.0, date(2025, 12, 1), date(2026, 12, 15), 2, since, None),
        ("GW-2", "示例街道办事处", LATE, "urban", month, 5, 900.0, date(2026, 3, 1), None, 1, since, None),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("welfare_list"))


def wage_leads(city: City) -> pd.DataFrame:
    """A lead that has been open for long, and one that was closed."""
    since = city.editions[0][2]
    rows = [
        ("QX-1", *CLOSING, "371503", "C", date(2026, 9, 20), 36, 410000.0, "核实中", "投诉举报", None, since, None),
        ("QX-2", *SUSPECTED, LATE, "C", date(2026, 10, 8), 11, 52000.0, "已办结", "平台预警", date(2026, 10, 20), since, None),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("arrears_lead"))
