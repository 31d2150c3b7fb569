"""Makes small but rich published files straight from the published DDL: a city of which every figure is known."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
TABLES = PROJECT / "pipelines" / "sql" / "tables"
REGION = PROJECT / "data" / "regions" / "liaocheng"
CITY = "371500"
LAST_DAY = date(2026, 11, 25)
GENERAL = (
    "manifest", "edition", "place", "industry", "indicator", "rule", "reading", "episode", "roster",
)  # fmt: skip
RESTRICTED = (*GENERAL, "score", "forecast", "employer", "drop_register", "quarantine")
FEEDS = {"insured_event": "day", "benefit_claim": "day", "vacancy": "day", "monitored_employer": "month"}
DAILY = {"benefit_claim": 2.2, "insured_leave": 7.0, "insured_net_change": -0.4, "vacancy": 12.0}
FEED_OF = {"benefit_claim": "benefit_claim", "insured_leave": "insured_event", "insured_net_change": "insured_event"}
CLOSING = ("91371523MA3C00001X", "茌平远航铝制品有限公司")
SUSPECTED = ("91371522MA3C00002X", "莘县兴禾食品有限公司")
LATE = "371522"  # its benefit claims of the last two workdays have not come


@dataclass
class City:
    """What was put into the files, for tests to compare with."""

    folder: Path
    units: list[str]
    sections: list[str]
    names: dict[str, str]
    editions: list[tuple[str, date, datetime]]
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def published(self) -> Path:
        return self.folder


def build(published: Path, *, units: int = 3, sections: int = 4, seed: int = 7, days: int = 420) -> City:
    """Write ``published/<edition>/{general,restricted}.duckdb`` and the pointer; the last two editions differ."""
    rng = np.random.default_rng(seed)
    places, industries = _csv("places.csv"), _csv("industries.csv")
    chosen = [CITY, "371503", LATE, *[row["code"] for row in places if row["level"] == "unit"]]
    codes = list(dict.fromkeys(chosen))[1 : units + 1]
    order = ["C", "F", "H", "E", *[row["code"] for row in industries if row["level"] == "section"]]
    letters = sorted(list(dict.fromkeys(order))[:sections]) + ["U"]
    editions = [_edition(LAST_DAY - timedelta(days=back)) for back in range(29, -1, -1)]
    city = City(published, codes, letters, {row["code"]: row["name"] for row in places}, editions)
    daily = _daily(rng, city, days)
    city.frames = {
        "manifest": _manifest(),
        "edition": pd.DataFrame(
            [(name, day, 1, cutoff) for name, day, cutoff in editions],
            columns=["edition_id", "day", "number", "cutoff_at"],
        ),
        "place": _places(places, codes),
        "industry": pd.DataFrame(industries)[["code", "name", "level", "parent"]],
        "indicator": _indicators(),
        "rule": _rules(),
        "reading": _readings(rng, city, daily),
        "episode": _episodes(city),
        "roster": _roster(city),
        "score": _scores(city, daily),
        "forecast": _forecasts(city, daily),
        "employer": _employers(city),
        "drop_register": _drops(city),
        "quarantine": _quarantine(),
    }
    folder = published / editions[-1][0]
    folder.mkdir(parents=True)
    _write(folder / "restricted.duckdb", RESTRICTED, city.frames)
    _write(folder / "general.duckdb", GENERAL, city.frames | _disclosed(city.frames))
    point_to(published, editions[-1][0])
    return city


def point_to(published: Path, edition_id: str) -> None:
    """Switch the pointer as publishing does, by one rename."""
    aside = published / "current.tmp"
    aside.write_text(edition_id, encoding="utf-8")
    aside.replace(published / "current")


def _csv(name: str) -> list[dict[str, str]]:
    with (REGION / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _edition(day: date) -> tuple[str, date, datetime]:
    cutoff = datetime.combine(day, time(7), UTC) - timedelta(hours=8)
    return f"{day.isoformat()}.1", day, cutoff.replace(tzinfo=None)


def _manifest() -> pd.DataFrame:
    facts = {
        "schema_version": "1", "region": "liaocheng", "region_name_zh": "聊城市", "region_name_en": "Liaocheng",
        "time_zone": "Asia/Shanghai", "city": CITY, "is_demonstration": "true", "week_end": "sunday",
    }  # fmt: skip
    return pd.DataFrame(list(facts.items()), columns=["key", "value"])


def _places(rows: list[dict[str, str]], codes: list[str]) -> pd.DataFrame:
    kept = [row for row in rows if row["code"] in {CITY, *codes}]
    frame = pd.DataFrame(kept)[["code", "name", "short_name", "level", "parent", "county_view", "residents"]]
    frame["residents"] = frame["residents"].astype(float)
    return frame.assign(sort=range(len(kept)))


def _indicators() -> pd.DataFrame:
    rows = []
    for path in sorted((PROJECT / "pipelines" / "sql" / "indicators").glob("*.sql")):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = dict(line[3:].split(": ", 1) for line in lines if line.startswith("-- ") and ": " in line)
        if path.stem == "weekly_claims":
            continue
        zh, en = head["title"].split(" | ")
        feed = FEED_OF.get(path.stem, "vacancy" if path.stem == "vacancy" else "monitored_employer")
        ratio = head["kind"] == "ratio"
        rows.append(
            (path.stem, zh, en, head["unit"], head["worse"], head["grain"], head["clock"], head["by"], head["formula"],
             head["source"], feed, ratio, 100.0 if head["unit"] == "percent" else 1.0)
        )  # fmt: skip
    columns = ["indicator", "title_zh", "title_en", "unit", "worse", "grains", "clock", "by_dims", "formula", "source",
               "feed", "is_ratio", "scale"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _rules() -> pd.DataFrame:
    frame = pd.read_csv(REGION / "rules.csv", dtype=str, keep_default_na=False).drop(columns="grain")
    for column in (
        "level",
        "p_max",
        "min_ratio",
        "min_people",
        "line",
        "margin",
        "min_base",
        "window_days",
        "leave_after",
    ):
        frame[column] = pd.to_numeric(frame[column].replace("", None))
    for column in ("effective_from", "effective_to"):
        frame[column] = pd.to_datetime(frame[column].replace("", None)).dt.date
    frame["is_enabled"] = frame["is_enabled"] == "true"
    return frame.assign(status=np.where(frame["is_enabled"], "enabled", "not_available"))


def _daily(rng: np.random.Generator, city: City, days: int) -> pd.DataFrame:
    """Counts by indicator, unit, section and workday; benefit claims of the late unit end two workdays early."""
    end = LAST_DAY - timedelta(days=1)
    dates = [end - timedelta(days=back) for back in range(days - 1, -1, -1)]
    rows = []
    for number, area in enumerate(city.units):
        for place, section in enumerate(city.sections):
            weight = 2.4 / (1 + 0.35 * number) / (1 + 0.6 * place)
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


def _with_totals(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    numbers = [column for column in ("numerator", "denominator") if column in frame]
    by_area = frame.groupby([*keys, "area"], as_index=False)[numbers].sum().assign(industry="ALL")
    by_industry = frame.groupby([*keys, "industry"], as_index=False)[numbers].sum().assign(area=CITY)
    total = frame.groupby(keys, as_index=False)[numbers].sum().assign(area=CITY, industry="ALL")
    return pd.concat([frame, by_area, by_industry, total], ignore_index=True)


def _readings(rng: np.random.Generator, city: City, daily: pd.DataFrame) -> pd.DataFrame:
    parts = [daily.assign(grain="day")]
    when = pd.to_datetime(daily["period"])
    for grain, first in (
        ("week", when - pd.to_timedelta(when.dt.weekday, unit="D")),
        ("month", when.dt.to_period("M").dt.to_timestamp()),
    ):
        coarse = daily.assign(period=first.dt.date, grain=grain)
        parts.append(
            coarse.groupby(["indicator", "area", "industry", "grain", "period"], as_index=False)["numerator"].sum()
        )
    counts = _with_totals(pd.concat(parts, ignore_index=True), ["indicator", "grain", "period"])
    counts["value"] = counts["numerator"]
    months = pd.date_range("2025-09-01", "2026-10-01", freq="MS").date
    rates = []
    for indicator, low, high, base in (
        ("job_loss_rate", 0.6, 1.4, 3000), ("insured_net_change_rate", -0.6, 0.5, 9000), ("insured_headcount", 1, 1, 9000),
        ("layoff_reported", 0.0, 0.9, 3000),
    ):  # fmt: skip
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
    ratio = _with_totals(pd.DataFrame(rates, columns=columns), ["indicator", "grain", "period"])
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
    frame = pd.concat([counts, ratio, supply], ignore_index=True)
    late = (frame["indicator"] == "benefit_claim") & frame["area"].isin([LATE, CITY]) & (frame["grain"] == "day")
    late &= pd.to_datetime(frame["period"]) >= pd.Timestamp(LAST_DAY - timedelta(days=2))
    due = np.where(frame["area"] == CITY, len(city.units), 1)
    first, second = city.editions[0][2], city.editions[-1][2]
    frame = frame.assign(
        cohort="all", units=3, largest_unit=1.0, due=due, reporting=due - late.astype(int), is_provisional=late,
        is_suppressed=False, known_from=first, known_to=None,
    )  # fmt: skip
    last_day = (frame["grain"] == "day") & (
        pd.to_datetime(frame["period"]) == pd.Timestamp(LAST_DAY - timedelta(days=1))
    )
    frame.loc[last_day, "known_from"] = second
    revised = frame[last_day.shift(fill_value=False) & ~last_day].head(0)
    return pd.concat([frame, revised], ignore_index=True)


def _episodes(city: City) -> pd.DataFrame:
    before, now = city.editions[-2][2], city.editions[-1][2]
    to = LAST_DAY - timedelta(days=1)
    rows: list[dict[str, object]] = []

    def add(number: int, **values: object) -> None:
        base: dict[str, object] = {
            "episode_id": f"w{number:04d}", "kind": "spike", "industry": "ALL", "status": "open", "opened_on": to,
            "changed_on": to, "window_from": to - timedelta(days=6), "window_to": to, "data_to": to, "known_from": now,
            "known_to": None, "quiet_periods": 0, "judged_to": to,
        }  # fmt: skip
        rows.append(base | values)

    claim = {"rule_id": "benefit_claim_spike", "indicator": "benefit_claim"}
    leave = {"rule_id": "insured_leave_spike", "indicator": "insured_leave"}
    closing = {"employer": CLOSING[0], "employer_name": CLOSING[1]}
    add(1, rule_id="employer_layoff", kind="event", indicator="layoff_reported", area="371503", industry="C", level=2,
        opened_on=date(2026, 11, 20), changed_on=date(2026, 11, 20), observed=236.0, people=236.0, line=200.0,
        observed_band="200 人以上", people_band="200 人以上", known_from=before, **closing)  # fmt: skip
    spike = {**claim, "area": "371503", "industry": "C", "opened_on": date(2026, 11, 21)}
    add(2, level=3, observed=61.0, expected=33.1, lo=21.0, hi=46.0, p=3e-5, people=28.0, observed_band="50 至 99 人",
        people_band="20 至 49 人", changed_on=date(2026, 11, 21), known_from=before, known_to=now,
        data_to=to - timedelta(days=1), **spike)  # fmt: skip
    add(2, level=2, observed=96.0, expected=34.0, lo=22.0, hi=47.0, p=4e-9, people=62.0, observed_band="50 至 99 人",
        people_band="50 至 99 人", changed_on=LAST_DAY, **spike)  # fmt: skip
    add(3, area=city.units[-1], industry=city.sections[0], level=4, observed=41.0, expected=24.2, lo=14.0, hi=35.0, p=7e-4,
        people=17.0, observed_band="20 至 49 人", people_band="10 至 19 人", **leave)  # fmt: skip
    ended = {**claim, "area": city.units[-1], "industry": "ALL", "level": 3, "opened_on": date(2026, 11, 2), "p": 2e-5,
             "observed": 88.0, "expected": 55.0, "lo": 40.0, "hi": 71.0, "people": 33.0, "observed_band": "50 至 99 人",
             "people_band": "20 至 49 人"}  # fmt: skip
    add(4, known_from=before, known_to=now, **ended)
    add(
        4,
        **{
            **ended,
            "status": "closed",
            "closed_on": LAST_DAY,
            "close_reason": "back_in_range",
            "observed": 51.0,
            "p": 0.6,
        },
    )
    add(5, area=CITY, industry="C", level=3, opened_on=date(2026, 11, 18), observed=240.0, expected=171.0, lo=139.0,
        hi=205.0, p=5e-5, people=69.0, observed_band="200 人以上", people_band="50 至 99 人", known_from=before, **leave)  # fmt: skip
    add(6, rule_id="job_loss_rate_level", kind="level", indicator="job_loss_rate", area="371503", level=3, observed=3.2,
        expected=1.1, line=2.0, people=310.0, opened_on=date(2026, 11, 10), changed_on=date(2026, 11, 10),
        window_from=date(2026, 10, 1), window_to=date(2026, 10, 31), data_to=date(2026, 10, 31),
        observed_band="2% 至 4%", people_band="200 人以上", known_from=before)  # fmt: skip
    add(7, rule_id="employer_layoff", kind="event", indicator="layoff_reported", area=LATE, industry="C", level=3,
        employer=SUSPECTED[0], employer_name=SUSPECTED[1], observed=64.0, people=64.0, line=50.0,
        observed_band="50 至 99 人", people_band="50 至 99 人")  # fmt: skip
    columns = _columns("episode")
    return pd.DataFrame(rows).reindex(columns=columns)


def _roster(city: City) -> pd.DataFrame:
    rows = []
    end = LAST_DAY - timedelta(days=1)
    before, now = city.editions[-2][2], city.editions[-1][2]
    for feed, grain in FEEDS.items():
        if grain == "month":
            periods = [date(2026, month, 1) for month in (8, 9, 10, 11)]
        else:
            periods = [end - timedelta(days=back) for back in range(29, -2, -1)]
        for area in [CITY] if feed == "vacancy" else city.units:
            for period in periods:
                if grain == "day" and feed != "vacancy" and period.weekday() > 4:
                    continue
                after = timedelta(days=40) if grain == "month" else timedelta(days=1)
                due = datetime.combine(period + after, time(7)) - timedelta(hours=8)
                known = now if period >= end and grain == "day" else before
                status, received = "reported", due - timedelta(hours=7)
                if period > end or (grain == "month" and period.month == 11):
                    status, received = "not_due", None
                elif (feed, area) == ("benefit_claim", LATE) and period >= end - timedelta(days=1):
                    status, received = "missing", None
                elif (feed, period.day) == ("insured_event", 17) and area == city.units[-1]:
                    status, received = "late", due + timedelta(hours=30)
                elif (feed, period.day) == ("insured_event", 12) and area == city.units[0]:
                    status, received = "held", None
                rows.append((feed, area, period, grain, due, status, received, known, None))
    return pd.DataFrame(rows, columns=_columns("roster"))


def _scores(city: City, daily: pd.DataFrame) -> pd.DataFrame:
    full = _with_totals(daily, ["indicator", "period"])
    full["period"] = pd.to_datetime(full["period"])
    rows = []
    for edition_id, day, _ in city.editions[-2:]:
        end = pd.Timestamp(day - timedelta(days=1))
        for (indicator, area, industry), series in full.groupby(["indicator", "area", "industry"]):
            if indicator not in {"benefit_claim", "insured_leave"}:
                continue
            counts = series.set_index("period")["numerator"]
            mean = float(counts[counts.index < end - pd.Timedelta(days=40)].mean())
            data_to = min(end, counts.index.max())
            for window in (7, 14, 28):
                since = data_to - pd.Timedelta(days=window - 1)
                part = counts[(counts.index >= since) & (counts.index <= data_to)]
                expected = mean * len(part) + 0.01
                excess = (float(part.sum()) - expected) / np.sqrt(1.3 * expected)
                p = float(np.clip(np.exp(-0.7 * excess**2) if excess > 0 else 0.5, 1e-12, 1))
                rows.append((edition_id, day, indicator, area, industry, "all", "day", window, since.date(), data_to.date(),
                             float(part.sum()), expected, 1.3 * expected, p))  # fmt: skip
    return pd.DataFrame(rows, columns=_columns("score")[:14])


def _forecasts(city: City, daily: pd.DataFrame) -> pd.DataFrame:
    full = _with_totals(daily, ["indicator", "period"])
    means = full.groupby(["indicator", "area", "industry"])["numerator"].mean()
    rows = []
    for edition_id, made_on, _ in city.editions:
        for (indicator, area, industry), mean in means.items():
            if indicator not in {"benefit_claim", "insured_leave"} or industry not in {"ALL", "C"}:
                continue
            for horizon in range(1, 8):
                period = made_on + timedelta(days=horizon - 1)
                if period.weekday() > 4:
                    continue
                spread = np.sqrt(1.3 * mean)
                rows.append((edition_id, made_on, indicator, area, industry, "all", "day", period, horizon, mean,
                             max(0, mean - 1.3 * spread), mean + 1.3 * spread, max(0, mean - 2 * spread), mean + 2 * spread)
                            )  # fmt: skip
    return pd.DataFrame(rows, columns=_columns("forecast"))


def _employers(city: City) -> pd.DataFrame:
    since = city.editions[0][2]
    rows = [
        (*CLOSING, "371503", "C", 236, date(2026, 10, 1), since, None),
        (*SUSPECTED, LATE, "C", 130, date(2026, 10, 1), since, None),
    ]
    return pd.DataFrame(rows, columns=_columns("employer"))


def _drops(city: City) -> pd.DataFrame:
    received = city.editions[-2][2] - timedelta(hours=7)
    rows = [
        (f"{area}{'0' * 10}", "0" * 64, "benefit_claim", area, LAST_DAY - timedelta(days=2), "day", 1, False, received, False,
         f"benefit_claim_{area}_20261123.csv", "gb18030", 20, 19, 1, "accepted", None)
        for area in city.units
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_columns("drop_register"))


def _quarantine() -> pd.DataFrame:
    rows = [(f"{LATE}{'0' * 10}", 7, "失业日期", "失业日期晚于受理日期，请核对", "***")]
    return pd.DataFrame(rows, columns=_columns("quarantine"))


def _disclosed(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The general file's rows: no day, no small cell, no employer, bands instead of figures, weeks for totals only."""
    reading = frames["reading"]
    reading = reading[
        (reading["grain"] != "day") & ((reading["grain"] != "week") | (reading["industry"] == "ALL"))
    ].copy()
    persons = reading["indicator"].isin(["benefit_claim", "insured_leave", "layoff_reported"])
    small = persons & (reading["numerator"] < 10)
    reading.loc[small, ["numerator", "value"]] = None
    reading.loc[small, "is_suppressed"] = True
    hidden = ["employer", "employer_name", "observed", "expected", "lo", "hi", "p", "people", "line"]
    return {"reading": reading, "episode": frames["episode"].assign(**dict.fromkeys(hidden))}


def _columns(table: str) -> list[str]:
    with duckdb.connect() as con:
        con.execute((TABLES / f"{table}.sql").read_text(encoding="utf-8"))
        return [row[0] for row in con.execute(f"describe {table}").fetchall()]


def _write(path: Path, tables: tuple[str, ...], frames: dict[str, pd.DataFrame]) -> None:
    with duckdb.connect(str(path)) as con:
        for table in tables:
            con.execute((TABLES / f"{table}.sql").read_text(encoding="utf-8"))
            frame = frames[table].astype(object).where(frames[table].notna(), None)
            con.register("incoming", pd.DataFrame(frame, dtype=object) if frame.empty else frames[table])
            con.execute(f"insert into {table} by name select * from incoming")
            con.unregister("incoming")
