"""The line under every mail that says what the figures rest on: which reports were due, which came, which did not."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from pipelines.core.domain import Edition, Grain
from pipelines.core.region.load import Region
from pipelines.judging.period import name_period
from pipelines.notifying.audience import Office

_LOOK_BACK = timedelta(days=7)  # for daily feeds; of longer periods the last one due counts
_DAILY = f"近 {_LOOK_BACK.days} 天"
_ARRIVED = ("reported", "late")
_NAMED = 3


def data_to(roster: pd.DataFrame, edition: Edition) -> date | None:
    """Last day of the newest accepted daily report; None where there is none."""
    arrived = roster[_is_accepted(roster) & (roster["grain"] == Grain.DAY.value) & _is_due(roster, edition)]
    return None if arrived.empty else pd.Timestamp(arrived["period"].max()).date()


def completeness_lines(roster: pd.DataFrame, edition: Edition, office: Office, region: Region) -> list[str]:
    """One sentence a feed of which something of the office's areas lacks, in the region's order, and one for the rest.

    ``roster`` has the columns of mail_completeness.sql: feed, area, grain, period, status, due_at, received_at (UTC).
    Feeds that owe nothing yet are left out; nothing at all where none does.
    """
    titles = {str(feed): str(title) for feed, title in zip(region.feeds["feed"], region.feeds["title"], strict=True)}
    due = roster[_is_due(roster, edition) & roster["area"].isin(office.areas)]
    lines, whole = [], 0
    for feed, title in titles.items():
        rows = _recent(due[due["feed"] == feed], edition)
        lacking = rows[~_is_accepted(rows)]
        if lacking.empty:
            whole += len(rows)
            continue
        is_daily = rows["grain"].iloc[0] == Grain.DAY.value
        span = (
            _DAILY if is_daily else name_period(Grain(rows["grain"].iloc[0]), pd.Timestamp(rows["period"].max()).date())
        )
        lines.append(
            f"{title}：{span}应报 {len(rows)} 份，已报 {len(rows) - len(lacking)} 份，"
            f"尚缺 {len(lacking)} 份（{_named(lacking, office, region, is_daily)}）"
        )
    if whole:
        lines.append(f"{'其余' if lines else ''}应报 {whole} 份，已全部报来（日报为{_DAILY}，其他报表为最近一期）")
    return lines


def silent_since(roster: pd.DataFrame, edition: Edition, opened: pd.DataFrame) -> dict[str, datetime]:
    """Per area with an open warning whose daily reports stopped: when the first one that lacks was due (UTC).

    ``opened`` has the columns of mail_warning.sql: only the feed a warning rests on counts, all of them where none is
    named.
    """
    missing = _stopped(roster, edition, opened)
    begun = pd.to_datetime(missing.groupby(["area", "feed"])["due_at"].min()).groupby("area").max()
    return {str(area): at.to_pydatetime().replace(tzinfo=UTC) for area, at in begun.items()}


def owed(
    roster: pd.DataFrame, edition: Edition, opened: pd.DataFrame, office: Office, region: Region
) -> list[tuple[str, str]]:
    """Those reports by feed, the longest awaited first: the feed, and in words what of it did not come."""
    missing = _stopped(roster, edition, opened).sort_values(["due_at", "area", "feed"])
    titles = region.feeds.set_index("feed")["title"]
    return [
        (str(feed), f"{titles.get(feed, feed)} {_named(rows, office, region, is_daily=True)}")
        for feed, rows in missing.groupby("feed", sort=False)
    ]


def _stopped(roster: pd.DataFrame, edition: Edition, opened: pd.DataFrame) -> pd.DataFrame:
    """The daily reports due and not accepted since the last accepted one, of what these warnings rest on."""
    daily = roster[(roster["grain"] == Grain.DAY.value) & _is_due(roster, edition)]
    feeds = opened[["area", "feed"]].drop_duplicates()
    named = daily.merge(feeds[feeds["feed"] != ""], on=["area", "feed"])
    others = feeds.loc[feeds["feed"] == "", ["area"]].drop_duplicates()
    slots = pd.concat([named, daily.merge(others, on="area")], ignore_index=True).drop_duplicates()
    slots = slots.assign(is_accepted=_is_accepted(slots))
    last = slots[slots["is_accepted"]].groupby(["area", "feed"])["period"].max().rename("last")
    slots = slots.join(last, on=["area", "feed"])
    return slots[~slots["is_accepted"] & (slots["last"].isna() | (slots["period"] > slots["last"]))]


def _is_due(roster: pd.DataFrame, edition: Edition) -> "pd.Series[bool]":
    cutoff = pd.Timestamp(edition.cutoff_at).tz_convert("UTC").tz_localize(None)
    return (pd.to_datetime(roster["due_at"]) <= cutoff) & (roster["status"] != "not_due")


def _is_accepted(roster: pd.DataFrame) -> "pd.Series[bool]":
    # "Late" covers what came after its time and what is awaited beyond it; only the former has been received.
    return roster["status"].isin(_ARRIVED) & roster["received_at"].notna()


def _recent(rows: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    if rows.empty:
        return rows
    if rows["grain"].iloc[0] == Grain.DAY.value:
        return rows[pd.to_datetime(rows["period"]) >= pd.Timestamp(edition.day - _LOOK_BACK)]
    return rows[rows["period"] == rows["period"].max()]


def _named(lacking: pd.DataFrame, office: Office, region: Region, is_daily: bool) -> str:
    names = region.places.set_index("code")["name"]
    by_day = lacking.sort_values("period", ascending=False)
    told = []
    for row in by_day.head(_NAMED).to_dict("records"):
        name = str(names.get(row["area"], row["area"])) if len(office.areas) > 1 or row["area"] == region.city else ""
        at = pd.Timestamp(row["period"]).strftime("%m-%d") if is_daily else ""
        status = {"held": "待确认", "refused": "被退回", "withdrawn": "已撤回"}.get(str(row["status"]), "")
        told.append(" ".join(part for part in (name, at, status) if part) or "本单位")
    return "、".join(told) + ("等" if len(lacking) > _NAMED else "")
