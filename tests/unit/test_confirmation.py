"""No administrator gets at the bureau's exact figures alone; what one gave is told to leaders, auditor and owner."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import Role, UserError, Viewer
from pipelines.core.region.permissions import Permissions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link, session
from pipelines.ledger.accounts.confirmation import (
    confirm,
    give_link,
    give_role,
    given_roles,
    open_requests,
    refuse,
    told_owner,
)
from pipelines.ledger.accounts.sign_in import Refused, SignedIn, sign_in
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from tests.permitted import PERMISSIONS

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
GOOD = "purple hippo naps on roofs"
ROOT = Actor("administrator:root", "10.0.0.1")
ASKER = ActContext(Viewer(Role.ADMINISTRATOR, name="root"), ROOT, NOW)
OFFICE = (Role.COUNTY_CLERK, ("371502",))
NEEDING_TWO = [*(set(Role) - {Role.COUNTY_HEAD, Role.COUNTY_CLERK})]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the slow hash and the judgement of passwords: these tests look at who may do what."""
    monkeypatch.setattr("pipelines.ledger.accounts.link.hashed", lambda password: f"hash of {password}")
    monkeypatch.setattr("pipelines.ledger.accounts.link.must_be_good", lambda *_: None)
    monkeypatch.setattr("pipelines.ledger.accounts.sign_in.matches", lambda given, kept: kept == f"hash of {given}")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A bureau on its first day: one administrator."""
    opened = open_ledger(Settings(data=tmp_path))
    token = link.issue_set_up_link(opened, NOW)
    assert token is not None
    assert link.redeem_set_up(opened, token, link.NewAccount("root", "李四", GOOD), [], NOW) is not None
    yield opened
    opened.close()


def made(ledger: Ledger, name: str, role: Role, areas: tuple[str, ...] = (), *, is_in_use: bool = True) -> str:
    """An account, opened at the server."""
    account_id = account.create(ledger, trail.this_process(), name, f"{name}本人", role, areas, NOW)
    if is_in_use:
        token = link.insert_password_link(ledger, trail.this_process(), account_id, NOW)
        assert link.redeem_password(ledger, token, GOOD, [], NOW) is not None
    return account_id


def asked(ledger: Ledger, account_id: str) -> str | None:
    return give_link(ledger, PERMISSIONS, ASKER, account_id)


def confirmed(ledger: Ledger, name: str, role: Role, request_id: int = 1) -> str:
    viewer = Viewer(role, name=name)
    return confirm(ledger, PERMISSIONS, ActContext(viewer, trail.actor_of(viewer, "10.0.0.2"), NOW), request_id)


@pytest.mark.requirement("M2")
@pytest.mark.parametrize("role", sorted(NEEDING_TWO))
@pytest.mark.parametrize("is_in_use", [False, True])
def test_an_administrator_gets_no_link_for_an_account_that_sees_more_than_a_county(
    ledger: Ledger, role: Role, is_in_use: bool
) -> None:
    made(ledger, "second", Role.ADMINISTRATOR)
    wanted = made(ledger, "li.si", role, is_in_use=is_in_use)
    assert asked(ledger, wanted) is None
    (waiting,) = open_requests(ledger, NOW)
    assert (waiting.name, waiting.role, waiting.asked_by) == ("li.si", role, "root")
    with pytest.raises(UserError, match="另一位"):
        confirmed(ledger, "root", Role.ADMINISTRATOR)
    with pytest.raises(UserError, match="另一位"):
        confirmed(ledger, "li.si", Role.CITY_LEADER)
    with pytest.raises(UserError, match="另一位"):
        confirmed(ledger, "nobody", Role.ADMINISTRATOR)
    token = confirmed(ledger, "second", Role.ADMINISTRATOR)
    fresh = link.redeem_password(ledger, token, GOOD, [], NOW)
    assert fresh is not None
    assert fresh.session.viewer.role is role
    with pytest.raises(UserError, match="已办理"):
        confirmed(ledger, "second", Role.ADMINISTRATOR)


def test_a_leader_confirms_in_a_bureau_with_one_administrator(ledger: Ledger) -> None:
    made(ledger, "leader", Role.CITY_LEADER)
    assert asked(ledger, made(ledger, "analyst", Role.CITY_ANALYST, is_in_use=False)) is None
    for role in set(Role) - {Role.ADMINISTRATOR, Role.CITY_LEADER}:
        with pytest.raises(UserError, match="另一位"):
            confirmed(ledger, "leader", role)
    assert link.inspect_link(ledger, confirmed(ledger, "leader", Role.CITY_LEADER), NOW) is not None


def test_a_clerk_of_one_county_gets_a_link_at_once_and_of_two_does_not(ledger: Ledger) -> None:
    made(ledger, "leader", Role.CITY_LEADER)
    assert asked(ledger, made(ledger, "clerk", *OFFICE)) is not None
    assert asked(ledger, made(ledger, "clerks", Role.COUNTY_CLERK, ("371502", "371503"))) is None


def test_an_account_whose_password_somebody_knows_does_not_become_an_analyst_s(ledger: Ledger) -> None:
    made(ledger, "second", Role.ADMINISTRATOR)
    clerk = made(ledger, "clerk", *OFFICE)
    held = sign_in(ledger, "clerk", GOOD, NOW)
    assert isinstance(held, SignedIn)
    unused = link.insert_password_link(ledger, ROOT, clerk, NOW)
    assert not give_role(ledger, PERMISSIONS, ASKER, clerk, Role.CITY_ANALYST, ())
    assert account.named(ledger, "clerk", NOW).role is Role.COUNTY_CLERK
    token = confirmed(ledger, "second", Role.ADMINISTRATOR)
    assert account.named(ledger, "clerk", NOW).role is Role.CITY_ANALYST
    assert sign_in(ledger, "clerk", GOOD, NOW) == Refused()
    assert link.inspect_link(ledger, unused, NOW) is None
    assert session.viewer_of(ledger, held.session.token, NOW) is None
    assert link.inspect_link(ledger, token, NOW) is not None
    assert give_role(ledger, PERMISSIONS, ASKER, clerk, *OFFICE), "less is given at once"


def test_while_nobody_else_can_confirm_it_is_done_and_told(ledger: Ledger) -> None:
    made(ledger, "second", Role.ADMINISTRATOR, is_in_use=False)
    assert asked(ledger, made(ledger, "leader", Role.CITY_LEADER, is_in_use=False)) is not None
    given = given_roles(ledger, NOW)[0]
    assert (given.by, given.name, given.role, given.is_link) == (ROOT.who, "leader", Role.CITY_LEADER, True)
    assert give_role(ledger, PERMISSIONS, ASKER, made(ledger, "clerk", *OFFICE), Role.CITY_ANALYST, ())
    given = given_roles(ledger, NOW)[0]
    assert (given.name, given.role, given.is_link) == ("clerk", Role.CITY_ANALYST, False)
    week = timedelta(days=7)
    assert given_roles(ledger, NOW + week)[0] == given
    assert given_roles(ledger, NOW + week + timedelta(seconds=1)) == []


@pytest.mark.parametrize("is_opened_again", [False, True])
def test_closing_who_could_confirm_does_not_make_an_administrator_free(ledger: Ledger, is_opened_again: bool) -> None:
    second = made(ledger, "second", Role.ADMINISTRATOR)
    analyst = made(ledger, "analyst", Role.CITY_ANALYST, is_in_use=False)
    with pytest.raises(UserError, match="没有别的"):
        give_role(ledger, PERMISSIONS, ASKER, second, *OFFICE)
    with pytest.raises(UserError, match="没有别的"):
        asked(ledger, second)
    account.disable(ledger, ROOT, second, NOW)
    if is_opened_again:
        account.enable(ledger, ROOT, second, NOW)
    with pytest.raises(UserError, match="gangshao account link"):
        asked(ledger, analyst)


@pytest.mark.requirement("6.4.3")
def test_the_owner_is_told_of_a_link_that_replaces_the_password_whoever_made_it(ledger: Ledger) -> None:
    account_id = made(ledger, "clerk", *OFFICE)
    assert told_owner(ledger, "clerk", NOW) == [], "of the first one the owner knows"
    asked(ledger, account_id)
    link.insert_password_link(ledger, Actor("command_line:ops", "server"), account_id, NOW + timedelta(hours=1))
    assert [one.by for one in told_owner(ledger, "clerk", NOW)] == ["command_line:ops", ROOT.who]
    assert told_owner(ledger, "lerk", NOW) == told_owner(ledger, "root", NOW) == []
    last = NOW + timedelta(days=14)
    assert len(told_owner(ledger, "clerk", last)) == 2
    assert [one.by for one in told_owner(ledger, "clerk", last + timedelta(seconds=1))] == ["command_line:ops"]


def test_a_request_is_refused_taken_back_replaced_and_forgotten(ledger: Ledger) -> None:
    made(ledger, "leader", Role.CITY_LEADER)
    analyst = made(ledger, "analyst", Role.CITY_ANALYST)
    for viewer in (Viewer(Role.CITY_LEADER, name="leader"), Viewer(Role.ADMINISTRATOR, name="root")):
        asked(ledger, analyst)
        asked(ledger, analyst)
        (waiting,) = open_requests(ledger, NOW)
        analyst_s = ActContext(Viewer(Role.CITY_ANALYST, name="analyst"), ROOT, NOW)
        with pytest.raises(UserError, match="须由"):
            refuse(ledger, PERMISSIONS, analyst_s, waiting.request_id)
        refuse(ledger, PERMISSIONS, ActContext(viewer, trail.actor_of(viewer, ""), NOW), waiting.request_id)
        assert open_requests(ledger, NOW) == []
    asked(ledger, analyst)
    week = timedelta(days=7)
    assert len(open_requests(ledger, NOW + week - timedelta(seconds=1))) == 1
    assert open_requests(ledger, NOW + week) == []


def test_where_nobody_is_permitted_to_confirm_nothing_is_given_at_once(ledger: Ledger) -> None:
    analyst = made(ledger, "analyst", Role.CITY_ANALYST, is_in_use=False)
    with pytest.raises(UserError, match="没有别的"):
        give_link(ledger, Permissions(), ASKER, analyst)
    assert open_requests(ledger, NOW) == []
