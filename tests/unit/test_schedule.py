"""The schedule by an injected clock: what is due, what was missed, who does it, and that nothing is done twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.cli import schedule
from pipelines.core.domain import Edition, UserError
from pipelines.core.region import load as regions
from pipelines.core.region.load import Timetable, timetable
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.db import job
from pipelines.ledger.db.job import Ending
from pipelines.ledger.editions import record_edition
from pipelines.operations.schedule import GIVEN_UP, LEASE, Command, Scheduler, due_occasions, jobs

ROOT = Path(__file__).resolve().parents[2]
REGION = regions.load(ROOT / "data" / "regions" / "liaocheng")
SIX = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)  # six in the morning of Monday 2026-11-23 there
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Office:
    """A ledger, a clock that is turned by hand, and what schedulers had done."""

    settings: Settings
    ledger: Ledger
    now: datetime = SIX
    done: list[str] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    """Exit status of a command, by its first word or by all of it."""

    def scheduler(self, meanwhile: Callable[[], None] = lambda: None) -> Scheduler:
        def work(command: Command, is_to_go_on: Callable[[], bool]) -> tuple[int, str]:
            meanwhile()
            if not is_to_go_on():
                return GIVEN_UP, ""
            self.done.append(" ".join(command))
            whole = " ".join(command)
            return self.status.get(whole, self.status.get(command[0], 0)), "said"

        return Scheduler(self.settings, REGION, self.ledger, lambda: self.now, work)

    def pass_to(self, until: datetime, *schedulers: Scheduler, step: timedelta = HOUR / 2) -> list[str]:
        """Turn the clock on, with a look at every step; returns what was done meanwhile."""
        before = len(self.done)
        while self.now < until:
            self.now = min(until, self.now + step)
            for one in schedulers:
                one.tick()
        return self.done[before:]

    def put_a_file(self) -> None:
        (self.settings.inbox / "vacancy").mkdir(parents=True, exist_ok=True)
        (self.settings.inbox / "vacancy" / "a.csv").touch()

    def rows(self, name: str) -> list[tuple[datetime, str]]:
        with self.ledger.reading() as connection:
            found = connection.execute(job.job_run.select().where(job.job_run.c.job == name)).mappings()
            return sorted((row["due_at"], row["result"]) for row in found)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = Settings(data=tmp_path)
    opened = open_ledger(settings)
    yield Office(settings, opened)
    opened.close()


def test_a_day_has_one_run_after_the_cut_off_and_one_backup(office: Office) -> None:
    office.pass_to(SIX + DAY, office.scheduler())
    assert office.done == ["run --day 2026-11-23", "backup"]
    assert office.rows("run") == [(SIX + HOUR + 5 * MINUTE, "done")]
    last = job.last_job_run(office.ledger, "run")
    assert last is not None
    assert (last.said, last.finished_at) == ("said", SIX + 1.5 * HOUR)


def test_files_are_taken_in_at_the_times_of_the_window_and_not_in_between(office: Office) -> None:
    scheduler = office.scheduler()
    scheduler.tick()
    office.pass_to(SIX + 3 * MINUTE, scheduler, step=MINUTE)
    office.put_a_file()
    assert office.pass_to(SIX + 9 * MINUTE, scheduler, step=MINUTE) == []
    assert office.pass_to(SIX + 10 * MINUTE, scheduler, step=MINUTE) == ["ingest"]
    late = office.pass_to(SIX + DAY - MINUTE, scheduler, step=10 * MINUTE)
    assert late.count("ingest") == 16 * 6 - 1, "every ten minutes until ten in the evening, both ends included"
    assert max(at for at, _ in office.rows("ingest")) == SIX + 16 * HOUR


def test_missed_days_are_made_up_once_and_in_order_and_only_the_last_tells_anybody(office: Office) -> None:
    office.pass_to(SIX + 8 * HOUR, office.scheduler())
    office.put_a_file()
    office.now = SIX + 3 * DAY + 4 * HOUR
    again = office.scheduler()
    office.done.clear()
    again.tick()
    assert office.done == [
        "run --from 2026-11-24 --to 2026-11-24",
        "run --from 2026-11-25 --to 2026-11-25",
        "backup",
        "run --day 2026-11-26",
        "ingest",
    ]
    again.tick()
    office.scheduler().tick()
    assert len(office.done) == 5
    assert [result for _, result in office.rows("run")] == ["done"] * 4


def test_of_two_schedulers_one_does_everything_and_the_other_goes_on_when_it_is_gone(office: Office) -> None:
    one, other = office.scheduler(), office.scheduler()
    office.pass_to(SIX + 2 * HOUR, one, other)
    assert office.done == ["run --day 2026-11-23"]
    assert office.pass_to(office.now + DAY, other, one) == ["backup", "run --day 2026-11-24"]
    one.stop()
    assert office.pass_to(office.now + DAY, other) == ["backup", "run --day 2026-11-25"]
    assert len(office.rows("run")) == 3


def test_a_job_that_was_cut_off_is_begun_again_by_the_next_holder_of_the_lease(office: Office) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    office.now = SIX + 2 * HOUR
    with pytest.raises(KeyboardInterrupt):
        office.scheduler(killed).tick()
    assert office.rows("run") == [(SIX + HOUR + 5 * MINUTE, "running")]
    other = office.scheduler()
    office.now += LEASE - timedelta(seconds=1)
    assert other.tick() == 0, "the lease has not run out"
    office.now += timedelta(seconds=1)
    assert other.tick() == 1
    assert office.done == ["run --day 2026-11-23"]
    assert office.rows("run") == [(SIX + HOUR + 5 * MINUTE, "done")]


def test_a_scheduler_that_slept_through_its_lease_gives_the_job_up_to_the_one_that_took_over(office: Office) -> None:
    other = office.scheduler()

    def sleep() -> None:
        office.now += 2 * LEASE
        assert other.tick() == 1

    office.now = SIX + 2 * HOUR
    assert office.scheduler(sleep).tick() == 0
    assert office.done == ["run --day 2026-11-23"]
    assert office.rows("run") == [(SIX + HOUR + 5 * MINUTE, "done")]


def test_a_run_that_fails_is_tried_again_for_three_hours(office: Office) -> None:
    scheduler = office.scheduler()
    office.status["run"] = 2
    failed = office.pass_to(SIX + 6 * HOUR, scheduler, step=5 * MINUTE)
    assert failed.count("run --day 2026-11-23") == 18
    assert office.rows("run") == [(SIX + HOUR + 5 * MINUTE, "failed")]
    office.status.clear()
    assert office.pass_to(SIX + DAY + 2 * HOUR, scheduler) == ["backup", "run --day 2026-11-24"]


def test_a_missed_day_that_fails_is_mended_before_the_next_one_is_run(office: Office) -> None:
    office.pass_to(SIX + 8 * HOUR, office.scheduler())
    office.done.clear()
    office.now = SIX + 3 * DAY + 4 * HOUR
    office.status["run --from 2026-11-24 --to 2026-11-24"] = 2
    scheduler = office.scheduler()
    scheduler.tick()
    assert office.done == ["run --from 2026-11-24 --to 2026-11-24", "backup"]
    assert office.pass_to(office.now + 9 * MINUTE, scheduler, step=MINUTE) == []
    office.status.clear()
    assert office.pass_to(office.now + MINUTE, scheduler) == [
        "run --from 2026-11-24 --to 2026-11-24",
        "run --from 2026-11-25 --to 2026-11-25",
        "run --day 2026-11-26",
    ]
    assert [result for _, result in office.rows("run")] == ["done"] * 4


def test_a_day_that_fails_for_three_hours_keeps_the_later_ones_no_longer(office: Office) -> None:
    office.pass_to(SIX + 8 * HOUR, office.scheduler())
    office.done.clear()
    office.now = SIX + 2 * DAY + 2 * HOUR
    office.status["run --from 2026-11-24 --to 2026-11-24"] = 2
    scheduler = office.scheduler()
    scheduler.tick()
    office.pass_to(office.now + 2 * HOUR, scheduler, step=10 * MINUTE)
    assert "run --day 2026-11-25" not in office.done
    office.pass_to(office.now + HOUR, scheduler, step=10 * MINUTE)
    assert office.done.count("run --from 2026-11-24 --to 2026-11-24") == 18
    assert office.done.count("run --day 2026-11-25") == 1


def test_a_missed_day_after_which_people_made_an_edition_is_not_run(office: Office) -> None:
    office.pass_to(SIX + 8 * HOUR, office.scheduler())
    office.done.clear()
    office.now = SIX + 2 * DAY + 2 * HOUR
    day = date(2026, 11, 25)
    record_edition(office.ledger, Edition(day, 1, REGION.cutoff_at(day)), False, office.now)
    office.scheduler().tick()
    assert office.done == ["backup", "run --day 2026-11-25"]


@pytest.mark.parametrize("broken", ["begun", "worked"])
def test_what_breaks_off_keeps_nothing_else_from_being_done_and_comes_again(office: Office, broken: str) -> None:
    scheduler = office.scheduler()
    office.put_a_file()
    scheduler.tick()
    office.done.clear()
    office.now = SIX + HOUR + 9 * MINUTE  # the inbox at seven and the run at five past are due together
    with office.ledger.writing() as connection:
        if broken == "begun":
            connection.exec_driver_sql(
                "create trigger busy before insert on job_run when new.job = 'ingest' "
                "begin select raise(abort, 'database is locked'); end"
            )
    work = scheduler.work

    def once_unable(command: Command, is_to_go_on: Callable[[], bool]) -> tuple[int, str]:
        scheduler.work = work
        raise OSError("cannot fork")

    if broken == "worked":
        scheduler.work = once_unable
    assert scheduler.tick() == 1
    assert office.done == ["run --day 2026-11-23"]
    with office.ledger.writing() as connection:
        connection.exec_driver_sql("drop trigger if exists busy")
    assert office.pass_to(office.now + timedelta(seconds=5), scheduler) == ["ingest"]
    assert [result for _, result in office.rows("run")] == ["done"]


def test_a_run_that_cannot_be_begun_is_begun_at_the_next_look(office: Office) -> None:
    scheduler = office.scheduler()
    scheduler.tick()
    with office.ledger.writing() as connection:
        connection.exec_driver_sql(
            "create trigger busy before insert on job_run begin select raise(abort, 'database is locked'); end"
        )
    assert office.pass_to(SIX + 1.5 * HOUR, scheduler) == []
    with office.ledger.writing() as connection:
        connection.exec_driver_sql("drop trigger busy")
    assert office.pass_to(SIX + 2 * HOUR, scheduler) == ["run --day 2026-11-23"]


def test_a_command_is_ended_when_its_scheduler_cannot_ask_whether_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANGSHAO_DATA", str(tmp_path))
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.2)
    before, begun = children(), set[int]()

    def unable() -> bool:
        begun.update(children() - before)
        raise RuntimeError("database is locked")

    with pytest.raises(RuntimeError, match="locked"):
        schedule.work(("schedule",), unable)
    assert len(begun) == 1
    assert not begun & children()


def children() -> set[int]:
    tasks = Path("/proc/self/task").iterdir()
    return {int(number) for task in tasks for number in (task / "children").read_text(encoding="utf-8").split()}


@pytest.mark.parametrize(("status", "result"), [(0, "done"), (3, "done"), (4, "done"), (2, "failed"), (1, "failed")])
def test_an_inbox_with_nothing_usable_is_no_failure_and_a_sentence_for_people_is(
    office: Office, status: int, result: str
) -> None:
    office.put_a_file()
    office.status["ingest"] = status
    office.scheduler().tick()
    assert [ending for _, ending in office.rows("ingest")] == [result]


def test_reminders_are_looked_for_every_quarter_of_an_hour_once_there_is_an_edition(office: Office) -> None:
    scheduler = office.scheduler()
    assert office.pass_to(SIX + HOUR, scheduler, step=5 * MINUTE) == []
    office.settings.published.mkdir()
    (office.settings.published / "current").write_text("2026-11-22.1", encoding="utf-8")
    assert office.pass_to(SIX + 2 * HOUR, scheduler, step=5 * MINUTE).count("remind") == 4


def test_a_region_that_runs_on_saturdays_has_runs_on_saturdays() -> None:
    region = regions.load(ROOT / "tests" / "regions" / "us_states")
    run = next(one for one in jobs(region) if one.name == "run")
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    days = [region.local_day(one.due_at) for one in due_occasions(run, start, region, start + timedelta(days=28))]
    assert len(days) == 4
    assert all(region.is_run_day(day) for day in days)


def test_an_unfinished_job_of_a_quiet_inbox_ends_without_work(office: Office) -> None:
    scheduler = office.scheduler()
    scheduler.tick()
    assert job.begin_job_run(office.ledger, "ingest", SIX, scheduler.holder, office.now)
    scheduler.tick()
    assert office.rows("ingest") == [(SIX, Ending.DONE.value)]
    assert office.done == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"backup": "noon"}, "应为时刻"),
        ({"ingest_minutes": 0}, "整数"),
        ({"ingest_minutes": 1440}, "整数"),
        ({"run_minutes": True}, "整数"),
        ({"lunch": "12:00"}, "没有“lunch”"),
        ({"ingest_from": "22:00"}, "应早于"),
        ("07:00", "应为一节"),
    ],
)
def test_hours_that_cannot_be_are_named_with_the_fix(said: object, why: str) -> None:
    with pytest.raises(UserError, match=why):
        timetable({"schedule": said}, "liaocheng/region.toml")


@pytest.mark.parametrize("minutes", [1, 1439])
def test_a_job_comes_every_minute_at_most_and_once_in_a_day_at_least(minutes: int) -> None:
    assert timetable({"schedule": {"ingest_minutes": minutes}}, "x").ingest_minutes == minutes


def test_a_region_without_hours_has_the_ones_of_the_default_region() -> None:
    assert timetable({}, "x") == Timetable() == REGION.timetable


def test_a_lease_taken_before_the_clock_was_set_back_keeps_nobody_from_the_work(office: Office) -> None:
    dead, next_one = office.scheduler(), office.scheduler()
    office.now = SIX + 3 * HOUR
    assert dead.keep_lease()
    office.now = SIX + HOUR
    assert next_one.keep_lease()
    assert not dead.keep_lease(), "who wakes up late finds it taken"
    office.now += 30 * timedelta(seconds=1)
    third = office.scheduler()
    assert not third.keep_lease(), "one that lives is respected"


@pytest.mark.parametrize("is_restarted", [True, False])
def test_hours_that_come_a_second_time_have_their_jobs_again_but_a_day_one_run(
    office: Office, is_restarted: bool
) -> None:
    office.settings.published.mkdir()
    (office.settings.published / "current").write_text("2026-11-22.1", encoding="utf-8")
    scheduler = office.scheduler()
    first = office.pass_to(SIX + 14 * HOUR, scheduler, step=5 * MINUTE)
    assert {first.count(name) for name in ("run --day 2026-11-23", "backup")} == {1}
    rows = office.rows("remind")
    office.now = SIX + 30 * MINUTE  # before the run and the backup
    again = office.pass_to(SIX + 14 * HOUR, office.scheduler() if is_restarted else scheduler, step=5 * MINUTE)
    assert again.count("remind") == 4 * 13 + 2, "06:45 to 20:00, every quarter of an hour"
    assert again.count("backup") == 1
    assert not any(command.startswith("run") for command in again)
    assert office.rows("remind") == rows


def test_a_clock_that_is_a_little_slow_takes_no_living_schedulers_lease(office: Office) -> None:
    office.settings.published.mkdir()
    (office.settings.published / "current").write_text("2026-11-22.1", encoding="utf-8")
    office.now = SIX + HOUR / 4
    slow = office.scheduler()

    def meanwhile() -> None:
        office.now -= 1.5 * MINUTE
        assert slow.tick() == 0
        office.now += 1.5 * MINUTE

    office.scheduler(meanwhile).tick()
    assert office.done == ["remind"]


def test_two_schedulers_whose_clocks_differ_a_little_do_nothing_twice(office: Office) -> None:
    office.settings.published.mkdir()
    (office.settings.published / "current").write_text("2026-11-22.1", encoding="utf-8")
    office.now = SIX + HOUR / 4
    ahead = office.scheduler()
    ahead.tick()
    ahead.stop()
    office.now -= MINUTE
    assert office.scheduler().tick() == 0
    assert office.done == ["remind"]


def test_a_run_of_a_day_that_never_came_keeps_no_day_without_its_run(office: Office) -> None:
    office.status["run"] = 2
    office.now = SIX + 364 * DAY + 2 * HOUR
    scheduler = office.scheduler()
    scheduler.tick()
    assert [command for command in office.done if command.startswith("run")] == ["run --day 2027-11-22"]
    office.status.clear()
    office.now = SIX
    assert "run --day 2026-11-23" in office.pass_to(SIX + 2 * HOUR, scheduler)
