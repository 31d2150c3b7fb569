"""The numbers of the published fixture: daily counts with a closing factory, and all that follows from them."""

from datetime import timedelta

import numpy as np
import pandas as pd

from pipelines.core.domain import UNKNOWN_INDUSTRY
from tests.dashboard.published_city import CITY, DAILY, LAST_DAY, LATE, City, columns_of
from tests.dashboard.published_more import of_shortage, of_villages


def daily_counts(rng: np.random.Generator, city: City, days: int) -> pd.DataFrame:
    """Counts by indicator, unit, section and workday; benefit claims of the late unit end two workdays early."""
    end = LAST_DAY - timedelta(days=1)
    dates = [end - timedelta(days=back) for back in range(days - 1, -1, -1)]
    rows = []
    for number, area in enumerate(city.units):
        for place, section in enumerate(city.sections):
            weight = 2.4 / (1 + 0.35 * number) / (1 + 0.6 * place)
            weight *= 0.1 if section == UNKNOWN_INDUSTRY else 1
            for indicator, mean in DAILY.items():
                for day in dates:
                    if day.weekday() > 4 and indicator != "vacancy":
                        continue
                    if area == LATE and indicator == "benefit_claim" and day >= end - timedelta(days=1):
                        continue
                    season = 1 + 0.15 * np.sin(day.timetuple().tm_yday / 58)
                    if (area, section) == ("371503", "C") and (end - day).days < 6 and indicator != "vacancy":
                        season *= -9 if indicator == "insured_net_change" else 3.1
                    size = abs(mean) * weight * season
                    sign = -1 if indicator == "insured_net_change" else 1
                    noise = rng.normal(0, 3) if indicator == "insured_net_change" else 0
                    drawn = sign * float(rng.poisson(abs(size))) * np.sign(size or 1) + round(noise)
                    rows.append((indicator, area, section, day, drawn))
    return pd.DataFrame(rows, columns=["indicator", "area", "industry", "period", "numerator"])


def with_totals(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    numbers = [column for column in ("numerator", "denominator") if column in frame]
    by_area = frame.groupby([*keys, "area"], as_index=False)[numbers].sum().assign(industry="ALL")
    by_industry = frame.groupby([*keys, "industry"], as_index=False)[numbers].sum().assign(area=CITY)
    total = frame.groupby(keys, as_index=False)[numbers].sum().assign(area=CITY, industry="ALL")
    return pd.concat([frame, by_area, by_industry, total], ignore_index=True)


def readings(rng: np.random.Generator, city: City, daily: pd.DataFrame) -> pd.DataFrame:
    parts = [daily.assign(grain="day")]
    when = pd.to_datetime(daily["period"])
    for grain, first in (
        ("week", when - pd.to_timedelta(when.dt.day_of_week, unit="D")),
        ("month", when.dt.to_period("M").dt.to_timestamp()),
    ):
        coarse = daily.assign(period=first.dt.date, grain=grain)
        parts.append(
            coarse.groupby(["indicator", "area", "industry", "grain", "period"], as_index=False)["numerator"].sum()
        )
    counts = with_totals(pd.concat(parts, ignore_index=True), ["indicator", "grain", "period"])
    counts["value"] = counts["numerator"]
    months = pd.date_range("2025-09-01", "2026-10-01", freq="MS").date
    rates = []
    for indicator, low, high, base in (
        ("job_loss_rate", 0.6, 1.4, 3000),
        ("insured_net_change_rate", -0.6, 0.5, 9000),
        ("insured_headcount", 1, 1, 9000),
        ("layoff_reported", 0.0, 0.9, 3000),
    ):
        for area in city.units:
            for section in city.sections:
                for month in months:
                    rate = rng.uniform(low, high) + (2.2 if (area, indicator) == ("371503", "job_loss_rate") else 0)
                    if indicator == "insured_headcount":
                        rates.append(
                            (indicator, area, section, "month", month, float(base + rng.integers(-40, 40)), None)
                        )
                    else:
                        rates.append((indicator, area, section, "month", month, round(rate * base / 100), float(base)))
    columns = ["indicator", "area", "industry", "grain", "period", "numerator", "denominator"]
    ratio = with_totals(pd.DataFrame(rates, columns=columns), ["indicator", "grain", "period"])
    is_plain = ratio["indicator"].isin(["insured_headcount", "layoff_reported"])
    ratio["value"] = np.where(
        is_plain, ratio["numerator"], 100 * ratio["numerator"] / ratio["denominator"].replace(0, np.nan)
    )
    supply = pd.DataFrame(
        [
            ("vacancy_seeker_ratio", CITY, "ALL", "month", month, 5200.0 + 30 * k, 4300.0)
            for k, month in enumerate(months)
        ],
        columns=columns,
    )
    supply["value"] = supply["numerator"] / supply["denominator"]
    villages, lacking = (
        of_villages(city),
        with_totals(of_shortage(city, list(months)), ["indicator", "grain", "period"]),
    )
    totals = villages.groupby(["indicator", "grain", "period", "industry"], as_index=False)[
        ["numerator", "denominator"]
    ]
    villages = pd.concat([villages, totals.sum(min_count=1).assign(area=CITY)], ignore_index=True)
    villages["value"] = villages["numerator"].where(
        villages["denominator"].isna(), 100 * villages["numerator"] / villages["denominator"]
    )
    lacking["value"] = 100 * lacking["numerator"] / lacking["denominator"]
    frame = pd.concat([counts, ratio, supply, villages, lacking], ignore_index=True)
    late = (frame["indicator"] == "benefit_claim") & frame["area"].isin([LATE, CITY]) & (frame["grain"] == "day")
    late &= pd.to_datetime(frame["period"]) >= pd.Timestamp(LAST_DAY - timedelta(days=2))
    due = np.where(frame["area"] == CITY, len(city.units), 1)
    first, second = city.editions[0][2], city.editions[-1][2]
    frame = frame.assign(
        cohort="all",
        units=3,
        largest_unit=1.0,
        due=due,
        reporting=due - late.astype(int),
        is_provisional=late,
        is_suppressed=False,
        known_from=first,
        known_to=None,
    )
    last_day = (frame["grain"] == "day") & (
        pd.to_datetime(frame["period"]) == pd.Timestamp(LAST_DAY - timedelta(days=1))
    )
    frame.loc[last_day, "known_from"] = second
    revised = frame[last_day.shift(fill_value=False) & ~last_day].head(0)
    return pd.concat([frame, revised], ignore_index=True)


def scores(city: City, daily: pd.DataFrame) -> pd.DataFrame:
    """What each edition said of the windows that ended before it; the last two editions of all three windows."""
    full = with_totals(daily, ["indicator", "period"])
    full["period"] = pd.to_datetime(full["period"])
    rows = []
    for (indicator, area, industry), series in full.groupby(["indicator", "area", "industry"]):
        if indicator not in {"benefit_claim", "insured_leave"}:
            continue
        counts = series.set_index("period")["numerator"].sort_index()
        mean = float(counts[: -30 * 5 // 7].mean())
        for place, (edition_id, day, _) in enumerate(city.editions):
            data_to = min(pd.Timestamp(day - timedelta(days=1)), counts.index.max())
            for window in (7, 14, 28) if place >= len(city.editions) - 2 else (7,):
                since = data_to - pd.Timedelta(days=window - 1)
                part = counts[since:data_to]
                expected = mean * len(part) + 0.01
                excess = (float(part.sum()) - expected) / np.sqrt(1.3 * expected)
                p = float(np.clip(np.exp(-0.7 * excess**2) if excess > 0 else 0.5, 1e-12, 1))
                series_id = (indicator, area, industry, "all", "day")
                strength = excess if excess > 0 else None
                judged = (float(part.sum()), expected, 1.3 * expected, p, strength, mean)
                rows.append((edition_id, day, *series_id, window, since.date(), data_to.date(), *judged))
    told = pd.DataFrame(
        rows,
        columns=["edition_id", "day", "indicator", "area", "industry", "cohort", "grain", "window_periods",
                 "window_from", "data_to", "observed", "expected", "variance", "p", "strength", "level_mean"],
    )  # fmt: skip
    told = told.assign(state="full", factor_mean=1.0, is_provisional=False)
    return told.reindex(columns=columns_of("score"))


def forecasts(city: City, daily: pd.DataFrame) -> pd.DataFrame:
    """Sums of the eight times seven days after the last data, as each edition forecast them."""
    full = with_totals(daily, ["indicator", "period"])
    means = 5 * full.groupby(["indicator", "area", "industry"])["numerator"].mean()
    rows = []
    for edition_id, made_on, _ in city.editions:
        for (indicator, area, industry), mean in means.items():
            if indicator not in {"benefit_claim", "insured_leave"} or industry not in {"ALL", "C"}:
                continue
            for horizon in range(7, 57, 7):
                period = made_on + timedelta(days=horizon - 7)
                spread = np.sqrt(1.3 * mean * (1 + horizon / 28))
                limits = [max(0, mean + side * spread) for side in (-1.28, 1.28, -1.96, 1.96)]
                series_id = (indicator, area, industry, "all", "week")
                rows.append((edition_id, made_on, *series_id, period, horizon, mean, *limits))
    return pd.DataFrame(rows, columns=columns_of("forecast"))


def nowcasts(city: City) -> pd.DataFrame:
    """Likely values of provisional and of newest totals, a tenth above what has come, said by the last edition."""
    edition_id, made_on, _ = city.editions[-1]
    rows = city.frames["reading"]
    newest = pd.to_datetime(rows["period"]) >= pd.Timestamp(made_on) - pd.Timedelta(days=4)
    is_told = newest | rows["is_provisional"].fillna(False).astype(bool)
    rows = rows[is_told & (rows["industry"] == "ALL") & rows["known_to"].isna()]
    told = rows.assign(
        edition_id=edition_id, made_on=made_on, likely=1.1 * rows["value"], lo=rows["value"], hi=1.2 * rows["value"],
        samples=40,
    )  # fmt: skip
    return told[columns_of("nowcast")]


def revisions(city: City) -> pd.DataFrame:
    """One reading that a late file moved, and one that was computed anew, in the eyes of the last edition."""
    edition_id, day, _ = city.editions[-1]
    series_id = ("benefit_claim", "371503", "ALL", "all", "day", day - timedelta(days=9))
    rows = [
        (edition_id, day, *series_id, 4.0, 6.0, False, "corrected", "benefit_claim_371503_v2.csv"),
        (edition_id, day, *series_id[:-1], day - timedelta(days=8), 5.0, 4.0, False, "recomputed", None),
    ]
    return pd.DataFrame(rows, columns=columns_of("revision"))


def model_quality(city: City) -> pd.DataFrame:
    """What the first edition of the month found: intervals of one indicator too narrow, all else as it should be."""
    edition_id, day, _ = next(edition for edition in city.editions if edition[1].day == 1)
    narrow = "失业保险金申领人数：过去13周的 80% 预测区间只包住了 61% 的实际值，应为约 80%；上一年为 79%。区间过窄。"
    rows = [
        (edition_id, day, "benefit_claim", CITY, "coverage_80", 0.61, 0.79, 0.8, 120.0, True, narrow),
        (edition_id, day, "benefit_claim", CITY, "coverage_95", 0.94, 0.95, 0.95, 140.0, False, None),
    ]
    return pd.DataFrame(rows, columns=columns_of("model_quality"))
