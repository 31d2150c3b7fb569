"""Whom a warning concerns: an office its own areas, the city's office all of them; and who reads mail there."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipelines.core.domain import Role, Viewer, recipient_viewer
from pipelines.core.region.load import Region
from pipelines.core.region.office_hours import Hours
from pipelines.core.region.permissions import Permissions, PermittedAct

DESKS = frozenset({Role.COUNTY_CLERK, Role.CITY_ANALYST, Role.CITY_DUTY})
"""Posts that get the digest; the others are told of orange and red alone, by briefs, and when nobody answers."""

STEPS = ("clerk", "head", "duty")
"""Posts that are asked one after the other when nobody answers."""
_COUNTY = {"clerk": Role.COUNTY_CLERK, "head": Role.COUNTY_HEAD, "duty": Role.CITY_DUTY}
_CITY = {"clerk": Role.CITY_ANALYST, "head": Role.CITY_DUTY, "duty": Role.CITY_LEADER}
POST_NAMES = {
    Role.COUNTY_CLERK: "经办岗位",
    Role.COUNTY_HEAD: "单位负责人",
    Role.CITY_ANALYST: "市级分析岗",
    Role.CITY_DUTY: "市级值班岗",
    Role.CITY_LEADER: "市局领导",
}


@dataclass(frozen=True)
class Office:
    """A responsible office; ``areas`` are those it is told about."""

    office_id: str
    name: str
    areas: frozenset[str]
    is_city: bool
    hours: Hours

    @property
    def viewer(self) -> Viewer:
        """Who its mails are rendered as."""
        return recipient_viewer(self.areas)


@dataclass(frozen=True)
class Recipient:
    """An address of an office and the post that reads it."""

    office: Office
    address: str
    title: str
    role: Role

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.office.office_id, self.address

    def signs(self, permissions: Permissions, area: str, city: str) -> bool:
        """Whether this post takes on warnings of an area; the others see to it that somebody does."""
        viewer = Viewer(self.role, frozenset() if self.office.is_city else self.office.areas)
        return permissions.may_for(viewer, PermittedAct.ACKNOWLEDGE, area, is_city=area == city)


def offices(region: Region) -> list[Office]:
    """All offices of the region, in the order of offices.csv; a city's office is concerned by every area."""
    everywhere = frozenset({region.city, *region.units})
    return [
        Office(
            office_id=str(row.office_id),
            name=str(row.name),
            areas=everywhere if bool(row.is_city) else frozenset(str(row.areas).split(";")),
            is_city=bool(row.is_city),
            hours=Hours(row.work_from, row.work_to, row.quiet_from, row.quiet_to),
        )
        for row in region.offices.itertuples(index=False)
    ]


def recipients(region: Region, day: date) -> list[Recipient]:
    """Who reads mail on this day, office by office, in the order of recipients.csv."""
    rows = region.recipients
    at = pd.Timestamp(day)
    is_valid = (rows["valid_from"] <= at) & (rows["valid_to"].isna() | (rows["valid_to"] >= at))
    return [
        Recipient(office, str(row.address), str(row.title), Role(row.role))
        for office in offices(region)
        for row in rows[is_valid & (rows["office_id"] == office.office_id)].itertuples(index=False)
    ]


def asked(office: Office, step: str, everybody: list[Recipient]) -> list[Recipient]:
    """Who is asked at a step about a warning that this office answers for: at the office, or at the city's."""
    post = (_CITY if office.is_city else _COUNTY)[step]
    return [one for one in everybody if one.role is post and (one.office.is_city or one.office == office)]


def unrouted(region: Region, day: date) -> list[str]:
    """Names of the areas whose warnings no desk would be told of on this day: the city, units, in their order."""
    told = frozenset[str]().union(*(_own(one.office, region) for one in recipients(region, day) if one.role in DESKS))
    names = region.places.set_index("code")["name"]
    return [str(names[code]) for code in (region.city, *region.units) if code not in told]


def unmanned(region: Region, day: date) -> list[str]:
    """Posts nobody reads mail at on this day though they are asked when nobody answers, each with its area's name."""
    everybody, names = recipients(region, day), region.places.set_index("code")["name"]
    lacking = []
    for one in offices(region):
        steps = [step for step in STEPS if one.is_city or step != "duty"]  # the city's desk is the city's to name
        places = "、".join(str(names[code]) for code in (region.city, *region.units) if code in _own(one, region))
        posts = _CITY if one.is_city else _COUNTY
        lacking += [f"{places}{POST_NAMES[posts[step]]}" for step in steps if not asked(one, step, everybody)]
    return lacking


def _own(office: Office, region: Region) -> frozenset[str]:
    """The areas it answers for, which are not all that the city's office is told about."""
    return frozenset({region.city}) if office.is_city else office.areas


def concerned(warnings: pd.DataFrame, office: Office) -> pd.DataFrame:
    """The warnings (rows with a column ``area``) this office is told about; city totals are context, not its own."""
    return warnings[warnings["area"].isin(office.areas)]
