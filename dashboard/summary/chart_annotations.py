"""What happened while a series ran: its own early warnings, and the policies and shutdowns that touch it.

Of each kind the newest few are numbered for the chart; the others are told in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

import pandas as pd

from dashboard.summary import reference
from dashboard.web import data

MOST = 3
"""So many marks of a kind in one chart: on a phone more would hide the series."""


@dataclass(frozen=True)
class Warned:
    """An early warning of the series: opened on ``first``, lifted on ``last`` (None: it is open)."""

    first: date
    last: date | None
    level: int
    title: str
    episode_id: str
    number: int = 0


@dataclass(frozen=True)
class Announced:
    """A policy or shutdown (notice, item 24): begins on ``first``, ends on ``last`` (None: no end is known).

    ``jobs`` and ``employers`` are those of the announced plan, None where they are not told.
    """

    first: date
    last: date | None
    kind: str
    title: str
    where: str
    source: str
    jobs: int | None
    employers: int | None
    number: int = 0


Mark = Warned | Announced


@dataclass(frozen=True)
class Marks:
    """``drawn``: numbered from 1 by the day they begin. ``others``: outside the view or older, the newest first."""

    drawn: tuple[Mark, ...] = ()
    others: tuple[Mark, ...] = ()


NO_MARKS = Marks()


def marks(indicator: str, area: str, industry: str, since: date, until: date) -> Marks:
    """The marks of a series as they are known in the edition shown; ``since`` and ``until``: the days in view."""
    warned, announced = _warned(indicator, area, industry, since), _announced(area, industry, since)
    chosen: list[Mark] = [*_in_view(warned, since, until)[:MOST], *_in_view(announced, since, until)[:MOST]]
    found: list[Mark] = [*warned, *announced]
    others = [one for one in found if one not in chosen]
    numbered = [
        replace(one, number=place) for place, one in enumerate(sorted(chosen, key=attrgetter("first")), start=1)
    ]
    return Marks(tuple(numbered), tuple(sorted(others, key=attrgetter("first"), reverse=True)))


def _in_view(found: Sequence[Mark], since: date, until: date) -> list[Mark]:
    """Those that begin or end in view."""
    return [
        one for one in found if since <= one.first <= until or (one.last is not None and since <= one.last <= until)
    ]


def _warned(indicator: str, area: str, industry: str, since: date) -> list[Warned]:
    rows = data.read_indicator("warning_of_series", indicator, area=area, industry=industry, since=since)
    return [
        Warned(row.opened_on.date(), reference.as_day(row.closed_on), int(row.level), row.rule_title, row.episode_id)
        for row in rows.itertuples(index=False)
    ]


def _announced(area: str, industry: str, since: date) -> list[Announced]:
    rows = data.read("event_of_series", area=area, industry=industry, city=reference.city(), since=since)
    return [
        Announced(
            row.from_on.date(),
            reference.as_day(row.to_on),
            row.kind,
            row.title,
            reference.where(row.area, row.industry),
            row.source,
            _known(row.jobs),
            _known(row.employers),
        )
        for row in rows.itertuples(index=False)
    ]


def _known(number: Any) -> int | None:
    return None if pd.isna(number) else int(number)
