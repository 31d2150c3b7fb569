"""What a detector could find at best that knows the invented city's true rates and the event it looks for.

Neyman-Pearson: of all tests at one false-alarm rate none finds more than the likelihood ratio of the true rates with
and without this very event. For counts it is near normal, with the mean sqrt(sum of extra² ÷ variance) over the days
that have come. No detector knows the rates, so what is found lies below.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy import stats

from pipelines.core.region.load import Region
from pipelines.demo import CitySpec, Plan, plan_city
from pipelines.demo.events import Event, PersonRow
from tests.bench.place import LAST_DAY

STREAMS = (("insured_event", "risk"), ("benefit_claim", "claim"))


def best_power(
    region: Region, days: int, scale: float, seed: int, large: pd.DataFrame, within: int, series: int
) -> pd.Series:
    """Chance that the best test finds each of the ``large`` events (rows of the truth) ``within`` days of its first
    visible day, at one false alarm a week among so many ``series``. An event with a layoff report in time is told."""
    plan = plan_city(region, CitySpec(days, scale, seed, LAST_DAY))
    line = stats.norm.isf(1 / series)
    events = {f"E{event.number + 1:04d}": event for event in plan.events}
    power = []
    for row in large.itertuples():
        event, seen = events[str(row.event_id)], row.first_visible_on.date() + timedelta(days=within)
        told = _is_reported(event, plan, seen)
        power.append(1.0 if told else float(stats.norm.sf(line - _distance(event, plan, seen))))
    return pd.Series(power, index=large.index, dtype=float)


def _distance(event: Event, plan: Plan, seen: date) -> float:
    """Standard deviations between the city with and without the event, by all rows received up to a day."""
    total = 0.0
    for (feed, stream), rows in zip(STREAMS, (event.leave, event.claim), strict=True):
        extra = _extra(rows, feed, plan, (seen - plan.timeline.first).days)
        shape = (len(plan.city.areas), len(plan.city.sections), -1)
        variance = (plan.rhythm.mean[stream] * plan.rhythm.dispersion[stream][:, None]).reshape(shape)
        areas = slice(None) if event.area is None else slice(event.area, event.area + 1)
        sections = slice(None) if event.section is None else slice(event.section, event.section + 1)
        own = variance[areas, sections].sum(axis=(0, 1))
        days = extra > 0
        total += float((extra[days] ** 2 / own[days]).sum())
    return float(np.sqrt(total))


def _extra(rows: PersonRow, feed: str, plan: Plan, until: int) -> np.ndarray:
    """(days,) the event's rows by the day they were filed, of files received up to a day."""
    area = plan.city.area_of(plan.city.cell[rows.employer])
    come = plan.arrival.visible(feed, area, rows.filed, plan.timeline.horizon)
    filed, received = rows.filed[come], plan.arrival.received[feed][area[come], rows.filed[come]]
    return np.bincount(filed[received <= until], minlength=len(plan.timeline)).astype(float)


def _is_reported(event: Event, plan: Plan, seen: date) -> bool:
    """Whether the employer's own report of the event has come by a day."""
    if event.report is None:
        return False
    area, day = plan.city.area_of(plan.city.cell[[event.report.employer]]), np.array([event.report.reported])
    if not plan.arrival.visible("layoff_report", area, day, plan.timeline.horizon)[0]:
        return False
    received = plan.arrival.received["layoff_report"][area[0], day[0]]
    return bool(received <= (seen - plan.timeline.first).days)
