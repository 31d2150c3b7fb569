"""The ledger on PostgreSQL: what it does on SQLite it does there."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from pipelines.core.domain import Edition, Role
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link, session
from pipelines.ledger.db import job
from pipelines.ledger.db.schema import metadata
from pipelines.ledger.editions import record_edition, recorded_editions
from pipelines.ledger.notifications import notice, queue
from pipelines.ledger.notifications.notice import NoticeDecision, NoticeState, Reason
from tests.faults.storm import START, queue_mails

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
EDITION = Edition(date(2026, 11, 23), 1, NOW)


def _together(count: int, work: "object") -> None:
    assert callable(work)
    gate = threading.Barrier(count)

    def start() -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=start) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_migrations_lead_to_the_tables_the_program_uses(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_six_openers_of_a_new_ledger_at_once_upgrade_it_once(settings: Settings) -> None:
    opened: list[Ledger] = []
    _together(6, lambda: opened.append(open_ledger(settings)))
    assert len(opened) == 6
    for one in opened:
        one.close()


def test_instants_come_back_in_utc_whatever_the_session_s_zone(ledger: Ledger) -> None:
    record_edition(ledger, EDITION, False, NOW)
    with ledger.engine.connect() as connection:
        connection.execute(text("alter role postgres set timezone = 'Asia/Shanghai'"))
        connection.commit()
    ledger.close()
    kept = recorded_editions(ledger)[0]
    assert (kept.edition, kept.finished_at) == (EDITION, NOW)
    assert kept.finished_at.tzinfo is UTC


def test_of_twelve_presses_at_once_one_signs_in(ledger: Ledger) -> None:
    token = link.issue_link(ledger, Role.CITY_DUTY, [], "值班岗", timedelta(hours=1), NOW)
    sessions: list[session.Session | None] = []
    _together(12, lambda: sessions.append(link.redeem_link(ledger, token, NOW)))
    signed_in = [one for one in sessions if one is not None]
    assert (len(sessions), len(signed_in)) == (12, 1)
    viewer = session.viewer_of(ledger, signed_in[0].token, NOW + timedelta(minutes=5))
    assert viewer is not None
    assert viewer.role is Role.CITY_DUTY
    session.end_session(ledger, signed_in[0].token, NOW)
    assert session.viewer_of(ledger, signed_in[0].token, NOW) is None


def test_read_modify_write_by_many_threads_loses_no_update(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.execute(text("create table counter (n integer)"))
        connection.execute(text("insert into counter values (0)"))

    def add() -> None:
        for _ in range(20):
            with ledger.writing() as connection:
                seen = connection.execute(text("select n from counter")).scalar_one()
                connection.execute(text("update counter set n = :n"), {"n": seen + 1})

    _together(5, add)
    with ledger.reading() as connection:
        assert connection.execute(text("select n from counter")).scalar_one() == 100


def test_a_notice_goes_from_the_queue_to_sent_with_its_bytes_intact(ledger: Ledger) -> None:
    message = bytes(range(256))
    decision = NoticeDecision(
        edition_id=EDITION.edition_id,
        day=EDITION.day,
        cutoff_at=EDITION.cutoff_at,
        office_id="dongchangfu",
        address="jiuye@dongchangfu.example.com",
        reason=Reason.FIRST,
        state=NoticeState.QUEUED,
        content={"a1": 3},
        message_id="<x@example.com>",
        is_demonstration=False,
        decided_at=NOW,
        subject="[疑似黄色预警·待核实]",
        file_name="x.eml",
        message=message,
    )
    with ledger.writing() as connection:
        notice.add_notice(connection, decision)
    with pytest.raises(Exception, match="notice_purpose"), ledger.writing() as connection:
        notice.add_notice(connection, decision)
    sender = queue.sender_at("here")
    mail = queue.claim_mails(ledger, sender, NOW, NOW)
    assert mail is not None
    assert mail.message == message
    assert queue.hand_over(ledger, sender, mail.notice_id, NOW)
    assert queue.take_over(ledger, "there", NOW) == 0
    assert queue.take_over(ledger, "here", NOW) == 1
    assert queue.count_ambiguous(ledger, [mail.notice_id]) == 1
    again = queue.claim_mails(ledger, sender, NOW, NOW)
    assert again is not None
    queue.mark_accepted(ledger, again.notice_id, "250 accepted", NOW)
    (sent,) = notice.recorded_notices(ledger, EDITION.edition_id)
    assert (sent.state, sent.attempts, sent.content, sent.sent_at) == (NoticeState.ACCEPTED, 2, {"a1": 3}, NOW)
    with ledger.reading() as connection:
        told = notice.last_notified(connection, sent.office_id, sent.address, notice.Purpose.DIGEST, NOW)
    assert told == sent


def test_six_senders_at_once_claim_every_mail_once(ledger: Ledger) -> None:
    mails, claimed = queue_mails(ledger, 120), list[str]()

    def work() -> None:
        sender = queue.sender_at("a place of its own")
        while (mail := queue.claim_mails(ledger, sender, START, START)) is not None:
            claimed.append(mail.address)

    _together(6, work)
    assert sorted(claimed) == sorted(mails)


def test_of_six_schedulers_at_once_one_has_the_lease_and_begins_the_job(ledger: Ledger) -> None:
    begun: list[str] = []
    names = iter("abcdef")

    def work() -> None:
        name = next(names)
        if job.acquire_lease(ledger, job.LEASE, name, NOW, timedelta(minutes=1)) and job.begin_job_run(
            ledger, "run", NOW, name, NOW
        ):
            begun.append(name)

    _together(6, work)
    assert len(begun) == 1
    assert not job.acquire_lease(ledger, job.LEASE, "another", NOW, timedelta(minutes=1))
    assert job.acquire_lease(ledger, job.LEASE, "another", NOW + timedelta(minutes=1), timedelta(minutes=1))
    assert job.begin_job_run(ledger, "run", NOW, "another", NOW + timedelta(minutes=1)), "it was cut off"
    job.finish_job_run(ledger, "run", NOW, job.Ending.DONE, "", NOW)
    assert not job.begin_job_run(ledger, "run", NOW, "another", NOW + timedelta(minutes=1))
