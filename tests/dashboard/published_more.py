"""More readings of the published fixture: what monitored villages say by week, what employers lack by month."""

from datetime import date, timedelta

import pandas as pd

from tests.dashboard.published_city import CITY, CLOSING, LAST_DAY, LATE, SUSPECTED, City, columns_of

WEEKS = 100
AWAY = {
    "outworking_in_county": 0.1, "outworking_in_city": 0.2, "outworking_in_province": 0.3,
    "outworking_other_province": 0.35,
}  # fmt: skip


def mondays() -> list[date]:
    """First days of the weeks of which villages reported, oldest first; the last is over."""
    last = LAST_DAY - timedelta(days=LAST_DAY.weekday() + 7)
    return [last - timedelta(days=7 * back) for back in range(WEEKS - 1, -1, -1)]


def away(place: int, week: int) -> float:
    """How many of an area's villages are away: fewer in an area further down the list, more as time goes on."""
    return 1000.0 + 100 * place + 3 * week


def of_villages(city: City) -> pd.DataFrame:
    """People away, where, and who returned, by area and week."""
    rows = []
    for place, area in enumerate(city.units):
        for week, monday in enumerate(mondays()):
            gone, back = away(place, week), 20.0 + place + week % 5
            told = {"outworking_labour": (gone, None), "returning_labour": (back, None),
                    "returning_labour_share": (back, gone)}  # fmt: skip
            told |= {name: (round(share * gone), None) for name, share in AWAY.items()}
            rows += [(name, area, "ALL", "week", monday, *both) for name, both in told.items()]
    return pd.DataFrame(rows, columns=["indicator", "area", "industry", "grain", "period", "numerator", "denominator"])


def townships(city: City) -> pd.DataFrame:
    """Two townships of each area in the newest week and a year before; the second has one village, and more returned."""
    since, week = city.editions[0][2], mondays()[-1]
    rows = [
        (area, f"{area}10{number}", f"示例{number}村", period, 3 - number, 100 * number, 120 * number, 10 * number**2,
         since, None)
        for area in city.units for number in (1, 2) for period in (week, week - timedelta(days=364))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("township_labour"))


def kinds(city: City) -> pd.DataFrame:
    """Key employers of two kinds, whose leaves are usual and far above what is usual."""
    since, month, last = city.editions[0][2], date(2026, 10, 1), LAST_DAY - timedelta(days=1)
    rows = [
        (area, kind, 2, month, 1000, 1100, 900, last, leaves, 20, 10, 18.0, 4.0, since, None)
        for area in (CITY, *city.units) for kind, leaves in (("规上", 19), ("经贸摩擦", 87))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("employer_kind"))


def of_shortage(city: City, months: list[date]) -> pd.DataFrame:
    """People that employers lack, by area, section and month; the later the section, the more."""
    rows = [
        ("labour_shortage_rate", area, section, "month", month, 10.0 + 7 * number + place, 400.0)
        for place, area in enumerate(city.units)
        for number, section in enumerate(city.sections)
        for month in months
    ]
    return pd.DataFrame(rows, columns=["indicator", "area", "industry", "grain", "period", "numerator", "denominator"])


def reports(city: City) -> pd.DataFrame:
    """Two layoff reports: the closing factory's, in time, and one that gave its staff too little."""
    since = city.editions[0][2]
    rows = [
        ("CY-1", *CLOSING, "371503", "C", 236, 236, "关闭", date(2026, 10, 16), date(2026, 11, 20), date(2026, 12, 20),
         "2", 0.0, 35000.0, since, None, 720000.0, "内部转岗;推荐就业"),
        ("CY-2", *SUSPECTED, LATE, "C", 130, 64, "裁员", date(2026, 11, 10), date(2026, 11, 24), date(2026, 11, 30),
         None, None, None, since, None, None, None),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("filed_report"))


def events(city: City) -> pd.DataFrame:
    """Policy events: a shutdown that is over; a policy of the whole city, told in the last edition only and without an
    end; one of the late county; one of so few employers that only who answers for the area may know of it."""
    first, last = city.editions[0][2], city.editions[-1][2]
    rows = [
        ("SX-1", "环保停产", "示例错峰生产", "371503", "ALL", date(2026, 11, 3), date(2026, 11, 17), 860, 14,
         "示例通知第1号", first, None),
        ("SX-2", "政策调整", "示例稳岗政策", CITY, "ALL", date(2026, 11, 19), None, None, None, "示例通知第2号", last, None),
        ("SX-3", "征收拆迁", f"{city.names[LATE]}片区征收", LATE, "C", date(2026, 11, 9), date(2027, 1, 31), 120, 6,
         "示例通知第3号", first, None),
        ("SX-4", "安全整治", "示例两家铝厂整治", "371503", "C", date(2026, 11, 12), date(2026, 12, 12), 400, 2,
         "示例通知第4号", first, None),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns_of("announced_event"))
