"""A synthetic city with a known truth: drops as senders would write them, for trying the program and for tests."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.demo.arrival import Arrival, build_arrival
from pipelines.demo.background import birth_and_sex, draw_background, draw_paid_months
from pipelines.demo.case import case_sheets
from pipelines.demo.city import City, build_city
from pipelines.demo.contribution import contribution_sheet
from pipelines.demo.daily import draw_claims, draw_insured, draw_seekers, draw_vacancies, filed_reasons
from pipelines.demo.daily_form import (
    benefit_claim_sheet,
    insured_event_sheet,
    job_seeker_sheet,
    layoff_report_sheet,
    vacancy_sheet,
)
from pipelines.demo.dispute import dispute_sheet
from pipelines.demo.events import Event, draw_events
from pipelines.demo.layoff import draw_layoffs, draw_terms
from pipelines.demo.learning import learning_sheets
from pipelines.demo.mobility import mobility_sheets
from pipelines.demo.monthly import draw_headcount, draw_monitored, headcount_sheet, monitored_sheet
from pipelines.demo.post import post_sheet
from pipelines.demo.registration import draw_registrations, registration_sheet
from pipelines.demo.rhythm import Rhythm, build_rhythm, draw_counts
from pipelines.demo.service import service_sheets
from pipelines.demo.shortage import shortage_sheet
from pipelines.demo.source_events import SourceEvent, draw_source_events
from pipelines.demo.source_truth import source_rows
from pipelines.demo.standing import standing_sheets
from pipelines.demo.timeline import Timeline, build_timeline, random_stream
from pipelines.demo.truth import truth_frame, write_truth
from pipelines.demo.village import village_sheet
from pipelines.demo.wording import FEEDS, Wording
from pipelines.demo.write import Progress, SheetWriter

_LEAST_DAYS = 14
_MOST_DAYS = 4000
_SCALES = (0.001, 20.0)
_ONLINE = 0.6  # of the claims


@dataclass(frozen=True)
class CitySpec:
    """What city is invented: days of data that end on ``last_day``; scale 1 is the whole city.

    ``is_quiet`` leaves the labelled events out and changes nothing else.
    """

    days: int
    scale: float
    seed: int
    last_day: date
    is_quiet: bool = False


@dataclass(frozen=True)
class DemoReport:
    """What was written: days of data, files, bytes, lines in all and per feed, labelled events, where the truth is."""

    first_day: date
    last_day: date
    files: int
    size: int
    rows: int
    rows_of_feed: dict[str, int]
    events: int
    truth: Path


@dataclass(frozen=True)
class Plan:
    """All of a city but its ordinary rows, truth included: for tests and benchmarks that judge a detector."""

    city: City
    timeline: Timeline
    rhythm: Rhythm
    arrival: Arrival
    events: list[Event]
    source_events: list[SourceEvent]
    truth: pd.DataFrame


def labelled_truth(region: Region, spec: CitySpec) -> pd.DataFrame:
    """The truth of a city without writing it: the very rows of truth.csv (columns: ``truth.COLUMNS``), in a second."""
    return plan_city(region, spec).truth


def generate_city(
    region: Region, into: Path, spec: CitySpec, progress: Progress | None = None, truth: Path | None = None
) -> DemoReport:
    """Write a city's submissions to ``into/<feed>/<received day>/<file>``.

    Files that would be received after the day following its last are not written. The labels go to ``truth``, by
    default ``truth.csv`` beside ``into``. ``progress`` is called with a feed, its files done and all its files. Same
    arguments, same bytes. Raises UserError when an argument is out of range, ``into`` already holds drops, or a folder
    is not writable.
    """
    target = truth or into.parent / "truth.csv"
    _check(into, spec)
    plan, seed = plan_city(region, spec), spec.seed
    city, timeline, events, arrival = plan.city, plan.timeline, plan.events, plan.arrival
    writer = SheetWriter(into, timeline, seed, progress)
    wording = Wording(city, timeline, arrival, region)
    counts = draw_counts(plan.rhythm, city, timeline, seed)
    try:
        into.mkdir(parents=True, exist_ok=True)
        insured = draw_insured(city, timeline, counts, events, seed)
        writer.write(insured_event_sheet(wording, insured, filed_reasons(insured, seed)))
        headcount = draw_headcount(city, timeline, arrival, insured, events, seed)
        writer.write(headcount_sheet(wording, headcount))
        claims = draw_claims(city, timeline, counts, insured, events, seed)
        year = spec.last_day.year
        people = draw_background(*birth_and_sex(city.identity), year, random_stream(seed, "background"))
        is_online = random_stream(seed, "claim channel").random(len(claims.area)) < _ONLINE
        paid = draw_paid_months(birth_and_sex(city.identity)[0], year, random_stream(seed, "paid months"))
        writer.write(benefit_claim_sheet(wording, claims, people, is_online, paid[claims.row.person]))
        registered = draw_registrations(city, timeline, plan.rhythm, claims, seed)
        writer.write(registration_sheet(wording, registered, people))
        offered = draw_vacancies(city, timeline, plan.rhythm, (events, plan.source_events), seed)
        writer.write(vacancy_sheet(wording, offered))
        seekers = draw_seekers(city, timeline, plan.rhythm, seed)
        their = draw_background(seekers.birth_year, seekers.is_male, year, random_stream(seed, "seeker background"))
        writer.write(job_seeker_sheet(wording, seekers, their))
        monitored = draw_monitored(city, timeline, plan.rhythm, arrival, events, seed)
        writer.write(monitored_sheet(wording, monitored, seed))
        reports = draw_layoffs(city, timeline, events, seed)
        writer.write(layoff_report_sheet(wording, reports, draw_terms(reports, seed)))
        writer.write(shortage_sheet(wording, headcount, plan.rhythm, seed))
        writer.write(village_sheet(wording, plan.rhythm, plan.source_events, seed))
        for sheet in (
            *mobility_sheets(wording, plan.rhythm, plan.source_events, seed),
            *standing_sheets(wording, plan.rhythm, claims, seed),
            *case_sheets(wording, events, seed),
            post_sheet(wording, seed),
            *service_sheets(wording, plan.rhythm, claims, region.target, seed),
            *learning_sheets(wording, plan.rhythm, seed),
            dispute_sheet(wording, plan.rhythm, events, seed),
            contribution_sheet(wording, headcount, seed),
        ):
            writer.write(sheet)
        write_truth(plan.truth, target)
    except OSError as error:
        raise UserError(
            f"演示数据写不进 {error.filename or into}：{error.strerror}。请换一个可写的目录 (cannot write there)"
        ) from error
    tally = writer.tally
    rows = sum(tally.rows.values())
    return DemoReport(timeline.first, spec.last_day, tally.files, tally.size, rows, tally.rows, len(events), target)


def plan_city(region: Region, spec: CitySpec) -> Plan:
    """Draw a city without writing it."""
    seed = spec.seed
    timeline = build_timeline(region, spec.days, spec.last_day)
    city = build_city(region, spec.scale, seed, spec.last_day)
    rhythm = build_rhythm(city, timeline, seed)
    arrival = build_arrival(city, timeline, seed)
    events = [] if spec.is_quiet else draw_events(city, timeline, rhythm, seed)
    of_source = [] if spec.is_quiet else draw_source_events(city, timeline, seed)
    truth = truth_frame((city, timeline, rhythm, arrival, events), source_rows(city, timeline, arrival, of_source))
    return Plan(city, timeline, rhythm, arrival, events, of_source, truth)


def _check(into: Path, spec: CitySpec) -> None:
    days, scale = spec.days, spec.scale
    if not _LEAST_DAYS <= days <= _MOST_DAYS:
        raise UserError(f"天数须在 {_LEAST_DAYS} 至 {_MOST_DAYS} 之间，现为 {days} (days out of range)")
    if not _SCALES[0] <= scale <= _SCALES[1]:
        raise UserError(f"规模须在 {_SCALES[0]} 至 {_SCALES[1]} 之间，现为 {scale} (scale out of range)")
    held = [feed for feed in FEEDS if next((into / feed).glob("*/*.csv"), None) is not None]
    if held:
        raise UserError(
            f"{into} 里已有 {held[0]} 的文件，两个演示城市不能混在一起；请换一个空目录 (it already holds drops)"
        )
