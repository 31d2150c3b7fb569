"""Decides which rows of a published table a viewer may see; deny by default, and the only place that decides it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pipelines.core.domain import Audience, Said, SaidError, Viewer

_CODE = re.compile(r"[0-9A-Za-z_.-]{1,32}")


EVERYTHING = frozenset({"city_totals", "own_rank"})
"""What an office may see of other areas where the published file does not say: see ``disclosure_policy``."""


class RefusedError(SaidError):
    """The viewer's audience may not read this table, or nobody has said who may."""


class Source(StrEnum):
    """Which published file rows come from."""

    GENERAL = "general"
    RESTRICTED = "restricted"


class Clock(StrEnum):
    """How a table says what was known when."""

    TIMELESS = "timeless"  # reference rows
    VINTAGE = "vintage"  # known_from, known_to
    EDITION = "edition"  # edition_id of the run that said so
    STANDING = "standing"  # the same, but what is said of a month or quarter stands until it is said anew
    RECEIVED = "received"  # received_at
    DROP = "drop"  # drop_id, dated by the register of drops


@dataclass(frozen=True)
class Table:
    """What a published table declares about itself.

    ``area`` is the expression that says whose row it is, None for reference rows everybody may read;
    ``in_general`` says whether the general file has the table. ``needs`` is what the region's policy must allow an
    office, ``bureau_only`` that no office sees it whatever the policy, ``derived`` the file of pipelines/sql/views that
    makes the table from the restricted file of all areas.
    """

    clock: Clock
    area: str | None = None
    in_general: bool = True
    needs: str = ""
    derived: str = ""
    bureau_only: bool = False


_CELL = ("indicator", "industry", "cohort", "grain", "period", "known_from")  # of a table of the city
_SENDER_OF_DROP = "(select r.sender from {source}.drop_register as r where r.drop_id = t.drop_id)"

TABLES: dict[str, Table] = {
    "manifest": Table(Clock.TIMELESS),
    "place": Table(Clock.TIMELESS),
    "industry": Table(Clock.TIMELESS),
    "indicator": Table(Clock.TIMELESS),
    "rule": Table(Clock.TIMELESS),
    "edition": Table(Clock.EDITION),
    "reading": Table(Clock.VINTAGE, "t.area"),
    "episode": Table(Clock.VINTAGE, "t.area"),
    "roster": Table(Clock.VINTAGE, "t.area"),
    "suppression": Table(Clock.VINTAGE, "t.area"),
    "score": Table(Clock.STANDING, "t.area", in_general=False),
    "forecast": Table(Clock.STANDING, "t.area", in_general=False),
    "nowcast": Table(Clock.EDITION, "t.area", in_general=False),
    "revision": Table(Clock.EDITION, "t.area", in_general=False),
    "model_quality": Table(Clock.EDITION, "t.area", in_general=False),
    "area_rank": Table(Clock.TIMELESS, "t.area", in_general=False, needs="own_rank", derived="area_rank"),
    "corroboration": Table(Clock.EDITION, "t.area"),
    "layoff_lead": Table(Clock.EDITION, "t.area", in_general=False, bureau_only=True),
    "contributor": Table(Clock.VINTAGE, "t.area", in_general=False),
    "employer": Table(Clock.VINTAGE, "t.area", in_general=False),
    "listed_employer": Table(Clock.VINTAGE, "t.area", in_general=False),
    "filed_report": Table(Clock.VINTAGE, "t.area", in_general=False),
    "announced_event": Table(Clock.VINTAGE, "t.area"),
    "drop_register": Table(Clock.RECEIVED, "t.sender", in_general=False),
    "quarantine": Table(Clock.DROP, _SENDER_OF_DROP, in_general=False),
}


def scope(
    viewer: Viewer, table: str, city: str, office_sees: frozenset[str] = EVERYTHING
) -> tuple[tuple[Source, str], ...]:
    """Return the parts a viewer's rows of a table are made of: file, and predicate over ``t`` (the table's alias).

    Bureau: the restricted file, all of it. Office: its own areas from the restricted file and, if the region's policy
    ``office_sees`` has them, the city's totals from the general one; never another unit's rows. Anybody else: the
    general file; a mail's recipient only its own areas and the city's totals of it. Raises RefusedError for a table
    that declares no owner column, that the general file does not hold, or that the policy keeps from offices.
    """
    declared = TABLES.get(table)
    if declared is None:
        raise RefusedError(Said(f"表 {table} 没有声明归属列，拒绝读取", "no scope is declared for this table"))
    audience = viewer.audience
    if declared.area is None:
        return ((Source.GENERAL if audience is Audience.GENERAL else Source.RESTRICTED, "true"),)
    if audience is Audience.BUREAU:
        return ((Source.RESTRICTED, "true"),)
    if audience is Audience.OFFICE:
        if declared.bureau_only:
            raise RefusedError(Said(f"表 {table} 只供市局使用", "this table is for the bureau alone"))
        if declared.needs and declared.needs not in office_sees:
            raise RefusedError(Said(f"本地区规定各单位不看 {table}", "the region's policy keeps this from offices"))
        own = (Source.RESTRICTED, _among(declared.area.format(source=Source.RESTRICTED), viewer.areas))
        if not declared.in_general or city in viewer.areas or "city_totals" not in office_sees:
            return (own,)
        return (own, (Source.GENERAL, _among(declared.area, frozenset({city}))))
    if not declared.in_general:
        raise RefusedError(Said(f"表 {table} 不对外公开", "this table is for the bureau and for the office concerned"))
    if not viewer.areas:
        return ((Source.GENERAL, "true"),)
    return ((Source.GENERAL, _among(declared.area, viewer.areas | {city})),)


def kept_from(viewer: Viewer, table: str, source: Source, offices: frozenset[str]) -> str:
    """SQL predicate over ``t``: this figure of the city is kept from an office, which would subtract its own.

    Empty where nothing is kept. ``offices``: the areas of which the published file says what is kept from them; an
    office of other areas sees none of the city's figures.
    """
    if viewer.audience is not Audience.OFFICE or table != "reading" or source is not Source.GENERAL:
        return ""
    areas = ";".join(sorted(viewer.areas))
    if areas not in offices:
        return "true"
    key = ", ".join(f"t.{column}" for column in _CELL)
    return (
        f"(({key}) in (select ({key.replace('t.', 'w.')}) from {Source.RESTRICTED}.withheld as w "  # nosec B608 # one of the offices' codes
        f"where w.areas = '{areas}'))"
    )


def _among(column: str, codes: frozenset[str]) -> str:
    """SQL for "is one of these"; an office without areas owns nothing."""
    wrong = sorted(code for code in codes if not _CODE.fullmatch(code))
    if wrong:
        raise RefusedError(Said(f"区域代码无效：{wrong[0]!r}", "not an area code"))
    if not codes:
        return "false"
    listed = ", ".join(f"'{code}'" for code in sorted(codes))
    return f"{column} in ({listed})"
