"""Who may bring a warning from one state to the next, and by when: the region's transition.csv, asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from pipelines.core.domain import COUNTY_POSTS, Level, Role, Said, SaidError, State, Viewer


@dataclass(frozen=True)
class Step:
    """One step that a role may take. ``by_delegation``: another may, by a recorded order and document number.

    ``within`` of the instant at which the warning came into the state ``counts_from``; None: no limit is set.
    """

    to: State
    role: Role
    within: timedelta | None
    counts_from: State | None
    by_delegation: bool
    basis: str

    def is_for(self, role: Role | None) -> bool:
        """Whether a role takes it, for itself or, with a document, for another."""
        return role is self.role or (self.by_delegation and role is Role.CITY_DUTY)

    def due_at(self, since: datetime) -> datetime | None:
        """By when, if the warning came into ``counts_from`` at ``since``."""
        return None if self.within is None else since + self.within


def possible_steps(transition: pd.DataFrame, level: Level, state: State, *, is_city: bool = False) -> list[Step]:
    """All steps out of a state at a level; ``transition`` is ``Region.transition``.

    ``is_city``: of a warning about the whole city, for which no county answers: the step is the row's ``city_role``'s,
    where it names none the role's own, and what is a county post's is the city duty desk's.
    """
    found = transition[(transition["level"] == level.value) & (transition["from"] == state)]
    return [
        Step(
            State(row.to),
            role_for_city(row.role, row.city_role) if is_city else Role(row.role),
            None if pd.isna(row.within_hours) else timedelta(hours=int(row.within_hours)),
            None if pd.isna(row.counts_from) else State(row.counts_from),
            bool(row.by_delegation),
            str(row.basis),
        )
        for row in found.itertuples()
    ]


def role_for_city(role: str, city_role: str) -> Role:
    """Whose a step is for a warning about the whole city, as a row of the table says it."""
    if city_role:
        return Role(city_role)
    return Role.CITY_DUTY if role in COUNTY_POSTS else Role(role)


def remind_within(transition: pd.DataFrame) -> dict[Level, timedelta]:
    """By level the working time after which the next post is told that nobody took a warning on."""
    found = transition.loc[transition["from"] == State.TO_VERIFY, ["level", "remind_hours"]].dropna()
    return {Level(int(level)): timedelta(hours=int(hours)) for level, hours in found.itertuples(index=False)}


def find_unheld(
    transition: pd.DataFrame, viewers: Collection[Viewer], area: str, *, is_city: bool
) -> list[tuple[Level, State, set[Role]]]:
    """Levels and states of warnings about an area that none of the viewers may bring on, with the posts that should.

    By delegation alone nobody counts: it needs an order of the post that is not held.
    """
    found = []
    for (level, state), _ in transition.groupby(["level", "from"], sort=True):
        posts = {one.role for one in possible_steps(transition, Level(level), State(state), is_city=is_city)}
        if not any(one.role in posts and one.answers_for(area) for one in viewers):
            found.append((Level(level), State(state), posts))
    return found


def find_step(
    transition: pd.DataFrame,
    level: Level,
    state: State,
    to: State,
    role: Role,
    document: str = "",
    *,
    is_city: bool = False,
) -> Step:
    """The step a role takes; ``document``: order and number of the delegation, if it acts for another.

    Raises SaidError that says who may, when there is no such step or it is another's.
    """
    possible = [one for one in possible_steps(transition, level, state, is_city=is_city) if one.to is to]
    for one in possible:
        if one.is_for(role) and (one.role is role or document.strip()):
            return one
    if not possible:
        zh = f"{level.value} 级预警不能从“{state}”直接到“{to}”"
        raise SaidError(Said(zh, f"a warning of level {level.value} does not go from {state} to {to}"))
    who = "、".join(sorted({one.role.value for one in possible}))
    by = "；受托登记须写明批示和文号" if any(one.by_delegation for one in possible) else ""
    raise SaidError(Said(f"这一步由 {who} 办理{by}", f"this step is for {who}"))
