"""The audit trail on PostgreSQL: the web's role may add and read, and neither it nor the owner changes an entry."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from pipelines.core.domain import Grain, Level, Role, State, Viewer
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link, session
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.audit_trail.verification import verify_chain
from pipelines.ledger.db.web_role import grants
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import NoticeState, recorded_notices
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Sending, Settled, Stage
from pipelines.ledger.workflow import acknowledgement, measure, steps
from pipelines.ledger.workflow.measure import Assignment, Progress
from pipelines.ledger.workflow.steps import Subject
from tests.faults.storm import queue_mails
from tests.permitted import PERMISSIONS

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHO = Actor("auditor:审计", "10.1.2.3")
WEB = "gangshao_web"
LIAOCHENG = Settings().region


@pytest.fixture
def web(ledger: Ledger, settings: Settings) -> Iterator[Ledger]:
    """The ledger as the dashboard's own database role opens it."""
    with ledger.engine.connect() as connection:
        if not connection.execute(text("select 1 from pg_roles where rolname = :name"), {"name": WEB}).scalar():
            connection.execute(text(f"create role {WEB} login"))
        for statement in grants(WEB):
            connection.execute(text(statement))
        connection.commit()
    opened = open_ledger(
        settings.model_copy(update={"ledger_url": settings.ledger_url.replace("postgres@", f"{WEB}@")})
    )
    yield opened
    opened.close()


def test_the_webs_role_signs_people_in_and_out_and_enters_it(ledger: Ledger, web: Ledger) -> None:
    token = link.issue_link(ledger, Role.CITY_DUTY, [], "值班岗", timedelta(hours=1), NOW)
    fresh = link.redeem_link(web, token, NOW, "10.1.2.3")
    assert fresh is not None
    assert session.viewer_of(web, fresh.token, NOW + timedelta(minutes=5)) == fresh.viewer
    session.end_session(web, fresh.token, NOW)
    trail.write_entry(web, Act.EXPORT, WHO, "readings.csv", NOW)
    assert [entry.act for entry in trail.entries(web)] == ["export", "sign_out", "sign_in", "link"]
    verdict = verify_chain(web, [])
    assert (verdict.entries, verdict.breach) == (4, "")


def test_the_webs_role_has_a_mail_sent_again_and_enters_it(ledger: Ledger, web: Ledger) -> None:
    queue_mails(ledger, 1)
    sender = queue.sender_at("here")
    mail = queue.claim_mails(ledger, sender, NOW, NOW)
    assert mail is not None
    queue.mark_bounced(ledger, sender, mail.notice_id, "550 no such box", NOW)
    queue.resend_mail(web, mail.notice_id, WHO, NOW)
    assert [one.state for one in recorded_notices(web)] == [NoticeState.QUEUED]
    newest = trail.entries(web)[0]
    assert (newest.act, newest.who, newest.result) == ("send", WHO.who, "begun")


def test_the_webs_role_enters_what_people_do_about_a_warning(web: Ledger) -> None:
    subject = Subject("w1", "2026-11-23.1", "371503", Level.YELLOW, is_city=False)
    head = Viewer(Role.COUNTY_HEAD, frozenset({"371503"}), "head")
    transition = regions.load(LIAOCHENG).transition
    steps.apply_transition(web, transition, ActContext(head, WHO, NOW, "属实"), subject, State.CONFIRMED)
    number = acknowledgement.acknowledge(web, PERMISSIONS, ActContext(head, WHO, NOW), subject, "chiping", "岗位甲", 7)
    acknowledgement.undo_acknowledgement(web, PERMISSIONS, ActContext(head, WHO, NOW), subject, number)
    assigned = measure.assign_measure(
        web,
        PERMISSIONS,
        ActContext(head, WHO, NOW),
        subject,
        Assignment("online_fair", "岗位甲", "", date(2026, 12, 1)),
        NOW.date(),
    )
    measure.close_measure(web, PERMISSIONS, ActContext(head, WHO, NOW), subject, assigned, Progress.DONE, "办完")
    verdict = verify_chain(web, [])
    assert (verdict.entries, verdict.breach) == (5, "")


def test_the_webs_role_enters_an_upload_and_does_not_say_what_became_of_it(ledger: Ledger, web: Ledger) -> None:
    clerk = Viewer(Role.COUNTY_CLERK, frozenset({"371521"}), "clerk")
    sending = Sending("vacancy", "371521", date(2026, 11, 23), Grain.DAY, 1, False, "drop", "hash", 9, 2, 0)
    made = uploads.enter_upload(
        web, PERMISSIONS, ActContext(clerk, WHO, NOW), "371500", sending, "vacancy ({})".format, lambda _: None
    )
    assert (made.file_name, made.stage, made.uploaded_at) == ("vacancy (1)", Stage.CHECKED, NOW)
    settled = Settled("drop", Stage.ACCEPTED, 2, 0, "", "")
    with pytest.raises(ProgrammingError, match="permission denied"):
        uploads.settle_upload(web, [settled], NOW)
    uploads.settle_upload(ledger, [settled], NOW)
    with web.reading() as connection:
        found = uploads.by_number(connection, made.upload_id)
    assert found is not None
    assert (found.stage, found.settled_at) == (Stage.ACCEPTED, NOW)
    assert trail.entries(web)[0].act == "upload"


@pytest.mark.requirement("13.2.2")
@pytest.mark.parametrize(
    "statement",
    [
        "update notice set smtp_reply = 'fine'",
        "update audit set who = 'nobody'",
        "delete from audit",
        "truncate audit",
        "drop trigger audit_is_not_changed on audit",
        "alter table audit disable trigger all",
        "drop table audit",
        "delete from session",
        "insert into edition values ('x', '2026-11-23', 1, now(), false, now())",
    ],
)
def test_the_webs_role_may_do_nothing_else(web: Ledger, statement: str) -> None:
    trail.write_entry(web, Act.EXPORT, WHO, "readings.csv", NOW)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), web.writing() as connection:
        connection.execute(text(statement))
    assert verify_chain(web, []).entries == 1


@pytest.mark.parametrize("statement", ["update audit set who = 'nobody'", "delete from audit", "truncate audit"])
def test_the_owner_is_stopped_by_the_trigger(ledger: Ledger, statement: str) -> None:
    trail.write_entry(ledger, Act.EXPORT, WHO, "readings.csv", NOW)
    with pytest.raises(DBAPIError, match="never changed"), ledger.writing() as connection:
        connection.execute(text(statement))
    assert verify_chain(ledger, []).entries == 1


def test_an_entry_changed_without_the_trigger_is_named(ledger: Ledger) -> None:
    for number in range(5):
        trail.write_entry(ledger, Act.EXPORT, replace(WHO, source=str(number)), "readings.csv", NOW)
    with ledger.writing() as connection:
        connection.execute(text("alter table audit disable trigger all"))
        connection.execute(text("update audit set source = '9' where seq = 3"))
    assert verify_chain(ledger, []).breach.startswith("第 3 条审计记录的内容与其散列不符")


def test_many_who_append_at_once_keep_one_chain(ledger: Ledger) -> None:
    def add() -> None:
        for number in range(25):
            trail.write_entry(ledger, Act.EXPORT, WHO, str(number), NOW)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify_chain(ledger, [])
    assert (verdict.entries, verdict.breach) == (100, "")
