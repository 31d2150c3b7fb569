"""What the files say of warnings, by the independent judge: leaves, reports at the law's lines, leads, what did not come.

Plain pandas and scipy over files and the region's tables; nothing of the project is imported.
"""

import pandas as pd
from scipy.stats import nbinom

from tests.pipeline import judge
from tests.pipeline.judge_form import EMPLOYER
from tests.pipeline.judge_writing import CITY, areas, as_day, codes, count, table

UNITS = sorted(set(areas().values()))
BY_EMPLOYER = {"employer", "unknown"}


def leavers(events: pd.DataFrame) -> pd.DataFrame:
    """Leaves that count, each with the class of its reason: neither cancelled nor cancelling."""
    cancelled = set(events["冲销流水号"]) - {""}
    counted = events[(events["冲销流水号"] == "") & ~events["业务流水号"].isin(cancelled)]
    left = counted[counted["增减类型"] == "减员"]
    return left.assign(reason=left["原因代码"].map(codes("insured_reason")), effective=left["生效日期"].map(as_day))


def leaves(events: pd.DataFrame, grain: str) -> pd.Series:
    """People whose leave may mean unemployment, by area, industry and period of 申报日期."""
    left = leavers(events)
    return judge.people(left[left["reason"] != "neutral"], grain)


def dismissals(events: pd.DataFrame, grain: str) -> pd.Series:
    """People whose employer ended their insurance, by area, industry and period of 申报日期."""
    left = leavers(events)
    return judge.people(left[left["reason"] == "employer"], grain)


def reports(rows: pd.DataFrame) -> pd.DataFrame:
    """Layoff reports as numbers and days; of one number and area the report made last."""
    days = {
        name: pd.to_datetime(rows[said].map(as_day))
        for name, said in (("told", "告知职工日期"), ("on", "计划实施日期"))
    }
    every = rows.assign(
        staff=rows["职工总数"].map(count), planned=rows["拟裁人数"].map(count), reported=pd.to_datetime(rows["filed_on"]), **days
    )  # fmt: skip
    return every.sort_values("reported", kind="stable").drop_duplicates(["报告编号", "area"], keep="last").sort_index()


def steps(rule_id: str) -> pd.DataFrame:
    """Rows of rules.csv of a rule, limits as numbers (NaN: none)."""
    rows = table("rules").query("rule_id == @rule_id")
    limits = ["level", "min_strength", "min_ratio", "min_people", "line", "min_base", "window_days"]
    return rows.assign(**{name: pd.to_numeric(rows[name]) for name in limits})


def reaches(step: object, planned: int, staff: int) -> bool:
    """Whether a report reaches one row of the rule: every leg of it."""
    legs = [
        pd.isna(step.line) or planned >= step.line,
        pd.isna(step.min_ratio) or planned / staff >= step.min_ratio,
        pd.isna(step.min_base) or staff >= step.min_base,
    ]
    return all(legs)


def reported_with(known: pd.DataFrame, row: object) -> int:
    """Persons of a report with those its employer reported in the thirty days up to it."""
    earlier = (row.reported - known["reported"]).dt.days.between(0, 29) & (known["employer"] == row.employer)
    return int(known.loc[earlier, "planned"].sum())


def employer_warnings(known: pd.DataFrame, day: pd.Timestamp) -> dict[str, tuple[int, int]]:
    """Employer: worst level and persons, of reports that count on a day (30 days after they are made or carried out),
    each with what the employer reported in the thirty days up to it."""
    found: dict[str, tuple[int, int]] = {}
    for row in known.itertuples():
        planned = reported_with(known, row)
        last = max(row.reported, row.on) if pd.notna(row.on) else row.reported
        met = [
            step.level
            for step in steps("employer_layoff").itertuples()
            if reaches(step, planned, row.staff) and (day - last).days < step.window_days
        ]
        if met:
            found[row.employer] = min(found.get(row.employer, (9, 0)), (min(met), planned))
    return found


def county_warnings(known: pd.DataFrame, day: pd.Timestamp) -> dict[tuple[str, str], tuple[int, int]]:
    """(area, industry): level and persons, where several employers of a county or a branch add up in 30 days."""
    recent = known[(known["reported"] > day - pd.Timedelta(days=30)) & (known["reported"] <= day)]
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for by, key in (("area", lambda code: (code, "ALL")), ("industry", lambda code: (CITY, code))):
        for code, own in recent.groupby(by):
            people = int(own["planned"].sum())
            met = [step.level for step in steps("several_employers_layoff").itertuples() if people >= step.line]
            if met and own["employer"].nunique() >= 2:
                found[key(code)] = (min(met), people)
    return found


def told_too_late(known: pd.DataFrame) -> pd.DataFrame:
    """Of each employer the largest report of the law's size, with what it reported in the thirty days up to it, that is
    carried out before staff have known for thirty days."""
    whole = known.assign(planned=[reported_with(known, row) for row in known.itertuples()])
    is_large = (whole["planned"] >= 20) | (whole["planned"] / whole["staff"] >= 0.1)
    late = whole[is_large & ((whole["on"] - whole["told"]).dt.days < 30)]
    return late.sort_values(["planned", "报告编号"], ascending=[False, True]).drop_duplicates("employer")


def left_without_report(
    events: pd.DataFrame,
    headcount: pd.DataFrame,
    known: pd.DataFrame,
    code: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
) -> tuple[float, float, list[int]]:
    """Of one employer: leavers of a window beyond what it reported, insured persons before, leavers of windows before."""
    left = leavers(events)
    own = left[(left[EMPLOYER].str.upper() == code) & left["reason"].isin(BY_EMPLOYER)]
    now = own[own["filed_on"].between(first, last) & (own["effective"] >= first - pd.Timedelta(days=30))]
    done = known["on"].fillna(known["reported"])
    is_near = done.between(first - pd.Timedelta(days=30), last)  # what was carried out before was filed before
    planned = known.loc[(known["employer"] == code) & is_near, "planned"].sum()
    month = first.to_period("M").to_timestamp() - pd.DateOffset(months=1)
    stock = headcount[(headcount[EMPLOYER].str.upper() == code) & (pd.to_datetime(headcount["slice"]) <= month)]
    staff = count(stock.sort_values("slice")["期末参保人数"].iloc[-1])
    began, history = events["filed_on"].min(), []
    for block in range(1, 13):
        since, until = (day - pd.Timedelta(days=30 * block) for day in (first, last))
        if since >= began:
            history.append(int(own["filed_on"].between(since, until).sum()))
    return len(now) - planned, staff, history


def chance(people: float, expected: float, history: list[int]) -> float:
    """Probability of so many leavers or more: negative binomial, scattered as the windows before and no less than Poisson."""
    past = pd.Series(history, dtype="float64")
    spread = max(past.var() / past.mean(), 1.0) if past.sum() else 1.0
    variance = spread * expected + expected**2 / (past.sum() + 2.0)
    return float(nbinom.sf(people - 1, expected**2 / (variance - expected), expected / variance))


def workdays(first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """By calendar.csv: no weekend unless made up, no holiday."""
    kinds = table("calendar").drop_duplicates("date").set_index("date")["kind"]
    said = {day: kinds.get(f"{day:%Y-%m-%d}", "") for day in pd.date_range(first, last)}
    return [day for day, kind in said.items() if kind == "makeup" or (day.weekday() < 5 and kind != "holiday")]


def slots(files: judge.Received, cutoff_at: pd.Timestamp, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Area and workday of a daily feed: is_due (07:00 of the next day is over) and is_here (an accepted file came)."""
    here = accepted(files, cutoff_at)
    rows = [
        (area, day, day + pd.Timedelta(hours=31) - judge.EIGHT_HOURS) for day in workdays(first, last) for area in UNITS
    ]
    frame = pd.DataFrame(rows, columns=["area", "day", "due_at"])
    return frame.assign(
        is_due=frame["due_at"] <= cutoff_at, is_here=[(area, day) in here for area, day in zip(frame["area"], frame["day"], strict=True)]
    )  # fmt: skip


def owed(feed: str, files: judge.Received, at: pd.Timestamp, first: pd.Timestamp) -> pd.DataFrame:
    """Who owes a daily or weekly feed its newest due file at an instant: area, since (first period owed), periods.

    By feeds.csv and calendar.csv: senders, rhythm, how many days after its period a file is due, and the hour.
    """
    row = table("feeds").set_index("feed").loc[feed]
    day = (at + judge.EIGHT_HOURS).normalize()
    days = workdays(first, day) if row["cadence"] == "workday" else list(pd.date_range(first, day))
    if row["cadence"] == "week":
        days = [one for one in pd.date_range(first - pd.Timedelta(days=7), day) if one.weekday() == 0]
    ends = 6 if row["cadence"] == "week" else 0
    hour = pd.Timedelta(row["due_time"] + ":00") - judge.EIGHT_HOURS
    due = [one for one in days if one + pd.Timedelta(days=ends + int(row["due_days"])) + hour <= at]
    here = accepted(files, at)
    found = []
    for area in UNITS if row["sender_level"] == "unit" else [CITY]:
        newest = max((period for sender, period in here if sender == area), default=first)
        missing = [one for one in due if one > newest]
        if missing:
            found.append((area, missing[0], len(missing)))
    return pd.DataFrame(found, columns=["area", "since", "periods"])


def accepted(files: judge.Received, at: pd.Timestamp) -> set[tuple[str, pd.Timestamp]]:
    """Sender and period of the files that count at an instant."""
    return {(drop.sender, drop.period) for drop in files.drops if drop.status == "accepted" and drop.received_at <= at}
