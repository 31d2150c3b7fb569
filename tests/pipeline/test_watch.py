"""The small check: no edition by half past seven, mails that stick, a schedule that is silent; else all is quiet."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.db import job
from pipelines.ledger.editions import record_edition
from pipelines.ledger.notifications.notice import NoticeState, Reason, recorded_notices
from pipelines.notifying.calendar_mails import send_due
from pipelines.notifying.notices import decide
from pipelines.operations.watch import find_troubles, tell_duty
from pipelines.published import read
from tests.faults.storm import queue_mails
from tests.house import House
from tests.pipeline.mail_city import REGION, ROOT, City, MailServer, edition, parsed, part

DAY = date(2026, 11, 23)
SEVEN = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # of DAY, there
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DUTY = "zhiban@hr.example.com"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def finished(ledger: Ledger, folder: Path, is_published: bool = True) -> None:
    record_edition(ledger, edition(DAY), False, SEVEN + 10 * MINUTE)
    if is_published:
        City(folder, Settings(data=folder)).publish([edition(DAY)], [])
        decided(ledger, folder)


def decided(ledger: Ledger, folder: Path) -> None:
    now = SEVEN + 10 * MINUTE
    decide(edition(DAY), is_replay=False, ledger=ledger, region=REGION, settings=Settings(data=folder), now=now)


def reasons(ledger: Ledger, folder: Path, now: datetime) -> list[Reason]:
    return [trouble.reason for trouble in find_troubles(Settings(data=folder), REGION, ledger, now)]


def test_nothing_is_missed_before_half_past_seven_and_the_edition_after_it(ledger: Ledger, tmp_path: Path) -> None:
    assert reasons(ledger, tmp_path, SEVEN + 29 * MINUTE) == []
    assert reasons(ledger, tmp_path, SEVEN + 30 * MINUTE) == [Reason.NO_EDITION]
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, SEVEN + HOUR)
    assert "到 07:30，2026-11-23 的版次没有完成" in trouble.sentence
    finished(ledger, tmp_path, is_published=False)
    City(tmp_path, Settings(data=tmp_path)).publish([edition(DAY - timedelta(days=1))], [])
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, SEVEN + HOUR)
    assert "已算出但没有发布" in trouble.sentence
    finished(ledger, tmp_path)
    assert reasons(ledger, tmp_path, SEVEN + HOUR) == []


def test_an_edition_nobody_was_decided_about_is_not_finished(ledger: Ledger, tmp_path: Path) -> None:
    record_edition(ledger, edition(DAY), False, SEVEN + 10 * MINUTE)
    City(tmp_path, Settings(data=tmp_path)).publish([edition(DAY)], [])
    send_due(edition(DAY), ledger, REGION, Settings(data=tmp_path), SEVEN + 20 * MINUTE)  # a brief is no decision
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, SEVEN + 30 * MINUTE)
    assert "2026-11-23 的版次已发布但没有决定通知谁" in trouble.sentence
    decided(ledger, tmp_path)
    assert reasons(ledger, tmp_path, SEVEN + 30 * MINUTE) == []


def test_a_run_has_ten_minutes_to_decide_whom_to_tell(ledger: Ledger, tmp_path: Path) -> None:
    record_edition(ledger, edition(DAY), False, SEVEN + 20 * MINUTE)
    City(tmp_path, Settings(data=tmp_path)).publish([edition(DAY)], [])
    assert reasons(ledger, tmp_path, SEVEN + 30 * MINUTE - timedelta(microseconds=1)) == []
    assert reasons(ledger, tmp_path, SEVEN + 30 * MINUTE) == [Reason.NO_EDITION]
    later = edition(DAY + timedelta(days=1))
    record_edition(ledger, later, False, SEVEN + timedelta(days=1, minutes=40))
    City(tmp_path, Settings(data=tmp_path)).publish([edition(DAY), later], [])
    assert reasons(ledger, tmp_path, SEVEN + timedelta(days=1, minutes=49)) == []
    assert reasons(ledger, tmp_path, SEVEN + timedelta(days=1, minutes=50)) == [Reason.NO_EDITION]


def test_an_old_edition_is_told_before_half_past_seven_too(ledger: Ledger, tmp_path: Path) -> None:
    finished(ledger, tmp_path)
    assert reasons(ledger, tmp_path, SEVEN + timedelta(days=1)) == []
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, SEVEN + timedelta(days=26))
    assert trouble.sentence.startswith("2026-12-18 的版次没有完成")


def test_published_files_that_are_gone_are_told_and_stop_no_watch(ledger: Ledger, tmp_path: Path) -> None:
    finished(ledger, tmp_path)
    (tmp_path / "published" / "current").unlink()
    read.close()
    settings = Settings(data=tmp_path)
    (trouble,) = find_troubles(settings, REGION, ledger, SEVEN + HOUR)
    assert "已算出但没有发布" in trouble.sentence
    with MailServer() as server:
        settings = Settings(data=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, duty_mail=DUTY)
        assert "已邮件告知值班岗" in tell_duty([trouble], settings, REGION, ledger, SEVEN + HOUR)


def test_a_day_without_a_run_misses_none(ledger: Ledger, tmp_path: Path) -> None:
    weekly = regions.load(ROOT / "tests" / "regions" / "us_states")
    found = [
        find_troubles(Settings(data=tmp_path), weekly, ledger, SEVEN + timedelta(days=days, hours=20))
        for days in range(7)
    ]
    assert [len(one) for one in found].count(1) == 1


def test_mails_that_nobody_fetches_stick_after_half_an_hour(ledger: Ledger, tmp_path: Path) -> None:
    finished(ledger, tmp_path)
    queue_mails(ledger, 2)  # decided at ten
    ten = SEVEN + 3 * HOUR
    assert reasons(ledger, tmp_path, ten + 29 * MINUTE) == []
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, ten + 30 * MINUTE)
    assert trouble.reason is Reason.STUCK
    assert "2 封邮件超过 30 分钟没有发出，最早的自 11-23 10:00" in trouble.sentence


def test_a_mail_that_waits_for_the_morning_is_not_stuck_in_the_night_unless_it_is_urgent(
    ledger: Ledger, tmp_path: Path
) -> None:
    finished(ledger, tmp_path)
    queue_mails(ledger, 2)  # the first is urgent
    night = SEVEN + 15 * HOUR
    with ledger.writing() as connection:
        connection.exec_driver_sql("update notice set next_attempt_at = '2026-11-24 00:30:00.000000'")
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, night)
    assert "1 封" in trouble.sentence
    morning = SEVEN + timedelta(days=1, hours=2, minutes=10)
    record_edition(ledger, edition(DAY + timedelta(days=1)), False, morning)
    City(tmp_path, Settings(data=tmp_path)).publish([edition(DAY), edition(DAY + timedelta(days=1))], [])
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, morning)
    assert "2 封" in trouble.sentence


def test_a_schedule_that_died_is_told_and_one_that_was_ended_is_not(ledger: Ledger, tmp_path: Path) -> None:
    assert job.acquire_lease(ledger, job.LEASE, "a", SEVEN, MINUTE)
    assert reasons(ledger, tmp_path, SEVEN + 10 * MINUTE) == []
    assert reasons(ledger, tmp_path, SEVEN + 11 * MINUTE) == [Reason.NO_SCHEDULE]
    job.release_lease(ledger, job.LEASE, "a")
    assert reasons(ledger, tmp_path, SEVEN + 11 * MINUTE) == []


def test_a_schedule_that_died_before_the_clock_was_set_back_is_told(ledger: Ledger, tmp_path: Path) -> None:
    assert job.acquire_lease(ledger, job.LEASE, "a", SEVEN + 2 * HOUR, MINUTE)
    (trouble,) = find_troubles(Settings(data=tmp_path), REGION, ledger, SEVEN)
    assert trouble.reason is Reason.NO_SCHEDULE
    assert "在时钟拨回（此前已到 11-23 09:01）之后没有动静" in trouble.sentence
    assert job.acquire_lease(ledger, job.LEASE, "b", SEVEN, MINUTE)
    assert reasons(ledger, tmp_path, SEVEN) == []


def test_the_duty_desk_gets_one_mail_a_day_about_a_trouble(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer() as server:
        settings = Settings(data=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, duty_mail=DUTY)
        for hours in (1, 2, 25):
            now = SEVEN + hours * HOUR
            said = tell_duty(find_troubles(settings, REGION, ledger, now), settings, REGION, ledger, now)
            assert "已邮件告知值班岗" in said
    assert server.addresses() == [DUTY, DUTY]
    letter = parsed(server.accepted[0][1])
    assert letter["Subject"] == "[系统值守] 聊城市 当天的版次没有完成"
    assert "gangshao run" in part(letter, "plain")


def test_a_mail_server_that_fails_is_told_in_words(ledger: Ledger, tmp_path: Path) -> None:
    with MailServer() as server:
        pass
    settings = Settings(data=tmp_path, smtp_host="127.0.0.1", smtp_port=server.port, duty_mail=DUTY)
    now = SEVEN + HOUR
    said = tell_duty(find_troubles(settings, REGION, ledger, now), settings, REGION, ledger, now)
    assert "请当面或电话告知" in said
    assert "无法使用" in said
    assert [one.state for one in recorded_notices(ledger)] == [NoticeState.QUEUED]


def test_the_command_says_all_quiet_or_ends_with_status_1(tmp_path: Path) -> None:
    house = House(tmp_path, {"GANGSHAO_REGION": str(_never_late(tmp_path))})
    assert house.gangshao("watch").stdout.startswith("一切正常 ")
    ledger = open_ledger(Settings(data=house.data))
    queue_mails(ledger, 1)
    with ledger.writing() as connection:
        connection.exec_driver_sql("update notice set decided_at = '2026-01-05 02:00:00.000000'")
    ledger.close()
    done = house.gangshao("watch", status=1)
    assert done.stdout == ""
    assert "发件箱有 1 封邮件" in done.stderr
    assert "GANGSHAO_DUTY_MAIL" in done.stderr


def _never_late(folder: Path) -> Path:
    """A copy of the region in which no edition is late before the last minute of a day."""
    region = folder / "liaocheng"
    shutil.copytree(REGION.folder, region)
    text = (region / "region.toml").read_text(encoding="utf-8")
    (region / "region.toml").write_text(text.replace('"07:30"', '"23:59"'), encoding="utf-8")
    return region
