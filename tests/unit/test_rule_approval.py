"""A rule counts when two persons stand behind it, each under an account of his or her own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipelines.core.domain import Role, UserError, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.workflow.rule import (
    RuleActKind,
    approval,
    decide_rule,
    find_part,
    record_rule_act,
    rule_acts,
    store_backtest,
)
from tests.first_ledger import leave
from tests.permitted import PERMISSIONS

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RULE, CONTENT = "insured_leave_spike", "0123456789abcdef"
ROOT, ANALYST = Actor("command_line:root", "server"), Actor("city_analyst:wang", "10.0.0.1")
AUTHOR, APPROVER = "王编写", "赵批准"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    store_backtest(opened, RULE, CONTENT, {"first": "2026-01-01", "last": "2026-10-31"}, ROOT, NOW)
    yield opened
    opened.close()


def stands(ledger: Ledger, kind: RuleActKind, who: str, actor: Actor) -> None:
    record_rule_act(ledger, ActContext(Viewer(None), actor, NOW, "更早发现"), RULE, CONTENT, kind, who)


@pytest.mark.parametrize(
    "approving", [ROOT, Actor("command_line:root", "another machine"), Actor("city_leader:root", "10.0.0.1")]
)
def test_two_names_under_one_account_are_one_person(ledger: Ledger, approving: Actor) -> None:
    stands(ledger, RuleActKind.PROPOSED, AUTHOR, ROOT)
    with pytest.raises(UserError, match="同一账号"):
        stands(ledger, RuleActKind.APPROVED, APPROVER, approving)
    assert not approval(ledger, RULE, CONTENT).is_complete
    stands(ledger, RuleActKind.APPROVED, APPROVER, Actor("command_line:zhao", "server"))
    assert approval(ledger, RULE, CONTENT).is_complete


def test_one_person_under_two_accounts_is_one_person(ledger: Ledger) -> None:
    stands(ledger, RuleActKind.PROPOSED, AUTHOR, ROOT)
    with pytest.raises(UserError, match="另一个人"):
        stands(ledger, RuleActKind.APPROVED, AUTHOR, ANALYST)


@pytest.mark.parametrize("role", list(Role))
def test_leaders_and_analysts_decide_with_a_reason(ledger: Ledger, role: Role) -> None:
    stands(ledger, RuleActKind.PROPOSED, AUTHOR, ROOT)
    viewer, by = Viewer(role, name="zhao"), Actor(f"{role}:zhao", "10.0.0.2")

    def decided(kind: RuleActKind, note: str) -> None:
        decide_rule(ledger, PERMISSIONS, ActContext(viewer, by, NOW, note), RULE, CONTENT, kind, APPROVER)

    if role not in {Role.CITY_LEADER, Role.CITY_ANALYST}:
        with pytest.raises(UserError, match="领导或分析岗"):
            decided(RuleActKind.APPROVED, "同意")
        return
    with pytest.raises(UserError, match="理由"):
        decided(RuleActKind.APPROVED, "  ")
    decided(RuleActKind.WITHDRAWN, "依据不足")
    with pytest.raises(UserError, match="没有待批准"):
        decided(RuleActKind.WITHDRAWN, "依据不足")
    with pytest.raises(UserError, match="还没有人提出"):
        decided(RuleActKind.APPROVED, "同意")
    stands(ledger, RuleActKind.PROPOSED, AUTHOR, ROOT)
    decided(RuleActKind.APPROVED, "同意")
    assert approval(ledger, RULE, CONTENT).is_complete
    told = trail.entries(ledger, act=Act.RULE_CHANGE)[0]
    assert (told.who, told.target) == (f"{role}:zhao", f"rule {RULE}")


def test_the_names_of_rules_csv_say_whose_part_it_is() -> None:
    assert [find_part(AUTHOR, APPROVER, one) for one in (AUTHOR, APPROVER)] == [
        RuleActKind.PROPOSED,
        RuleActKind.APPROVED,
    ]
    with pytest.raises(UserError, match="不是该规则的编写人"):
        find_part(AUTHOR, APPROVER, "李四")


def test_what_one_account_entered_before_is_found_after_the_upgrade(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    leave(settings, "0006")
    _enter_as_before(settings, ROOT, ROOT)
    ledger = open_ledger(settings)
    assert [(one.who, one.entered_by) for one in rule_acts(ledger, RULE)] == [(AUTHOR, ROOT.who), (APPROVER, ROOT.who)]
    found = approval(ledger, RULE, CONTENT)
    assert (found.is_complete, found.one_account) == (False, ROOT.who)
    stands(ledger, RuleActKind.APPROVED, APPROVER, Actor("city_leader:zhao", "10.0.0.2"))
    found = approval(ledger, RULE, CONTENT)
    assert (found.is_complete, found.one_account) == (True, "")
    ledger.close()


def _enter_as_before(settings: Settings, *entered: Actor) -> None:
    """A backtest, a proposal and an approval as step 0006 had them, with their entries in the trail."""

    engine = create_engine(settings.ledger_address)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into rule_backtest (backtest_id, rule_id, rule_hash, first_on, last_on, made_at, figures)"
                " values (1, :rule, :content, '2026-01-01', '2026-10-31', '2026-11-23 01:00:00', '{}')"
            ),
            {"rule": RULE, "content": CONTENT},
        )
        for kind, who, actor in zip(
            (RuleActKind.PROPOSED, RuleActKind.APPROVED), (AUTHOR, APPROVER), entered, strict=True
        ):
            connection.execute(
                text(
                    "insert into rule_act (rule_id, rule_hash, kind, backtest_id, acted_at, who, note)"
                    " values (:rule, :content, :kind, 1, '2026-11-23 01:00:00', :who, '更早发现')"
                ),
                {"rule": RULE, "content": CONTENT, "kind": kind.value, "who": who},
            )
            details = {"rule_hash": CONTENT, "kind": kind.value, "backtest": 1, "person": who}
            trail.append_entry(connection, Act.RULE_CHANGE, actor, f"rule {RULE}", NOW, details=details)
    engine.dispose()
