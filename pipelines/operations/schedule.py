"""The day's jobs: when each is due, what was missed, and one scheduler at a time that does them in order."""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from pipelines.core.domain import QUIET, RETURNED
from pipelines.core.log import redacted, tell
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.db import job
from pipelines.ledger.db.job import Ending, JobRun
from pipelines.ledger.editions import recorded_editions
from pipelines.ledger.notifications import queue

LEASE = timedelta(seconds=60)
log = logging.getLogger(__name__)
_TRY_AGAIN = timedelta(minutes=10)  # after this a run that failed is begun again …
_TRY_FOR = timedelta(hours=3)  # … for so long; later days wait for it, then go on, and people must look
_LOOK_BACK = timedelta(days=60)  # what was missed longer ago is not made up for
_SHORT_LOOK_BACK = timedelta(days=2)  # of jobs of which only the last missed time counts
_INSTANT = timedelta(microseconds=1)
_A_DAY = timedelta(days=1)
_SAID = 4000  # characters kept of what a job said
Command = tuple[str, ...]
Work = Callable[[Command, Callable[[], bool]], tuple[int, str]]
"""Does a command: exit status and what it said. It is given what to call meanwhile, which says whether to go on."""
GIVEN_UP = 75
"""Exit status (EX_TEMPFAIL) of a command that was ended because it is somebody else's by now, or comes later."""


@dataclass(frozen=True)
class Job:
    """A command of `gangshao` and when it is due.

    ``holds``: on which days and at which times (the region's) the trigger counts. ``is_made_up``: every missed time is
    done, in order; else only the last. ``missed``: the command for all missed times but the last. ``is_needed``: what
    has nothing to do is not begun (asked with the time it is due and the present one). ``quiet``: exit statuses
    besides 0 that are no failure.
    """

    name: str
    trigger: BaseTrigger
    command: Callable[[datetime], Command]
    holds: Callable[[datetime], bool] = lambda _: True
    is_made_up: bool = False
    missed: Callable[[datetime], Command] | None = None
    is_needed: Callable[[Settings, Ledger, datetime, datetime], bool] = lambda *_: True
    quiet: tuple[int, ...] = ()


@dataclass(frozen=True)
class Occasion:
    """A job at one of its times. Missed: a later time of it has come as well. Again: it was begun before."""

    job: Job
    due_at: datetime
    is_missed: bool = False
    is_again: bool = False

    @property
    def command(self) -> Command:
        """What is to be done."""
        at = self.job.missed if self.is_missed and self.job.missed is not None else self.job.command
        return at(self.due_at)


def jobs(region: Region) -> list[Job]:
    """The region's jobs, in the order in which they are done when due at once."""
    hours, zone = region.timetable, region.time_zone

    def local(at: datetime) -> datetime:
        return at.astimezone(zone)

    def daily(at: time, minutes: int = 0) -> CronTrigger:
        minute = at.hour * 60 + at.minute + minutes
        return CronTrigger(hour=minute // 60 % 24, minute=minute % 60, timezone=zone)

    def every(minutes: int) -> IntervalTrigger:
        return IntervalTrigger(minutes=minutes, start_date=datetime(2026, 1, 1, tzinfo=zone), timezone=zone)

    def day(at: datetime) -> str:
        return region.local_day(at).isoformat()

    return [
        Job(
            "ingest",
            every(hours.ingest_minutes),
            lambda _: ("ingest",),
            holds=lambda at: hours.ingest_from <= local(at).time() <= hours.ingest_to,
            is_needed=lambda settings, *_: any(path.is_file() for path in settings.inbox.rglob("*")),
            quiet=(QUIET, RETURNED),
        ),
        Job(
            "run",
            daily(region.cut_off, hours.run_minutes),
            lambda at: ("run", "--day", day(at)),
            holds=lambda at: region.is_run_day(region.local_day(at)),
            is_made_up=True,
            missed=lambda at: ("run", "--from", day(at), "--to", day(at)),  # tells nobody: the last day's run does
            is_needed=lambda _, ledger, due_at, __: not _is_passed(ledger, region.local_day(due_at)),
        ),
        Job("backup", daily(hours.backup), lambda _: ("backup",)),
        Job(
            "remind",
            every(hours.remind_minutes),
            lambda _: ("remind",),
            is_needed=lambda settings, *_: (settings.published / "current").exists(),
        ),
        Job(
            "outbox",
            every(hours.outbox_minutes),
            lambda _: ("outbox", "send"),
            is_needed=lambda _, ledger, __, now: queue.is_any_due(ledger, now) or queue.is_any_left(ledger, now),
            quiet=(QUIET,),
        ),
    ]


def _is_passed(ledger: Ledger, day: date) -> bool:
    """Whether a later day has an edition: editions go forward only."""
    return any(one.edition.day > day for one in recorded_editions(ledger))


def due_occasions(one: Job, last: datetime | None, region: Region, now: datetime) -> list[Occasion]:
    """What of a job has come due after the time it was last begun for, oldest first.

    Without a last time it begins with today's.
    """
    back = now - (_LOOK_BACK if one.is_made_up else _SHORT_LOOK_BACK)
    first = region.local_midnight(region.local_day(now)) if last is None else max(back, last) + _INSTANT
    times: list[datetime] = []
    at = one.trigger.get_next_fire_time(None, first)
    while at is not None and at <= now:
        if one.holds(at):
            times.append(at)
        at = one.trigger.get_next_fire_time(None, at + _INSTANT)
    if not one.is_made_up:
        times = times[-1:]
    return [Occasion(one, at, is_missed=at != times[-1]) for at in times]


@dataclass
class Scheduler:
    """One of perhaps several; only the one that holds the lease does anything."""

    settings: Settings
    region: Region
    ledger: Ledger
    clock: Callable[[], datetime]
    work: Work
    holder: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}")

    _looked: dict[str, datetime] = field(default_factory=dict)
    _looked_at: datetime | None = None
    _tried_since: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    _is_stopping: bool = False

    def tick(self) -> int:
        """Do what is due, in order; returns how many jobs were done. Nothing while another one holds the lease.

        A job that breaks off keeps no other one from its turn and comes again at the next look. Of one that is made up
        day by day, the days after one that did not end well wait for it.
        """
        if not self.keep_lease():
            return 0
        self._begin_again_after_the_clock_was_set_back()
        done, waits = 0, set[str]()
        for occasion in self._occasions():
            if occasion.job.name in waits:
                continue
            ending = self._try(occasion)
            done += ending in {Ending.DONE, Ending.FAILED}
            if occasion.job.is_made_up and ending in {Ending.FAILED, Ending.RUNNING}:
                waits.add(occasion.job.name)
        return done

    def keep_lease(self) -> bool:
        """Take the lease, or say that it is still held; False when somebody else has it, or this one is to stop."""
        return not self._is_stopping and job.acquire_lease(self.ledger, job.LEASE, self.holder, self.clock(), LEASE)

    def stop(self) -> None:
        """Do nothing more, and let another one go on at once."""
        self._is_stopping = True
        job.release_lease(self.ledger, job.LEASE, self.holder)

    def _occasions(self) -> list[Occasion]:
        now, cut_off = self.clock(), job.unfinished(self.ledger)
        return sorted(
            [occasion for one in jobs(self.region) for occasion in self._of(one, cut_off, now)],
            key=lambda occasion: occasion.due_at,
        )

    def _begin_again_after_the_clock_was_set_back(self) -> None:
        """Forget the jobs of hours that come a second time; of those made up day by day what is days ahead.

        A day has one run; but one of a day that is still to come, by a clock that was wrong, would keep all days up to
        it without a run.
        """
        now, before = self.clock(), self._looked_at
        self._looked_at = now
        if before is not None and before <= now:
            return
        number = 0
        for is_made_up, after in ((False, now + job.CLOCKS_DIFFER), (True, now + _A_DAY)):
            repeated = [one.name for one in jobs(self.region) if one.is_made_up is is_made_up]
            for name in repeated:
                if self._looked.get(name, after) > after:
                    del self._looked[name]
            number += job.forget_after(self.ledger, repeated, after)
        if number:
            tell(log, "the clock was set back", jobs=number)

    def _of(self, one: Job, cut_off: Sequence[JobRun], now: datetime) -> list[Occasion]:
        """What is to be done of a job: what was cut off, the day's run that failed, what came due."""
        last = job.last_job_run(self.ledger, one.name)
        known = [at for at in (last.due_at if last else None, self._looked.get(one.name)) if at is not None]
        fresh = due_occasions(one, max(known, default=None), self.region, now)
        if not known and not fresh:
            self._looked[one.name] = now
        again = [run.due_at for run in cut_off if run.job == one.name]
        if last is not None and one.is_made_up and self._is_to_be_mended(last, now):
            if now - last.started_at < _TRY_AGAIN:
                return []
            again.append(last.due_at)
        is_missed = one.is_made_up and bool(fresh)
        return [*(Occasion(one, at, is_missed, is_again=True) for at in again), *fresh]

    def _is_to_be_mended(self, last: JobRun, now: datetime) -> bool:
        """Whether it failed and is still tried; one of which this scheduler knows no first try begins with now."""
        if last.result is not Ending.FAILED:
            return False
        return now - self._tried_since.setdefault((last.job, last.due_at), now) < _TRY_FOR

    def _try(self, occasion: Occasion) -> Ending | None:
        """How an occasion stands after it was done, whatever went wrong; None where there was nothing to do."""
        try:
            return self._do(occasion)
        except Exception:  # whatever it was: told in the log, and one job's fault costs no other one its turn
            log.warning("job broke off", exc_info=True, extra={"fields": _job_fields(occasion)})
            return Ending.RUNNING

    def _do(self, occasion: Occasion) -> Ending | None:
        one, due_at, began = occasion.job, occasion.due_at, perf_counter()
        if not one.is_needed(self.settings, self.ledger, due_at, self.clock()):
            if occasion.is_again:
                job.finish_job_run(self.ledger, one.name, due_at, Ending.DONE, "", self.clock())
            self._note(occasion)
            return None
        if not self.keep_lease() or not job.begin_job_run(self.ledger, one.name, due_at, self.holder, self.clock()):
            return Ending.RUNNING
        self._note(occasion)
        told = _job_fields(occasion)
        tell(log, "job began", **told, is_missed=occasion.is_missed)
        status, said = self.work(occasion.command, self.keep_lease)
        seconds = round(perf_counter() - began, 1)
        if status == GIVEN_UP:  # it stays as begun: whoever has the lease next begins it again
            tell(log, "job given up", **told, seconds=seconds)
            return Ending.RUNNING
        result = Ending.DONE if status in {0, *one.quiet} else Ending.FAILED
        job.finish_job_run(self.ledger, one.name, due_at, result, redacted(said.strip())[-_SAID:], self.clock())
        tell(log, "job ended", **told, result=result.value, status=status, seconds=seconds)
        return result

    def _note(self, occasion: Occasion) -> None:
        """Remember that an occasion had its turn, and of one that is made up since when."""
        name, due_at = occasion.job.name, occasion.due_at
        self._looked[name] = max(due_at, self._looked.get(name, due_at))
        if occasion.job.is_made_up:
            self._tried_since.setdefault((name, due_at), self.clock())


def _job_fields(occasion: Occasion) -> dict[str, str]:
    at = occasion.due_at.astimezone(UTC).isoformat(timespec="minutes")
    return {"job": occasion.job.name, "due_at": at}
