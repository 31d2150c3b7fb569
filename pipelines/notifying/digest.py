"""The digest of an office and day, or several urgent warnings in one mail: what is open, what is new, what ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.core.domain import Level, State
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger.notifications.notice import Reason
from pipelines.ledger.notifications.notification_state import NoticeWords
from pipelines.ledger.workflow.acknowledgement import Acknowledgement
from pipelines.notifying.audience import Office, Recipient
from pipelines.notifying.completeness import data_to, owed
from pipelines.notifying.notification_reasons import Flags, Numbers, Told, Words
from pipelines.notifying.occasion import Material, frame_fields
from pipelines.notifying.wording import (
    LEVEL_NAMES,
    STATE_NAMES,
    WITHDRAWN,
    Item,
    action,
    fact,
    industry_of,
    item,
    level_title,
)
from pipelines.published.read import read

# A mail that lists hundreds of lines is not read; the rest is counted in it and waits behind the link.
LONGEST_LIST = 40
_FOLDED_NAMED = 5
BECAUSE = {
    Reason.FIRST: "这是系统第一次向您通报本单位区域的疑似预警。",
    Reason.NEW_WARNINGS: "上次通报之后，本单位区域新出现了疑似预警。",
    Reason.WORSENED: "上次通报过的事项级别升高了。",
    Reason.ISSUED: "上次通报过的疑似预警已正式发布。",
    Reason.EASED: "上次通报过的事项级别降低了。",
    Reason.LIFTED: "上次通报过的事项已有解除或认定误报的。",
    Reason.NOT_REPORTED: "有未解除的事项，而应报数据到期没有报来；缺报不会使其解除。",
}
NEW, RAISED, ISSUED, LOWERED, TAKEN, SAME = "新增", "升级", "发布", "降级", "已签收", "持续"
_ORDER = (NEW, RAISED, ISSUED, LOWERED, SAME, TAKEN)
_NEWS = {
    Reason.FIRST: {NEW, RAISED},
    Reason.NEW_WARNINGS: {NEW, RAISED},
    Reason.WORSENED: {NEW, RAISED},
    Reason.ISSUED: {ISSUED},
    Reason.EASED: {LOWERED},
}


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
        [before == 0, now < before, why == NoticeWords.ISSUED, now > before, why == NoticeWords.SILENCED],
        [NEW, RAISED, ISSUED, LOWERED, TAKEN],
        default=SAME,
    ).astype(object)
    return found


def digest_fields(
    material: Material,
    recipient: Recipient,
    told: Told,
    levels: Mapping[str, int],
    reason: Reason,
    region: Region,
    settings: Settings,
) -> dict[str, object]:
    """The fields of the template ``digest`` for one recipient, to whom ``levels`` of earlier mails are known.

    Raises KeyError for a reason that is none to write.
    """
    opened = _opened(material, told)
    lifted = _lifted(material, levels, set(opened["episode_id"]), region, settings)
    telling = _telling(opened, reason)
    items = _items(_noted(opened, telling), region, settings)
    said = [item(row, "", region, settings) for row in telling.head(LONGEST_LIST).to_dict("records")]
    reach = _last_data_day(material, [*items, *said], region)
    city = material.rows[(material.rows["area"] == region.city) & ~material.rows["is_ended"]]
    city_items = [] if material.office.is_city else [item(row, "", region, settings) for row in city.to_dict("records")]
    listing = _listing(material, recipient, opened, telling, items, region, settings)
    fields = (
        listing
        | frame_fields(material, reach, region)
        | {
            "subject": _subject(material.office, telling, reach, region, settings),
            "because": BECAUSE[reason],
            "lifted": lifted,
            "city_name": region.name_zh,
            "city_items": city_items[:5],
        }
    )
    if reason is Reason.LIFTED and lifted:
        return fields | _over(material.office, opened, lifted, reach, region)
    missing = _owed(material, region) if reason is Reason.NOT_REPORTED else []
    return fields | (_not_reported(material, opened, missing, reach, region, settings) if missing else {})


def bundle_fields(
    material: Material,
    recipient: Recipient,
    told: Told,
    chosen: Flags,
    because: str,
    region: Region,
    settings: Settings,
) -> dict[str, object]:
    """The fields of the same template for some urgent warnings told together (``chosen`` rows of the board)."""
    opened = _opened(material, told, chosen)
    items = _items(opened, region, settings)
    fields = _listing(material, recipient, opened, opened, items, region, settings)
    reach = _last_data_day(material, items, region)
    subject = _subject(material.office, opened, reach, region, settings)
    return (
        fields
        | frame_fields(material, reach, region)
        | {"subject": subject, "because": because, "lifted": [], "city_name": region.name_zh, "city_items": []}
    )


def _opened(material: Material, told: Told, chosen: Flags | None = None) -> pd.DataFrame:
    """The rows a recipient's mail lists, the news of each level first.

    Adds ``change`` and how it is said (``mark``), ``owner`` who took it on for the office, ``is_at_once`` whether a
    mail of its own tells of it, ``is_folded`` and a ``detail`` in words.
    """
    shown = material.is_shown
    is_listed = (told.is_listed if chosen is None else chosen)[shown]
    before = told.before[shown]
    change = changes(told.why[shown], before, material.rows["level"].to_numpy())
    is_at_once = told.is_urgent[shown] & (chosen is None)
    rows = material.rows.assign(change=change, before=before, is_at_once=is_at_once)[is_listed]
    taken = [holding.get(material.office.office_id) for holding in rows["silenced"]]
    is_folded = (rows["parent"] != "") & rows["parent"].isin(material.rows["episode_id"])
    # The city counts what is folded; a county, whose own it is, reads each of it and that it is part of something.
    details = map(_detail, taken, is_folded)
    rows = rows.assign(
        owner=[one.owner if one else "" for one in taken],
        detail=list(details),
        mark=[_mark(row) for row in rows.itertuples()],
        is_folded=is_folded & material.office.is_city,
        order=rows["change"].map(_ORDER.index),
    )
    return rows.sort_values(["level", "order"], kind="stable")


def _detail(taken: Acknowledgement | None, is_folded: bool) -> str:
    said = [f"{taken.owner} 已签收，至 {taken.expires_at:%Y-%m-%d}"] if taken else []
    return "；".join([*said, "已并入全市同类事项"] if is_folded else said)


def _noted(opened: pd.DataFrame, telling: pd.DataFrame) -> pd.DataFrame:
    """The same rows; of news that a mail of its own tells of, and this one is not for, the detail says so."""
    is_noted = opened["is_at_once"] & opened["change"].isin([NEW, RAISED]) & ~opened.index.isin(telling.index)
    told = [["已单独即时通报"] if one else [] for one in is_noted]
    details = ["；".join([*note, *filter(None, [one])]) for note, one in zip(told, opened["detail"], strict=True)]
    return opened.assign(detail=details)


def _mark(row: Any) -> str:
    return f"由{LEVEL_NAMES[Level(row.before)]}{RAISED}" if row.change == RAISED else str(row.change)


def _telling(opened: pd.DataFrame, reason: Reason) -> pd.DataFrame:
    """The rows a digest is for: the news of its reason, before them those that no mail of their own tells of."""
    news = opened[opened["change"].isin(_NEWS.get(reason, _ORDER))]
    kept = news[~news["is_at_once"]]
    return next((rows for rows in (kept, news) if len(rows)), opened)


def _items(opened: pd.DataFrame, region: Region, settings: Settings) -> list[Item]:
    listed = opened[~opened["is_folded"]].head(LONGEST_LIST)
    return [item(row, str(row["mark"]), region, settings, str(row["detail"])) for row in listed.to_dict("records")]


def _listing(
    material: Material,
    recipient: Recipient,
    opened: pd.DataFrame,
    telling: pd.DataFrame,
    items: list[Item],
    region: Region,
    settings: Settings,
) -> dict[str, object]:
    """What is listed, and what is said first: of the rows a mail is for the worst that nobody has taken on."""
    ranked = telling.assign(is_taken=telling["owner"] != "").sort_values(["is_folded", "is_taken"], kind="stable")
    first = ranked.iloc[0].to_dict() if len(ranked) else None
    shown = item(first, str(first["mark"]), region, settings) if first else None
    signs = first is not None and recipient.signs(region.permissions, str(first["area"]), region.city)
    return {
        "groups": _groups(items),
        "unlisted": int((~opened["is_folded"]).sum()) - len(items),
        "suspected": _counts(opened[~opened["is_issued"]]),
        "issued": _counts(opened[opened["is_issued"]]),
        "folded": _folded(material, opened[opened["is_folded"]]),
        "fact": fact(first, shown) if first and shown else "",
        "action": action(first, region, str(first["owner"]), signs=signs) if first else "",
        "link": shown.link if shown else "",
        "link_words": "登录办理",
    }


def _owed(material: Material, region: Region) -> list[tuple[str, str]]:
    own = material.rows[material.rows["area"].isin(material.office.areas) & ~material.rows["is_receded"]]
    return owed(material.completeness, material.edition, own, material.office, region)


def _not_reported(
    material: Material,
    opened: pd.DataFrame,
    missing: list[tuple[str, str]],
    reach: date,
    region: Region,
    settings: Settings,
) -> dict[str, object]:
    """What a digest says first when reports stopped: which, and where they are sent."""
    named = "；".join(what for _, what in missing)
    more = f"等 {len(missing)} 类" if len(missing) > 1 else ""
    place = "" if material.office.is_city else f"{_place(material.office, region)} "
    still = f"，有 {len(opened)} 项未解除" if len(opened) else ""
    return {
        "subject": f"[数据未报] {place}{missing[0][1]}{more}{still} 数据截至{reach.isoformat()}",
        "fact": f"到期没有报来：{named}。有关的未解除事项此后有无变化，现在看不到。",
        "action": f"请催报 {named}。" if material.office.is_city else f"请补报 {named}；由其他单位报送的，请催报。",
        "link": f"{settings.address}/data?feed={missing[0][0]}",
        "link_words": "查看报送情况",
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
        risen_first = members.sort_values("change", key=lambda change: change != RAISED, kind="stable")
        names = [_member(row) for row in risen_first.to_dict("records")]
        named = "；".join(names[:_FOLDED_NAMED]) + ("等" if len(names) > _FOLDED_NAMED else "")
        found.append(_Folded(what, len(members), named))
    return found


def _member(row: dict[str, object]) -> str:
    risen = f" {row['mark']}" if row["change"] == RAISED else ""
    return f"{row['area_name']} {industry_of(row)}{risen}"


def _lifted(
    material: Material, levels: Mapping[str, int], still_open: set[str], region: Region, settings: Settings
) -> list[Item]:
    """Warnings of earlier mails that are open no more; one that a revision took out of the file is told as such."""
    gone = [one for one in sorted(levels) if one not in still_open]
    ended = material.rows[material.rows["is_ended"]]
    by_people = ended.assign(detail=ended["ended_by"], is_issued=ended["issued_at"].notna()).to_dict("records")
    rows = {str(row["episode_id"]): row for row in [*material.closed.to_dict("records"), *by_people]}
    items = [item(rows[one], "", region, settings, str(rows[one].get("detail", ""))) for one in gone if one in rows]
    missing = set(gone) - set(rows) - set(material.rows["episode_id"])
    return items + (_withdrawn(material, missing, region, settings) if missing else [])


def _withdrawn(material: Material, missing: set[str], region: Region, settings: Settings) -> list[Item]:
    """What a revision took away, as it was last shown; its page is that of the edition which showed it."""
    cutoff_at, viewer = material.edition.cutoff_at, material.office.viewer
    before = read("mail_withdrawn", viewer, cutoff_at, published=settings.published)
    rows = before[before["episode_id"].isin(missing)].to_dict("records")
    items = [item(row, "", region, settings) for row in rows]
    found = [
        replace(one, link=f"{one.link}?as_of={row['changed_on']:%Y-%m-%d}")
        for one, row in zip(items, rows, strict=True)
    ]
    if unknown := len(missing) - len(found):
        title = f"此前通报的 {unknown} 项情况"
        nothing = Item("", title, "", 0, False, "", "", "", "", date.min, "", "", "", WITHDRAWN, settings.address)
        found.append(nothing)
    return found


def _counts(rows: pd.DataFrame) -> str:
    found = rows["level"].value_counts()
    return "、".join(f"{name} {found[level]} 项" for level, name in LEVEL_NAMES.items() if level in found.index)


def _over(office: Office, opened: pd.DataFrame, lifted: list[Item], reach: date, region: Region) -> dict[str, object]:
    """What a digest says first when nothing but ends is news: what ended, why, and that nothing is to be done."""
    first = lifted[0]
    are_false = all(_is_false(one) for one in lifted)
    still = f"，仍有 {len(opened)} 项未解除" if len(opened) else ""
    end = "误报" if are_false else "解除"
    body = first.what if len(lifted) == 1 else f"{_place(office, region)} {end} {len(lifted)} 项"
    kind = "误报" if are_false else "预警解除" if any(one.is_issued for one in lifted) else "疑似预警解除"
    return {
        "subject": f"[{kind}] {body}{still} 数据截至{reach.isoformat()}",
        "fact": _ended(lifted),
        "action": f"无须处理{f'；{still[1:]}，列在下面' if still else ''}。",
        "link": first.link,
        "link_words": "登录查看",
    }


def _is_false(one: Item) -> bool:
    return one.state == STATE_NAMES[State.DISMISSED]


def _ended(lifted: list[Item]) -> str:
    first = lifted[0]
    why = first.close_reason or first.detail
    if len(lifted) > 1:
        counts = {"已认定误报": sum(map(_is_false, lifted)), "已解除": sum(not _is_false(one) for one in lifted)}
        said = "，".join(f"{number} 项{word}" for word, number in counts.items() if number)
        return f"此前通报的 {len(lifted)} 项中，{said}：{first.what}等。"
    called = "预警" if first.is_issued else "疑似预警"
    return f"{first.what}的{called}{'已认定误报' if _is_false(first) else '已解除'}{f'：{why}' if why else ''}。"


def _last_data_day(material: Material, items: list[Item], region: Region) -> date:
    fallback = data_to(material.completeness, material.edition) or region.local_day(material.edition.cutoff_at)
    return max((one.data_to for one in items), default=fallback)


def _subject(office: Office, telling: pd.DataFrame, reach: date, region: Region, settings: Settings) -> str:
    """The subject names the rows a mail is for, and their worst level."""
    if telling.empty:
        return f"{_place(office, region)} 没有未解除的事项 数据截至{reach.isoformat()}"
    row = telling.sort_values(["level", "is_issued"], ascending=[True, False], kind="stable").iloc[0].to_dict()
    worst = item(row, str(row["mark"]), region, settings)
    if len(telling) == 1:
        size = f"，{worst.people}" if worst.people else f"，{worst.observed}" if worst.observed else ""
        body = f"{worst.what} {worst.change}{size}"
    else:
        body = f"{_place(office, region)} {len(telling)} 项（{_counts(telling)}）"
    return f"{worst.tag} {body} 数据截至{reach.isoformat()}"


def _place(office: Office, region: Region) -> str:
    if office.is_city:
        return region.name_zh
    names = region.places.set_index("code")["name"]
    own = [str(names.get(code, code)) for code in sorted(office.areas)]
    return own[0] if len(own) == 1 else f"{own[0]}等 {len(own)} 个地区"
