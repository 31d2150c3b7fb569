"""The digest of an office and day, or several urgent warnings in one mail: what is open, what is new, what ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines.alerts.audience import Office
from pipelines.alerts.completeness import completeness_lines, data_to
from pipelines.alerts.why import Flags, Numbers, Told, Words
from pipelines.alerts.wording import LEVEL_NAMES, WITHDRAWN, Item, action, fact, industry_of, item, level_title
from pipelines.domain import Edition
from pipelines.ledger.notice import Reason
from pipelines.ledger.warning_notice import Why
from pipelines.region import Region
from pipelines.settings import Settings

# A mail that lists hundreds of lines is not read; the rest is counted in it and waits behind the link.
LONGEST_LIST = 40
_FOLDED_NAMED = 5
BECAUSE = {
    Reason.FIRST: "这是系统第一次向您通报本单位区域的疑似预警。",
    Reason.NEW_WARNINGS: "上次通报之后，本单位区域新出现了疑似预警。",
    Reason.WORSENED: "上次通报过的预警级别升高了。",
    Reason.ISSUED: "上次通报过的疑似预警已正式发布。",
    Reason.EASED: "上次通报过的预警级别降低了。",
    Reason.LIFTED: "上次通报过的预警已有解除的。",
    Reason.NOT_REPORTED: "有未解除的预警，而应报数据到期没有报来。",
}
NEW, RAISED, ISSUED, LOWERED, TAKEN, SAME = "新增", "升级", "发布", "降级", "已签收", "持续"
_ORDER = (NEW, RAISED, ISSUED, LOWERED, SAME, TAKEN)


@dataclass(frozen=True)
class Material:
    """What the published edition shows to one office, with what people made of it.

    ``rows``: open warnings as a board has them, of the office's areas and city totals; ``is_shown``: which rows of the
    board they are. ``closed``: ended ones (mail_warning.sql); ``completeness``, ``trend``: answers of those questions.
    """

    office: Office
    edition: Edition
    rows: pd.DataFrame
    is_shown: Flags
    closed: pd.DataFrame
    completeness: pd.DataFrame
    trend: pd.DataFrame
    is_demonstration: bool


@dataclass(frozen=True)
class _Group:
    level: int
    title: str
    items: list[Item]


@dataclass(frozen=True)
class _Folded:
    what: str
    count: int
    named: str


def changes(why: Words, before: Numbers, now: Numbers) -> Words:
    """What changed of each warning, in a word: from its reason, the level told before (0: none) and its level now."""
    found: Words = np.select(
        [before == 0, now < before, why == Why.ISSUED, now > before, why == Why.SILENCED],
        [NEW, RAISED, ISSUED, LOWERED, TAKEN],
        default=SAME,
    ).astype(object)
    return found


def digest(
    material: Material, told: Told, levels: Mapping[str, int], reason: Reason, region: Region, settings: Settings
) -> dict[str, object]:
    """The fields of the template ``digest`` for one recipient, to whom ``levels`` of earlier mails are known.

    Raises KeyError for a reason that is none to write.
    """
    opened = _opened(material, told)
    lifted = _lifted(material, told, levels, set(opened["episode_id"]), region, settings)
    items = _items(opened, region, settings)
    fields = _listing(material, opened, items, region)
    reach = _reach(material, items, region)
    subject = _subject(material.office, reason, items, opened, lifted, reach, region)
    city = material.rows[(material.rows["area"] == region.city) & ~material.rows["is_ended"]]
    city_items = [] if material.office.is_city else [item(row, "", region, settings) for row in city.to_dict("records")]
    return fields | framing(material, reach, region) | {
        "subject": subject, "because": BECAUSE[reason], "lifted": lifted, "city_name": region.name_zh,
        "fact": _ended(lifted) if lifted and reason is Reason.LIFTED else fields["fact"],
        "city_items": city_items[:5],
    }  # fmt: skip


def bundle(
    material: Material, told: Told, chosen: Flags, because: str, region: Region, settings: Settings
) -> dict[str, object]:
    """The fields of the same template for some urgent warnings told together (``chosen`` rows of the board)."""
    opened = _opened(material, told, chosen)
    items = _items(opened, region, settings)
    fields = _listing(material, opened, items, region)
    reach = _reach(material, items, region)
    subject = _subject(material.office, Reason.NEW_WARNINGS, items, opened, [], reach, region)
    return fields | framing(material, reach, region) | {
        "subject": subject, "because": because, "lifted": [], "city_name": region.name_zh, "city_items": [],
    }  # fmt: skip


def framing(material: Material, reach: date, region: Region) -> dict[str, object]:
    """What stands at the foot of every mail of warnings."""
    edition = material.edition
    return {
        "office": material.office,
        "completeness": completeness_lines(material.completeness, edition, material.office, region),
        "data_to": reach.isoformat(),
        "cutoff": edition.cutoff_at.astimezone(region.time_zone).strftime("%Y-%m-%d %H:%M"),
        "edition_id": edition.edition_id,
        "is_demonstration": material.is_demonstration,
    }


def _opened(material: Material, told: Told, chosen: Flags | None = None) -> pd.DataFrame:
    """The rows a recipient's mail lists, with ``change`` and ``is_folded``, the news of each level first."""
    is_listed = (told.is_listed if chosen is None else chosen)[material.is_shown]
    shown = material.is_shown
    change = changes(told.why[shown], told.before[shown], material.rows["level"].to_numpy())
    rows = material.rows.assign(change=change, detail=told.detail[shown])[is_listed]
    is_folded = (rows["parent"] != "") & rows["parent"].isin(material.rows["episode_id"])
    # The city counts what is folded; a county, whose own it is, reads each of it and that it is part of something.
    is_told_so = is_folded & ((rows["detail"] == "") | (rows["detail"] == rows["parent"]))
    detail = rows["detail"].where(~is_told_so, "已并入全市同类预警")
    order = rows["change"].map(_ORDER.index)
    rows = rows.assign(is_folded=is_folded & material.office.is_city, detail=detail, order=order)
    return rows.sort_values(["level", "order"], kind="stable")


def _items(opened: pd.DataFrame, region: Region, settings: Settings) -> list[Item]:
    listed = opened[~opened["is_folded"]].head(LONGEST_LIST)
    return [item(row, str(row["change"]), region, settings, str(row["detail"])) for row in listed.to_dict("records")]


def _listing(material: Material, opened: pd.DataFrame, items: list[Item], region: Region) -> dict[str, object]:
    own = opened[~opened["is_folded"]]
    first = own.iloc[0].to_dict() if len(own) else None
    return {
        "groups": _groups(items),
        "unlisted": len(own) - len(items),
        "suspected": _counts(opened[~opened["is_issued"]]),
        "issued": _counts(opened[opened["is_issued"]]),
        "folded": _folded(material, opened[opened["is_folded"]]),
        "fact": fact(first, items[0]) if first else "",
        "action": action(first, region) if first else "",
        "links": [one.link for one in items[:1]],
    }


def _groups(items: list[Item]) -> list[_Group]:
    found = []
    for level in LEVEL_NAMES:
        for is_issued in (True, False):
            members = [one for one in items if one.level == level and one.is_issued == is_issued]
            if members:
                found.append(_Group(int(level), level_title(level, is_issued), members))
    return found


def _folded(material: Material, rows: pd.DataFrame) -> list[_Folded]:
    heads = material.rows.set_index("episode_id")
    found = []
    for parent, members in rows.groupby("parent", sort=False):
        head = heads.loc[parent].to_dict()
        what = f"{head['area_name']} {industry_of(head)} {head['indicator_title']}"
        names = [f"{row['area_name']} {industry_of(row)}" for row in members.to_dict("records")]
        named = "、".join(names[:_FOLDED_NAMED]) + ("等" if len(names) > _FOLDED_NAMED else "")
        found.append(_Folded(what, len(members), named))
    return found


def _lifted(
    material: Material, told: Told, levels: Mapping[str, int], still_open: set[str], region: Region, settings: Settings
) -> list[Item]:
    """Warnings of earlier mails that are open no more; one that a revision took out of the file is told as such."""
    shown = material.rows.assign(detail=told.detail[material.is_shown])
    by_people = shown[shown["is_ended"]].to_dict("records")
    by_data = material.closed.to_dict("records")
    rows = {str(row["episode_id"]): row for row in [*by_data, *by_people]}
    gone = [one for one in sorted(levels) if one not in still_open]
    items = [item(rows[one], "", region, settings, str(rows[one].get("detail", ""))) for one in gone if one in rows]
    withdrawn = len(set(gone) - set(rows) - set(material.rows["episode_id"]))
    if withdrawn:
        title = f"{withdrawn} 项此前通报的疑似预警"
        nothing = Item("", title, "", 0, False, "", "", "", "", date.min, "", "", "", WITHDRAWN, settings.address)
        items.append(nothing)
    return items


def _counts(rows: pd.DataFrame) -> str:
    found = rows["level"].value_counts()
    return "、".join(f"{name} {found[level]} 项" for level, name in LEVEL_NAMES.items() if level in found.index)


def _ended(lifted: list[Item]) -> str:
    first = lifted[0]
    why = first.close_reason or first.detail
    more = f"等 {len(lifted)} 项" if len(lifted) > 1 else ""
    return f"{first.what}{more}的预警已解除{f'：{why}' if why else ''}。"


def _reach(material: Material, items: list[Item], region: Region) -> date:
    fallback = data_to(material.completeness, material.edition) or region.local_day(material.edition.cutoff_at)
    return max((one.data_to for one in items), default=fallback)


def _subject(
    office: Office,
    reason: Reason,
    items: list[Item],
    opened: pd.DataFrame,
    lifted: list[Item],
    reach: date,
    region: Region,
) -> str:
    # Of many open warnings the subject names those that are the news, and their worst level.
    changed = {
        Reason.NEW_WARNINGS: {NEW, RAISED}, Reason.WORSENED: {NEW, RAISED}, Reason.ISSUED: {ISSUED},
        Reason.EASED: {LOWERED},
    }.get(reason, set())  # fmt: skip
    rows = opened[opened["change"].isin(changed)] if changed else opened
    rows = rows if len(rows) else opened
    news = [one for one in items if one.change in changed] or items
    if reason is Reason.LIFTED or not news:
        only = lifted[0] if len(lifted) == 1 and lifted[0].level else None
        body = only.what if only else f"{_place(office, region)} 解除 {len(lifted)} 项"
        body += f"，仍有 {len(opened)} 项未解除" if len(opened) else ""
        tag = "[预警解除]" if any(one.is_issued for one in lifted) else "[疑似预警解除]"
        return f"{tag} {body} 数据截至{reach.isoformat()}"
    worst = min(news, key=lambda one: (one.level, not one.is_issued))
    if len(rows) == 1:
        size = f"，{worst.people}" if worst.people else f"，{worst.observed}" if worst.observed else ""
        body = f"{worst.what} {worst.change}{size}"
    else:
        body = f"{_place(office, region)} {len(rows)} 项（{_counts(rows)}）"
    late = " 数据未报" if reason is Reason.NOT_REPORTED else ""
    return f"{worst.tag} {body}{late} 数据截至{reach.isoformat()}"


def _place(office: Office, region: Region) -> str:
    if office.is_city:
        return region.name_zh
    names = region.places.set_index("code")["name"]
    own = [str(names.get(code, code)) for code in sorted(office.areas)]
    return own[0] if len(own) == 1 else f"{own[0]}等 {len(own)} 个地区"
