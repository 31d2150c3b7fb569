"""Who would be told of a warning, when and why: the rules of notices, asked without an edition."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY, Level
from pipelines.core.region.load import Region
from pipelines.ledger.notifications.notification_state import NOTHING, NoticeWords, words_of
from pipelines.notifying.audience import recipients
from pipelines.notifying.notification_reasons import board, judged


@dataclass(frozen=True)
class Route:
    """What one recipient would get: ``how`` in words, ``when`` (local; None: at once or not at all), and why."""

    office: str
    title: str
    address: str
    how: str
    when: datetime | None
    why: str


def routes(region: Region, area: str, level: Level, industry: str, kind: str, now: datetime) -> list[Route]:
    """What each recipient would get of a new warning at ``now`` (UTC), in the order of offices.csv."""
    row = {
        "episode_id": "new",
        "rule_id": "",
        "kind": kind,
        "level": int(level),
        "status": "open",
        "opened_on": pd.Timestamp(region.local_day(now)),
        "closed_on": pd.NaT,
        "area": area,
        "industry": industry or TOTAL_INDUSTRY,
        "indicator": "",
        "feed": "",
    }
    one = board(pd.DataFrame([row]), {}, {}, region, now)
    found = []
    for to in recipients(region, region.local_day(now)):
        told = judged(one, to, NOTHING)
        hour = to.office.hours.next_working(region, now)
        how, when = "不发", None
        if told.is_urgent[0]:
            how, when = "单独即时通报", None if level is Level.RED else hour
        elif told.is_news[0]:
            how, when = "当日汇总", hour
        elif told.why[0] == NoticeWords.NOT_FOR_POST:
            how = "不发；无人签收时催办，另有每周汇总"
        local = when.astimezone(region.time_zone) if when else None
        reason = words_of(told.why[0], "")
        found.append(Route(to.office.name, to.title, to.address, how, local, reason))
    return found
