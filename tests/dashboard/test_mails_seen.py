"""Mails as a reader sees them: HTML in a browser at the width of a phone and of a mail program, and through a server."""

import re
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.workflow.acknowledgement import acknowledge
from pipelines.ledger.workflow.steps import Subject, apply_transition
from pipelines.notifying import calendar_mails
from pipelines.notifying.audience import recipients
from pipelines.notifying.occasion import read_occasion
from pipelines.notifying.outbox import send
from pipelines.published import read
from tests.permitted import PERMISSIONS
from tests.pipeline.mail_city import REGION, City, MailServer, edition, parsed, part
from tests.pipeline.timeline import Timeline

MONDAY = date(2026, 11, 9)
LINES = {
    ("371500", "ALL"): ".22", ("371502", "C"): ".23", ("371502", "F"): "333", ("371502", "G"): "44x",
    ("371502", "I"): ".44", ("371503", "C"): ".11", ("371521", "C"): ".33", ("371522", "C"): ".33",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, EmailMessage]]:
    """A name and a mail for each kind, as they came out of a real server after Chinese subject and all."""
    folder = tmp_path_factory.mktemp("mails")
    with MailServer() as server:
        settings = Settings(
            data=folder, base_url="https://gangshao.example.com", smtp_host="127.0.0.1", smtp_port=server.port
        )
        ledger = open_ledger(settings)
        story = Timeline(City(folder, settings), ledger, MONDAY, LINES)
        story.play(2)
        _people(ledger, story)
        story.play(since=2)
        story.remind(2, "17:00")
        calendar_mails.send_due(edition(story.days[2]), ledger, REGION, settings, _at(story.days[2], "09:00"))
        send(ledger, settings, _at(story.days[2] + timedelta(days=1), "09:00"))
        given = read_occasion(edition(story.days[2]), ledger, REGION, settings, _at(story.days[2], "09:00"))
        leader = next(one for one in recipients(REGION, story.days[2]) if one.role is Role.CITY_LEADER)
        by_calendar = [
            (
                kind.purpose,
                parsed(
                    calendar_mails.write_calendar_message(
                        given, ledger, kind, leader, _key(kind, story.days[2])
                    ).message
                ),
            )
            for kind in calendar_mails.calendar_kinds()
        ]
        ledger.close()
        read.close()
    return [*((_name(address), parsed(message)) for address, message in server.accepted), *by_calendar]


def _at(day: date, clock: str) -> datetime:
    return REGION.instant(day, time.fromisoformat(clock))


def _key(kind: calendar_mails.CalendarMail, day: date) -> str:
    """By which the next mail of a kind is known."""
    return str(kind.key(REGION, calendar_mails.next_day(kind, REGION, day)))


def _people(ledger: Ledger, story: Timeline) -> None:
    now, actor = _at(story.days[1], "10:00"), Actor("某人", "test")
    county = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}))
    own = Subject("371502F1", edition(story.days[1]).edition_id, "371502", Level.YELLOW)
    acknowledge(ledger, PERMISSIONS, ActContext(county, actor, now), own, "dongchangfu", "就业科岗位甲", 7)
    chiping = Subject("371503C1", edition(story.days[1]).edition_id, "371503", Level.RED)
    apply_transition(
        ledger, REGION.transition, ActContext(Viewer(Role.CITY_LEADER), actor, now, "属实"), chiping, State.CONFIRMED
    )
    apply_transition(
        ledger, REGION.transition, ActContext(Viewer(Role.CITY_DUTY), actor, now, "属实"), chiping, State.ISSUED
    )


def _name(address: str) -> str:
    return address.partition("@")[2].partition(".")[0] + "-" + address.partition("@")[0]


def test_subjects_and_texts_come_through_a_server_as_they_were_written(told: list[tuple[str, EmailMessage]]) -> None:
    subjects = [str(mail["Subject"]) for _, mail in told]
    assert any(one.startswith("[疑似橙色预警·待核实] 聊城市 全行业 失业保险金新增申领 新增") for one in subjects)
    assert any(one.startswith("[红色预警] 茌平区 制造业 失业保险金新增申领 发布") for one in subjects)
    assert any(one.startswith("[每日简报]") for one in subjects)
    assert any("催办" in one for one in subjects)
    for name, mail in told:
        text = part(mail, "plain")
        assert "请您做什么：" in text, name
        assert "\ufffd" not in str(mail["Subject"]) + text
        assert "{" not in text


def test_the_text_part_says_alone_what_the_page_says(told: list[tuple[str, EmailMessage]]) -> None:
    seen: set[str] = set()
    for name, mail in told:
        text, page = part(mail, "plain"), part(mail, "html")
        links = {unescape(link) for link in re.findall(r'href="([^"]+)"', page)}
        assert {link for link in links if link not in text} == set(), name
        listed = {unescape(words) for words in re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)</a>', page)}
        assert {words for words in listed if words not in text} == set(), name
        assert not re.search(r"</?[a-z]+[ >]|&[a-z]+;", text), name
        seen |= links
    assert any("/warning/" in link for link in seen)


@pytest.mark.parametrize("width", [390, 700])
def test_no_mail_is_wider_than_the_screen_or_asks_for_anything(
    told: list[tuple[str, EmailMessage]], browser: Browser, pictures: Path | None, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number, (name, mail) in enumerate(told):
        page.set_content(part(mail, "html"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(
            "[...document.querySelectorAll('table')].every(t => t.querySelector('caption') || t.getAttribute('role'))"
        )
        sizes = page.evaluate(
            "[...document.querySelectorAll('p,li,th,td,a,h1,h2')].filter(e => e.innerText.trim()).map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 13, name
        if pictures is not None:
            page.screenshot(path=pictures / f"mail-{width}-{number:02d}-{name}.png", full_page=True)
    assert asked == []
    page.close()
