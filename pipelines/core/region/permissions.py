"""Who may do what: permissions.csv of a region's folder, a row an act and role with its scope.

Steps of a warning are not here: who takes them is in transition.csv.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pipelines.core.domain import CITY_POSTS, COUNTY_POSTS, Role, UserError, Viewer
from pipelines.core.region.table import Cell, Table, one_of, read_table


class PermittedAct(StrEnum):
    """What a role needs a permission for; the list is closed. What is not here anybody does who is signed in."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN_MEASURE = "assign_measure"
    REPORT_MEASURE = "report_measure"
    SEND_FILE = "send_file"
    DECIDE_RULE = "decide_rule"
    CONFIRM_ACCOUNT = "confirm_account"
    WATCH_ACCOUNTS = "watch_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"
    SEE_RULES = "see_rules"
    SEE_DELIVERY = "see_delivery"
    SEE_EMPLOYERS = "see_employers"


class Scope(StrEnum):
    """Which areas an act is permitted for: those the viewer answers for, the city as a whole, or all of these."""

    OWN = "own"
    CITY = "city"
    ALL = "all"


ABOUT_AREAS = (
    PermittedAct.ACKNOWLEDGE,
    PermittedAct.ASSIGN_MEASURE,
    PermittedAct.REPORT_MEASURE,
    PermittedAct.SEND_FILE,
)
"""Acts about a warning or a file of one area; somebody does each for every unit and for the city."""
COLUMNS: dict[str, Cell] = {"act": one_of(*PermittedAct), "role": one_of(*Role), "scope": one_of(*Scope)}


@dataclass(frozen=True)
class Permissions:
    """The rows of permissions.csv; without any, nobody may do what needs a permission."""

    scopes: Mapping[tuple[PermittedAct, Role], Scope] = field(default_factory=dict)

    def scope(self, viewer: Viewer, act: PermittedAct) -> Scope | None:
        """For which areas a viewer may do an act; None where it may not."""
        return None if viewer.role is None else self.scopes.get((act, viewer.role))

    def may(self, viewer: Viewer, act: PermittedAct) -> bool:
        """Whether a viewer may do an act, be it for some areas alone."""
        return self.scope(viewer, act) is not None

    def may_for(self, viewer: Viewer, act: PermittedAct, area: str, *, is_city: bool) -> bool:
        """Whether a viewer may do an act about an area; ``is_city``: the area is the city as a whole."""
        scope = self.scope(viewer, act)
        if scope is Scope.OWN:
            return not is_city and area in viewer.areas
        return viewer.answers_for(area) and (scope is Scope.ALL or (scope is Scope.CITY and is_city))

    def roles(self, act: PermittedAct) -> frozenset[Role]:
        """The roles that may do an act."""
        return frozenset(role for one, role in self.scopes if one is act)


def permissions_of(table: Table) -> Permissions:
    """The permissions as a table says them; each act has somebody, acts about areas for every unit and for the city.

    Raises UserError with line, column and the fix where an act is nobody's, or a scope does not fit its role.
    """
    frame = table.frame
    table.require_unique("act", "role")
    is_county = frame["role"].isin(COUNTY_POSTS)
    table.refuse(is_county & (frame["scope"] != Scope.OWN), "scope", "县级岗位只办本单位区域的事，应为 own")
    table.refuse(~is_county & (frame["scope"] == Scope.OWN), "scope", "市级岗位没有本单位区域，应为 city 或 all")
    table.refuse(
        frame["act"].isin(ABOUT_AREAS) & ~frame["role"].isin([*COUNTY_POSTS, *CITY_POSTS]),
        "role",
        "不办理预警和报送，应为 county_ 或 city_ 开头的岗位",
    )
    where = f"{table.path.parent.name}/{table.path.name}"
    for act in PermittedAct:
        scopes = set(frame.loc[frame["act"] == act, "scope"])
        if not scopes:
            raise UserError(f"{where} 没有可以办理 {act} 的岗位，请补上一行 act={act}。")
        if act in ABOUT_AREAS and not scopes & {Scope.CITY, Scope.ALL}:
            raise UserError(f"{where}：全市的事没有岗位可以办理 {act}，请补上一行市级岗位。")
        if act in ABOUT_AREAS and not scopes & {Scope.OWN, Scope.ALL}:
            raise UserError(f"{where}：各区县的事没有岗位可以办理 {act}，请补上一行 scope 为 own 或 all 的岗位。")
    rows = frame.itertuples(index=False)
    return Permissions({(PermittedAct(str(one.act)), Role(str(one.role))): Scope(str(one.scope)) for one in rows})


def read_permissions(folder: Path) -> Permissions:
    """The permissions of a region's folder as its file is now. Raises UserError as ``permissions_of`` does."""
    path = folder / "permissions.csv"
    if not path.exists():
        return Permissions()
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, changed_at: int, size: int) -> Permissions:
    return permissions_of(read_table(path, COLUMNS, frozenset()))
