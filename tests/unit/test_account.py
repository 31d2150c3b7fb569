import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pipelines.core.domain import Role, UserError
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link, password, session
from pipelines.ledger.accounts.session import Session
from pipelines.ledger.accounts.sign_in import Refused, SignedIn, set_own_password, sign_in
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DESK = Actor("administrator:root", "10.1.1.1")
GOOD, OTHER = "purple hippo naps on roofs", "seven kettles under snowfall"


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed by argon2id's least parameters; `test_guessing` looks at the product's."""
    monkeypatch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def opened(ledger: Ledger, name: str = "zhang.san", role: Role = Role.CITY_DUTY, areas: tuple[str, ...] = ()) -> str:
    """An account with the password GOOD; returns its identity."""
    account_id = account.create(ledger, DESK, name, "张三", role, areas, NOW)
    assert (
        link.redeem_password(ledger, link.insert_password_link(ledger, DESK, account_id, NOW), GOOD, [], NOW)
        is not None
    )
    return account_id


def entered(ledger: Ledger, name: str, password: str = GOOD) -> Session:
    found = sign_in(ledger, name, password, NOW)
    assert isinstance(found, SignedIn)
    return found.session


@pytest.mark.requirement("6.3.2")
def test_the_first_account_is_made_by_a_link_and_there_is_no_second_such_link(ledger: Ledger) -> None:
    lost, token = link.issue_set_up_link(ledger, NOW), link.issue_set_up_link(ledger, NOW)
    assert lost is not None
    assert token is not None
    assert link.redeem_set_up(ledger, lost, link.NewAccount("root", "李四", GOOD), [], NOW) is None, (
        "a later start ends earlier links"
    )
    fresh = link.redeem_set_up(ledger, token, link.NewAccount(" Root ", "李四", GOOD), [], NOW)
    assert fresh is not None
    assert (fresh.session.viewer.role, fresh.session.viewer.name) == (Role.ADMINISTRATOR, "root")
    assert link.issue_set_up_link(ledger, NOW) is None
    assert isinstance(sign_in(ledger, "ＲＯＯＴ", GOOD, NOW), SignedIn), "full width and capitals are the same name"


@pytest.mark.requirement("2.3.4")
def test_of_many_who_use_the_set_up_link_at_once_one_becomes_administrator(ledger: Ledger) -> None:
    token = link.issue_set_up_link(ledger, NOW)
    assert token is not None
    made: list[SignedIn | None] = []
    threads = [
        threading.Thread(
            target=lambda n=n: made.append(
                link.redeem_set_up(ledger, token, link.NewAccount(f"root{n}", "李四", GOOD), [], NOW)
            )
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in made if one is not None]) == 1
    assert len(account.accounts(ledger, NOW)) == 1


@pytest.mark.requirement("2.2.2")
def test_a_weak_password_leaves_the_link_good(ledger: Ledger) -> None:
    account_id = account.create(ledger, DESK, "zhang.san", "张三", Role.CITY_DUTY, [], NOW)
    token = link.insert_password_link(ledger, DESK, account_id, NOW)
    with pytest.raises(UserError, match="12"):
        link.redeem_password(ledger, token, "short", [], NOW)
    with pytest.raises(UserError, match="zhang"):
        link.redeem_password(ledger, token, "zhang.san2026", [], NOW)
    assert link.redeem_password(ledger, token, GOOD, [], NOW) is not None
    assert link.redeem_password(ledger, token, OTHER, [], NOW) is None


@pytest.mark.requirement("6.4.1")
def test_a_new_link_ends_the_one_before_and_all_end_after_a_day(ledger: Ledger) -> None:
    account_id = account.create(ledger, DESK, "zhang.san", "张三", Role.CITY_DUTY, [], NOW)
    first, second = (link.insert_password_link(ledger, DESK, account_id, NOW) for _ in range(2))
    assert link.inspect_link(ledger, first, NOW) is None
    assert link.redeem_password(ledger, second, GOOD, [], NOW + timedelta(hours=24)) is None
    assert link.inspect_link(ledger, second, NOW + timedelta(hours=24) - timedelta(seconds=1)) is not None
    assert link.redeem_link(ledger, second, NOW) is None, "a link for a password signs nobody in without one"


def test_an_account_sees_what_its_role_and_areas_say(ledger: Ledger) -> None:
    opened(ledger, "clerk", Role.COUNTY_CLERK, ("371502", "371503"))
    viewer = entered(ledger, "clerk").viewer
    assert (viewer.role, viewer.areas, viewer.name) == (Role.COUNTY_CLERK, frozenset({"371502", "371503"}), "clerk")


@pytest.mark.requirement("1.3.3", "2.2.2", "2.2.3")
@pytest.mark.parametrize(
    ("name", "person", "role", "areas", "why"),
    [
        ("a", "张三", Role.CITY_DUTY, [], "2 至 64"),
        ("zhang san", "张三", Role.CITY_DUTY, [], "只用"),
        ("ZHANG.SAN", "张三", Role.CITY_DUTY, [], "已经有了"),
        ("li.si", " ", Role.CITY_DUTY, [], "姓名"),
        ("li.si", "李四", Role.COUNTY_HEAD, [], "地区"),
        ("li.si", "李四", Role.CITY_DUTY, ["371502"], "地区"),
    ],
)
def test_what_makes_no_account_is_said(
    ledger: Ledger, name: str, person: str, role: Role, areas: list[str], why: str
) -> None:
    opened(ledger, "zhang.san")
    with pytest.raises(UserError, match=why):
        account.create(ledger, DESK, name, person, role, areas, NOW)


@pytest.mark.requirement("M2", "7.4.2")
def test_closing_an_account_ends_its_sessions_links_and_sign_in(ledger: Ledger) -> None:
    account_id = opened(ledger)
    other = opened(ledger, "li.si")
    fresh, kept = entered(ledger, "zhang.san"), entered(ledger, "li.si")
    token = link.insert_password_link(ledger, DESK, account_id, NOW)
    account.disable(ledger, DESK, account_id, NOW)
    assert session.viewer_of(ledger, fresh.token, NOW) is None
    assert session.viewer_of(ledger, kept.token, NOW) is not None
    assert link.inspect_link(ledger, token, NOW) is None
    assert sign_in(ledger, "zhang.san", GOOD, NOW) == Refused()
    with pytest.raises(UserError, match="停用"):
        link.insert_password_link(ledger, DESK, account_id, NOW)
    account.enable(ledger, DESK, account_id, NOW)
    assert sign_in(ledger, "zhang.san", GOOD, NOW) == Refused(), "opened again it needs a new password"
    assert {one.name: one.open_sessions for one in account.accounts(ledger, NOW)} == {"li.si": 2, "zhang.san": 0}
    assert other != account_id


@pytest.mark.requirement("8.3.2")
def test_another_role_ends_the_sessions_of_the_old_one(ledger: Ledger) -> None:
    account_id = opened(ledger)
    fresh = entered(ledger, "zhang.san")
    account.change(ledger, DESK, account_id, Role.COUNTY_HEAD, ["371502"], NOW)
    assert session.viewer_of(ledger, fresh.token, NOW) is None
    assert entered(ledger, "zhang.san").viewer.areas == {"371502"}


def test_the_last_administrator_stays(ledger: Ledger) -> None:
    account_id = opened(ledger, "root", Role.ADMINISTRATOR)
    account.create(ledger, DESK, "second", "王五", Role.ADMINISTRATOR, [], NOW)  # cannot sign in yet
    for act in (
        lambda: account.disable(ledger, DESK, account_id, NOW),
        lambda: account.change(ledger, DESK, account_id, Role.AUDITOR, [], NOW),
    ):
        with pytest.raises(UserError, match="最后一个"):
            act()
    opened(ledger, "third", Role.ADMINISTRATOR)
    account.disable(ledger, DESK, account_id, NOW)


@pytest.mark.requirement("7.4.5")
def test_sessions_end_from_the_administrators_page_one_account_or_all(ledger: Ledger) -> None:
    account_id = opened(ledger)
    opened(ledger, "li.si")
    first, second = entered(ledger, "zhang.san"), entered(ledger, "li.si")
    account.sign_out(ledger, DESK, account_id, NOW)
    assert [session.viewer_of(ledger, one.token, NOW) is None for one in (first, second)] == [True, False]
    account.sign_out_everybody(ledger, DESK, NOW)
    assert session.viewer_of(ledger, second.token, NOW) is None


@pytest.mark.requirement("6.2.3", "7.4.3", "7.5.1")
def test_changing_ones_password_ends_ones_other_sessions_and_renews_the_token_of_this_one(ledger: Ledger) -> None:
    opened(ledger)
    here, there = entered(ledger, "zhang.san"), entered(ledger, "zhang.san")
    assert set_own_password(ledger, here.token, "wrong", OTHER, [], NOW) == Refused()
    with pytest.raises(UserError):
        set_own_password(ledger, here.token, GOOD, "123456789012", [], NOW)
    fresh = set_own_password(ledger, here.token, GOOD, OTHER, [], NOW + timedelta(minutes=20))
    assert isinstance(fresh, str)
    assert session.viewer_of(ledger, fresh, NOW) == here.viewer
    assert [session.viewer_of(ledger, one.token, NOW) for one in (here, there)] == [None, None], "who copied it is out"
    seen = [session.viewer_of(ledger, fresh, NOW + timedelta(minutes=20) * step) is not None for step in range(25)]
    assert seen == [True] * 24 + [False], "it ends after the eight hours it had from the beginning"
    renewed = json.loads(trail.entries(ledger, act=Act.ACCOUNT)[0].details)
    assert (renewed["session"], renewed["renewed"]) == (session.session_mark(here.token), session.session_mark(fresh))
    assert sign_in(ledger, "zhang.san", GOOD, NOW) == Refused()
    entered(ledger, "zhang.san", OTHER)


@pytest.mark.requirement("6.2.3")
def test_who_holds_a_session_cannot_guess_its_password_without_end(ledger: Ledger) -> None:
    opened(ledger)
    here = entered(ledger, "zhang.san")
    found = [set_own_password(ledger, here.token, "wrong", OTHER, [], NOW) for _ in range(7)]
    assert found[:5] == [Refused()] * 5
    assert isinstance(found[5], Refused)
    assert found[5].wait > timedelta()


@pytest.mark.requirement("16.2.5", "16.3.1")
def test_every_act_is_in_the_audit_trail_without_any_secret(ledger: Ledger) -> None:
    account_id = opened(ledger)
    token = link.insert_password_link(ledger, DESK, account_id, NOW)
    sign_in(ledger, "zhang.san", "a wrong password", NOW, "10.2.2.2")
    sign_in(ledger, "my secret typed as name", GOOD, NOW, "10.2.2.2")
    account.sign_out(ledger, DESK, account_id, NOW)
    account.forgive(ledger, DESK, account_id, NOW)
    account.disable(ledger, DESK, account_id, NOW)
    entries = list(reversed(trail.entries(ledger)))
    whats = [
        (entry.who, entry.target, json.loads(entry.details)["what"]) for entry in entries if entry.act == Act.ACCOUNT
    ]
    assert whats == [
        (DESK.who, "zhang.san", "created"),
        ("city_duty:zhang.san", "zhang.san", "password_set"),
        (DESK.who, "zhang.san", "signed_out"),
        (DESK.who, "zhang.san", "wait_ended"),
        (DESK.who, "zhang.san", "disabled"),
    ]
    failed = [entry for entry in entries if entry.act == Act.SIGN_IN and entry.result == "refused"]
    assert [(entry.who, entry.source, entry.target) for entry in failed] == [
        ("stranger", "10.2.2.2", "zhang.san"), ("stranger", "10.2.2.2", ""),
    ]  # fmt: skip
    everything = str(entries)
    assert not [secret for secret in (token, GOOD, "a wrong password", "my secret") if secret in everything]
