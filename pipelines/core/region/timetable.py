"""The hours of the schedule: when files are taken in, when a run follows the cut-off, when mails are looked after."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time

from pipelines.core.domain import UserError

_MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Timetable:
    """The section ``[schedule]`` of region.toml; times of day are the region's. The defaults are our proposal.

    Changing it changes when things are done, never what is said.
    """

    ingest_from: time = time(6, 0)
    ingest_to: time = time(22, 0)
    ingest_minutes: int = 10
    """From one look into the inbox to the next, between the two times above."""
    run_minutes: int = 5
    """From the cut-off to the run."""
    outbox_minutes: int = 1
    """From one look into the outbox to the next."""
    remind_minutes: int = 15
    """From one look for reminders and mails by the calendar to the next."""
    backup: time = time(12, 30)
    finished_by: time = time(7, 30)
    """By when a run of the day must have finished; later the duty desk is told (gangshao watch)."""
    clock_days: int = 10
    """Days after the last run or arrival beyond which a run asks whether the clock is right: a machine that is off over
    the longest holidays (Spring Festival, 9 days) is not asked, one whose clock was set by a flat battery is."""


def timetable(settings: Mapping[str, object], where: str) -> Timetable:
    """The hours a region's settings name, else the defaults; ``where``: the file, for the sentence of a UserError."""
    said = settings.get("schedule", {})
    defaults = {field.name: field.default for field in fields(Timetable)}
    if not isinstance(said, dict):
        raise UserError(f"{where}“schedule”应为一节，请写成 [schedule]，下面每行一项：{'、'.join(defaults)}。")
    given: dict[str, object] = {}
    for name, value in said.items():
        if name not in defaults:
            raise UserError(f"{where} [schedule] 中没有“{name}”这一项，只能是 {'、'.join(defaults)}。")
        if isinstance(defaults[name], time):
            given[name] = _clock(value, f"{where} [schedule]“{name}”")
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _MOST_MINUTES:
            raise UserError(f"{where} [schedule]“{name}”应为 1 至 {_MOST_MINUTES - 1} 的整数，现为 {value!r}。")
        else:
            given[name] = value
    made = Timetable(**given)  # type: ignore[arg-type]
    if made.ingest_from >= made.ingest_to:
        raise UserError(f"{where} [schedule]“ingest_from”应早于“ingest_to”。")
    return made


def _clock(value: object, what: str) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise UserError(f'{what}应为时刻，例如 "07:30"，现为 {value!r}。') from None
