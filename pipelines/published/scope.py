"""Decides which rows of a published table a viewer may see; deny by default, and the only place that decides it."""

import re
from enum import StrEnum

from pipelines.core.catalogue.table import Readers
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Audience, Said, SaidError, Viewer
from pipelines.core.sql import literal, literals, step

_CODE = re.compile(r"[0-9A-Za-z_.-]{1,32}")


EVERYTHING = frozenset({"city_totals", "own_rank"})
"""What an office may see of other areas where the published file does not say: see ``disclosure_policy``."""


class RefusedError(SaidError):
    """The viewer's audience may not read this table, or nobody has said who may."""


class Source(StrEnum):
    """Which published file rows come from."""

    GENERAL = "general"
    RESTRICTED = "restricted"


def scope(
    viewer: Viewer, table: str, city: str, office_sees: frozenset[str] = EVERYTHING
) -> tuple[tuple[Source, str], ...]:
    """Return the parts a viewer's rows of a table are made of: file, and predicate over ``t`` (the table's alias).

    Bureau: the restricted file, all of it. Office: its own areas from the restricted file and, if the region's policy
    ``office_sees`` has them, the city's totals from the general one; never another unit's rows. Anybody else: the
    general file; a mail's recipient only its own areas and the city's totals of it. Raises RefusedError for a table
    that declares no owner column, that the general file does not hold, or that the policy keeps from offices.
    """
    declared = tables().get(table)
    if declared is None or declared.readers in (Readers.DOOR, Readers.NOBODY):
        raise RefusedError(Said(f"表 {table} 没有声明归属列，拒绝读取", "no scope is declared for this table"))
    audience = viewer.audience
    if declared.owner is None:
        return ((Source.GENERAL if audience is Audience.GENERAL else Source.RESTRICTED, "true"),)
    if audience is Audience.BUREAU:
        return ((Source.RESTRICTED, "true"),)
    if audience is Audience.OFFICE:
        if declared.readers is Readers.BUREAU:
            raise RefusedError(Said(f"表 {table} 只供市局使用", "this table is for the bureau alone"))
        if declared.needs and declared.needs not in office_sees:
            raise RefusedError(Said(f"本地区规定各单位不看 {table}", "the region's policy keeps this from offices"))
        own = (Source.RESTRICTED, _among(declared.owner.format(source=Source.RESTRICTED), viewer.areas))
        if declared.readers is not Readers.GENERAL or city in viewer.areas or "city_totals" not in office_sees:
            return (own,)
        return (own, (Source.GENERAL, _among(declared.owner, frozenset({city}))))
    if declared.readers is not Readers.GENERAL:
        raise RefusedError(Said(f"表 {table} 不对外公开", "this table is for the bureau and for the office concerned"))
    if not viewer.areas:
        return ((Source.GENERAL, "true"),)
    return ((Source.GENERAL, _among(declared.owner, viewer.areas | {city})),)


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
    return step("shown_withheld", areas=literal(areas))


def _among(column: str, codes: frozenset[str]) -> str:
    """SQL for "is one of these"; an office without areas owns nothing."""
    wrong = sorted(code for code in codes if not _CODE.fullmatch(code))
    if wrong:
        raise RefusedError(Said(f"区域代码无效：{wrong[0]!r}", "not an area code"))
    if not codes:
        return "false"
    return f"{column} in ({literals(sorted(codes))})"
