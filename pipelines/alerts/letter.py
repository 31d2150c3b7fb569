"""Words of a mail: what an office is told about its own areas, in bands, as suspected until a person confirms."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipelines.alerts.audience import Office
from pipelines.alerts.completeness import completeness_lines, data_to
from pipelines.alerts.period import last_day, words
from pipelines.domain import TOTAL_INDUSTRY, Edition, Grain, Level
from pipelines.ledger.notice import DIGEST, Reason
from pipelines.region import Region
from pipelines.settings import Settings

LEVEL_NAMES = {Level.RED: "红色", Level.ORANGE: "橙色", Level.YELLOW: "黄色", Level.BLUE: "蓝色"}
# A mail that lists hundreds of lines is not read; the rest is counted in it and waits behind the link.
LONGEST_LIST = 40
_BECAUSE = {
    Reason.FIRST: "这是系统第一次向您通报本单位区域的疑似预警。",
    Reason.NEW_WARNINGS: "上次通报之后，本单位区域新出现了疑似预警。",
    Reason.WORSENED: "上次通报过的疑似预警级别升高了。",
    Reason.EASED: "上次通报过的疑似预警级别降低了。",
    Reason.LIFTED: "上次通报过的疑似预警已有解除的。",
}
_CLOSED_BECAUSE = {"evidence": "后续数据已回到预期范围", "window_passed": "观察期已过，没有新的同类情况"}
_WITHDRAWN = "数据更正后不再成立"
_MEASURES = {"persons": "人", "posts": "个"}
_NEW, _RAISED, _LOWERED, _SAME = "新增", "升级", "降级", "持续"


@dataclass(frozen=True)
class Material:
    """What the published edition shows to one office: answers of the mail_*.sql questions.

    ``own`` are the open and closed warnings of the office's areas, ``warnings`` those and the city totals.
    """

    own: pd.DataFrame
    warnings: pd.DataFrame
    completeness: pd.DataFrame
    is_demonstration: bool


@dataclass(frozen=True)
class Letter:
    """A finished mail: the same office, address, edition and material give the same bytes."""

    subject: str
    message_id: str
    file_name: str
    message: bytes


@dataclass(frozen=True)
class _Item:
    what: str
    rule: str
    level: int
    change: str
    observed: str
    people: str
    data_to: date
    data_words: str
    since: str
    until: str
    close_reason: str
    link: str


@dataclass(frozen=True)
class _Group:
    level: int
    title: str
    items: list[_Item]


def message_id(office_id: str, address: str, purpose_key: str, settings: Settings) -> str:
    """The name of a mail: the same for every attempt, so that a mail server or reader can drop a second copy."""
    return f"<{_digest('mail', office_id, address, purpose_key)}@{_domain(settings)}>"


def compose(
    office: Office,
    address: str,
    edition: Edition,
    reason: Reason,
    told: dict[str, int],
    material: Material,
    region: Region,
    settings: Settings,
    now: datetime,
) -> Letter:
    """Write the mail of a due decision; ``told`` are the warnings and levels of the recipient's last mail.

    Raises KeyError for a reason that is none to write.
    """
    own = material.own
    opened = own[own["status"] == "open"]
    items = [_item(row, told, region, settings) for row in opened.to_dict("records")]
    lifted = _lifted(own, told, set(opened["episode_id"]), region, settings)
    listed = items[:LONGEST_LIST]
    city = material.warnings[(material.warnings["area"] == region.city) & (material.warnings["status"] == "open")]
    cutoff_day = region.local_day(edition.cutoff_at)
    reached = [item.data_to for item in items] or [data_to(material.completeness, edition) or cutoff_day]
    reach = max(reached)
    subject = _subject(office, region, reason, items, lifted, reach, material.is_demonstration)
    fields = {
        "subject": subject,
        "office": office,
        "because": _BECAUSE[reason],
        "groups": _groups(listed),
        "unlisted": len(items) - len(listed),
        "summary": _counts(items),
        "lifted": lifted,
        "city_name": region.name_zh,
        "city_items": []
        if office.is_city
        else [_item(row, {}, region, settings) for row in city.to_dict("records")][:5],
        "completeness": completeness_lines(material.completeness, edition, office, region),
        "data_to": reach.isoformat(),
        "cutoff": edition.cutoff_at.astimezone(region.time_zone).strftime("%Y-%m-%d %H:%M"),
        "edition_id": edition.edition_id,
        "address": settings.address,
        "is_demonstration": material.is_demonstration,
    }
    identity = message_id(office.office_id, address, f"{DIGEST}:{edition.edition_id}", settings)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = settings.mail_from
    message["To"] = address
    message["Date"] = format_datetime(now.astimezone(region.time_zone))
    message["Message-ID"] = identity
    # All mails of an office and ISO week hang from one root, which no mail bears: readers show them as one thread.
    year, week, _ = edition.day.isocalendar()
    root = f"<{_digest('thread', office.office_id, f'{year}-W{week:02d}')}@{_domain(settings)}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Gangshao-Edition"] = edition.edition_id
    message.set_content(_templates().get_template("mail.txt.j2").render(fields), cte="base64")
    message.add_alternative(_templates().get_template("mail.html.j2").render(fields), subtype="html", cte="base64")
    message.set_boundary(f"=_{identity.strip('<>').partition('@')[0]}")
    return Letter(
        subject=subject,
        message_id=identity,
        file_name=f"{edition.edition_id}_{office.office_id}_{identity[1:17]}.eml",
        message=message.as_bytes(),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("pipelines.alerts", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _domain(settings: Settings) -> str:
    return parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"


def _item(row: dict[str, object], told: dict[str, int], region: Region, settings: Settings) -> _Item:
    level = int(str(row["level"]))
    before = told.get(str(row["episode_id"]))
    if before is None:
        change = _NEW
    elif level != before:
        change = _RAISED if level < before else _LOWERED
    else:
        change = _SAME
    industry = "全行业" if row["industry"] == TOTAL_INDUSTRY else str(row["industry_name"])
    reached, data_words = _reach(row, region)
    return _Item(
        what=f"{row['area_name']} {industry} {row['indicator_title']}",
        rule=_text(row["rule_title"]),
        level=level,
        change=change,
        observed=_band(row["observed_band"], str(row["unit"])),
        people=_band(row["people_band"], "persons"),
        data_to=reached,
        data_words=data_words,
        since=_day(row["opened_on"]),
        until=_day(row["closed_on"]),
        close_reason=_CLOSED_BECAUSE.get(_text(row["close_reason"]), ""),
        link=f"{settings.address}/warning/{row['episode_id']}",
    )


def _lifted(
    own: pd.DataFrame, told: dict[str, int], still_open: set[str], region: Region, settings: Settings
) -> list[_Item]:
    """Warnings of the last mail that are open no more; one that a revision took out of the file is told as such."""
    gone = [episode_id for episode_id in sorted(told) if episode_id not in still_open]
    rows = {str(row["episode_id"]): row for row in own.to_dict("records")}
    items = [_item(rows[episode_id], told, region, settings) for episode_id in gone if episode_id in rows]
    withdrawn = len([episode_id for episode_id in gone if episode_id not in rows])
    if withdrawn:
        title = f"{withdrawn} 项此前通报的疑似预警"
        items.append(_Item(title, "", 0, "", "", "", date.min, "", "", "", _WITHDRAWN, settings.address))
    return items


def _groups(items: list[_Item]) -> list[_Group]:
    found = []
    for level, name in LEVEL_NAMES.items():
        members = [item for item in items if item.level == level]
        if members:
            # What is new stands first within its level.
            members.sort(key=lambda item: (_NEW, _RAISED, _LOWERED, _SAME).index(item.change))
            found.append(_Group(int(level), f"疑似{name}预警", members))
    return found


def _counts(items: list[_Item]) -> str:
    parts = [
        f"{name} {sum(item.level == level for item in items)} 项"
        for level, name in LEVEL_NAMES.items()
        if any(item.level == level for item in items)
    ]
    return "、".join(parts)


def _subject(
    office: Office,
    region: Region,
    reason: Reason,
    items: list[_Item],
    lifted: list[_Item],
    reach: date,
    is_demonstration: bool,
) -> str:
    # Of many open warnings the subject names those that are the news, and their worst level.
    changed = {_NEW, _RAISED} if reason in {Reason.NEW_WARNINGS, Reason.WORSENED} else {_LOWERED}
    news = [item for item in items if item.change in changed] or items
    place = region.name_zh if office.is_city else _place_of(news or lifted, office, region)
    if reason is Reason.LIFTED:
        head = "[疑似预警解除]"
        only = lifted[0] if len(lifted) == 1 and lifted[0].level else None
        body = only.what if only else f"{place} 解除 {len(lifted)} 项"
        body += f"，仍有 {len(items)} 项待核实" if items else ""
    else:
        worst = min(item.level for item in news)
        kind = "·降级" if reason is Reason.EASED else ""
        head = f"[疑似{LEVEL_NAMES[Level(worst)]}预警{kind}·待核实]"
        body = news[0].what if len(news) == 1 else f"{place} {len(news)} 项（{_counts(news)}）"
    mark = "【演示数据】" if is_demonstration else ""
    return f"{mark}{head} {body} 数据截至{reach.isoformat()}"


def _place_of(items: list[_Item], office: Office, region: Region) -> str:
    names = region.places.set_index("code")["name"]
    own = [str(names.get(code, code)) for code in sorted(office.areas)]
    return own[0] if len(own) == 1 else f"{own[0]}等 {len(own)} 个地区" if items else office.name


def _reach(row: dict[str, object], region: Region) -> tuple[date, str]:
    """Up to which day a warning's data reach, and how to say it: rules on readings and scores judge whole periods."""
    first = pd.Timestamp(str(row["data_to"])).date()
    rules = region.rules
    grains = rules.loc[rules["rule_id"] == row["rule_id"], "grain"]
    grain = Grain(grains.iloc[0]) if row["kind"] in {"level", "spike"} and len(grains) else Grain.DAY
    return last_day(grain, first), words(grain, first)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124


def _band(value: object, unit: str) -> str:
    """A band as words: ``<10`` persons is 不足 10 人, ``500+`` is 500 以上; empty where there is none."""
    shown = _text(value)
    if not shown:
        return ""
    measure = f" {_MEASURES[unit]}" if unit in _MEASURES else ""
    if shown.startswith("<"):
        return f"不足 {shown[1:]}{measure}"
    return f"{shown[:-1]}{measure}以上" if shown.endswith("+") else f"{shown}{measure}"


def _day(value: object) -> str:
    return "" if pd.isna(value) else pd.Timestamp(str(value)).date().isoformat()
