"""The region's tables as the server's acts and pages need them: read once for each state of the folder."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from flask import current_app

from dashboard.summary.wording import REGION
from dashboard.web import data
from pipelines.core.domain import Level, State
from pipelines.core.region.load import Region, load
from pipelines.ledger.workflow.transition import Step, possible_steps


def region() -> Region:
    """The region of this request's server, as its files are now. Raises UserError as ``load`` does."""
    return data.once(_region)


def office_of(areas: frozenset[str]) -> tuple[str, str] | None:
    """Identity and name of the first office that answers for any of these areas."""
    offices = region().offices
    found = ((str(one.office_id), str(one.name)) for one in offices.itertuples() if areas & set(one.areas.split(";")))
    return next(found, None)


def code_title(listed: str, code: str) -> str:
    """The title of a code of one of the region's lists; the code itself where the list has none."""
    codes = region().codes
    titles = codes.loc[(codes["list"] == listed) & (codes["code"] == code), "title"]
    return str(titles.iloc[0]) if len(titles) else code


def due_day(days: int, today: date) -> date:
    """So many days from today; where that is no workday, the next one."""
    due = today + timedelta(days=days)
    while not region().is_workday(due):
        due += timedelta(days=1)
    return due


def steps_from(level: Level, state: State, *, is_city: bool) -> Sequence[Step]:
    """The steps out of a state at a level; ``is_city``: of a warning about the whole city."""
    return _steps(_folder(), data.region_changed_at(), level, state, is_city)


def _region() -> Region:
    return _loaded(_folder(), data.region_changed_at())


def _folder() -> Path:
    folder: Path = current_app.config[REGION]
    return folder


@lru_cache(maxsize=2)
def _loaded(folder: Path, _at: int) -> Region:
    return load(folder)


@lru_cache(maxsize=256)
def _steps(folder: Path, changed_at: int, level: Level, state: State, is_city: bool) -> tuple[Step, ...]:
    return tuple(possible_steps(_loaded(folder, changed_at).transition, level, state, is_city=is_city))
