"""What is on record about rules: backtests under a rule's hash, and who stands behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select

from pipelines.core.domain import Audience, Said, SaidError, Viewer
from pipelines.core.region.load import Region
from pipelines.core.region.permissions import Permissions, PermittedAct
from pipelines.core.region.rule_version import released, rule_hash
from pipelines.core.region.rules import LEADS
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.db.schema import rule_act, rule_backtest
from pipelines.ledger.db.store import Ledger


class RuleActKind(StrEnum):
    """What somebody did with a rule as it stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class StoredBacktest:
    """A stored backtest; ``figures`` as pipelines.judging.rule_backtest makes them, with ``replaces`` beside."""

    backtest_id: int
    rule_id: str
    rule_hash: str
    first_on: date
    last_on: date
    made_at: datetime
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class RuleAct:
    """Somebody proposed, approved or withdrew a rule under a hash; ``acted_at`` in UTC.

    ``who`` is the person, ``entered_by`` the account, as the audit trail calls it.
    """

    act_id: int
    rule_id: str
    rule_hash: str
    kind: RuleActKind
    backtest_id: int | None
    acted_at: datetime
    who: str
    note: str
    entered_by: str

    @property
    def account(self) -> str:
        """The name of the account or of the operating system's user: its role may be another by now."""
        return self.entered_by.rpartition(":")[2]


@dataclass(frozen=True)
class Approval:
    """Who stands behind a rule as it stands since it was withdrawn last, and whether a backtest of it is stored."""

    proposals: tuple[RuleAct, ...]
    approvals: tuple[RuleAct, ...]
    has_backtest: bool

    @property
    def is_complete(self) -> bool:
        """Whether there is a backtest, and two persons under two accounts stand behind the rule."""
        return self.has_backtest and any(_are_two(one, other) for one in self.proposals for other in self.approvals)

    @property
    def one_account(self) -> str:
        """The account under which both persons were entered, where that is all there is; empty otherwise."""
        alone = [other.entered_by for one in self.proposals for other in self.approvals if one.who != other.who]
        return "" if self.is_complete or not alone else alone[-1]


def _are_two(one: RuleAct, other: RuleAct) -> bool:
    return one.who != other.who and one.account != other.account


def store_backtest(
    ledger: Ledger, rule_id: str, rule_hash: str, figures: Mapping[str, Any], actor: Actor, now: datetime
) -> int:
    """Store a backtest; returns its number."""
    values = {
        "rule_id": rule_id,
        "rule_hash": rule_hash,
        "first_on": date.fromisoformat(figures["first"]),
        "last_on": date.fromisoformat(figures["last"]),
        "made_at": now,
        "figures": json.dumps(figures, ensure_ascii=False, sort_keys=True),
    }
    with ledger.writing() as connection:
        row = connection.execute(insert(rule_backtest).values(values).returning(rule_backtest.c.backtest_id)).one()
        details = {"rule_hash": rule_hash, "backtest": row.backtest_id}
        trail.append_entry(connection, Act.RULE_CHANGE, actor, f"backtest of rule {rule_id}", now, details=details)
    return int(row.backtest_id)


def backtests(ledger: Ledger, rule_id: str = "") -> list[StoredBacktest]:
    """All stored backtests, or those of one rule, oldest first."""
    query = select(rule_backtest).order_by(rule_backtest.c.backtest_id)
    if rule_id:
        query = query.where(rule_backtest.c.rule_id == rule_id)
    with ledger.reading() as connection:
        return [_backtest(row) for row in connection.execute(query)]


def seen_backtests(ledger: Ledger, viewer: Viewer, until: datetime | None = None) -> list[StoredBacktest]:
    """The stored backtests as a viewer may see them, oldest first; ``until``: those stored by then (UTC).

    What a rule would have said of every area and industry is for the bureau alone: of single warnings of small places
    it tells more than any page for others. Raises SaidError for anybody else.
    """
    if viewer.audience is not Audience.BUREAU:
        raise SaidError(Said("规则的回测只供市局查看", "backtests of rules are for the bureau alone"))
    return [one for one in backtests(ledger) if until is None or one.made_at <= until]


def last_backtest(ledger: Ledger, rule_id: str, rule_hash: str) -> StoredBacktest | None:
    """The newest backtest of a rule as it stands under this hash."""
    return next((one for one in reversed(backtests(ledger, rule_id)) if one.rule_hash == rule_hash), None)


def rule_acts(ledger: Ledger, rule_id: str = "") -> list[RuleAct]:
    """All acts, or those on one rule, in their order."""
    query = select(rule_act).order_by(rule_act.c.act_id)
    if rule_id:
        query = query.where(rule_act.c.rule_id == rule_id)
    with ledger.reading() as connection:
        return [_act(row) for row in connection.execute(query)]


def record_rule_act(
    ledger: Ledger, context: ActContext, rule_id: str, rule_hash: str, kind: RuleActKind, who: str
) -> RuleAct:
    """Propose, approve or withdraw a rule as it stands under a hash.

    ``who`` is the person, the context's actor the account that enters it. Raises SaidError when there is no stored
    backtest under the hash, when nobody proposed it before it is approved, or when the same person or the same
    account proposed it.
    """
    kept = last_backtest(ledger, rule_id, rule_hash)
    if kind is not RuleActKind.WITHDRAWN and kept is None:
        zh = f"规则“{rule_id}”现在的内容（{rule_hash}）还没有存下的回测；请先运行 gangshao rules backtest {rule_id}"
        raise SaidError(Said(zh, "this rule as it stands has no stored backtest"))
    if kind is RuleActKind.APPROVED:
        proposals = approval(ledger, rule_id, rule_hash).proposals
        if not proposals:
            raise SaidError(Said(f"规则“{rule_id}”还没有人提出，须先由编写人提出", "nobody proposed this rule yet"))
        if all(one.who == who for one in proposals):
            raise SaidError(Said(f"“{who}”是提出人，批准须是另一个人", "proposer and approver must be two persons"))
        if all(one.account == context.actor.who.rpartition(":")[2] for one in proposals):
            zh = (
                f"提出是以同一账号（{context.actor.who}）登记的，批准须用另一个人的账号：请批准人登录看板，在“预警规则”页批准，"
                "或用自己的系统用户执行本命令"
            )
            en = "it was proposed under this same account; the approver must use an account of his or her own"
            raise SaidError(Said(zh, en))
    values = {
        "rule_id": rule_id,
        "rule_hash": rule_hash,
        "kind": kind.value,
        "acted_at": context.at,
        "who": who,
        "note": context.note,
        "backtest_id": None if kept is None else kept.backtest_id,
        "entered_by": context.actor.who,
    }
    with ledger.writing() as connection:
        row = connection.execute(insert(rule_act).values(values).returning(*rule_act.c)).one()
        details = {"rule_hash": rule_hash, "kind": kind.value, "backtest": values["backtest_id"], "person": who}
        trail.append_entry(connection, Act.RULE_CHANGE, context.actor, f"rule {rule_id}", context.at, details=details)
    return _act(row)


def decide_rule(
    ledger: Ledger,
    permissions: Permissions,
    context: ActContext,
    rule_id: str,
    rule_hash: str,
    kind: RuleActKind,
    who: str,
) -> RuleAct:
    """As ``record_rule_act``, by who is signed in. Raises SaidError besides for other roles and without a reason."""
    if not permissions.may(context.viewer, PermittedAct.DECIDE_RULE):
        raise SaidError(
            Said("规则由市局领导或分析岗提出和批准", "rules are decided by the city's leaders and analysts")
        )
    if not context.note.strip():
        raise SaidError(Said("请写明理由", "write the reason"))
    if kind is RuleActKind.WITHDRAWN and not approval(ledger, rule_id, rule_hash).proposals:
        raise SaidError(Said(f"规则“{rule_id}”没有待批准的提出", "there is no proposal to send back"))
    return record_rule_act(ledger, replace(context, note=context.note.strip()), rule_id, rule_hash, kind, who)


def find_part(author: str, approver: str, person: str) -> RuleActKind:
    """Whether a person proposes a rule or approves it, by the names in rules.csv. Raises SaidError for anybody else."""
    if person not in (author, approver):
        zh = f"“{person}”不是该规则的编写人（{author}）或批准人（{approver}）"
        raise SaidError(Said(zh, f"“{person}” is neither the author ({author}) nor the approver ({approver})"))
    return RuleActKind.PROPOSED if person == author else RuleActKind.APPROVED


def approval(ledger: Ledger, rule_id: str, rule_hash: str) -> Approval:
    """Who stands behind a rule as it stands."""
    standing = _standing(rule_acts(ledger, rule_id), rule_hash)
    return Approval(
        tuple(one for one in standing if one.kind is RuleActKind.PROPOSED),
        tuple(one for one in standing if one.kind is RuleActKind.APPROVED),
        last_backtest(ledger, rule_id, rule_hash) is not None,
    )


def _standing(every: list[RuleAct], rule_hash: str) -> list[RuleAct]:
    """The acts under a hash since it was withdrawn last."""
    own = [one for one in every if one.rule_hash == rule_hash]
    ended = [place for place, one in enumerate(own) if one.kind is RuleActKind.WITHDRAWN]
    return own[ended[-1] + 1 :] if ended else own


def _backtest(row: Row[Any]) -> StoredBacktest:
    values = dict(row._mapping)
    return StoredBacktest(**{**values, "figures": json.loads(values["figures"])})


def _act(row: Row[Any]) -> RuleAct:
    values = dict(row._mapping)
    return RuleAct(**{**values, "kind": RuleActKind(values["kind"])})


def unapproved(region: Region, ledger: Ledger, day: date) -> dict[str, str]:
    """Rules judged on a day behind which neither the release nor a backtest and two persons stand.

    By rule the account under which both persons were entered, empty where not even that is so.
    """
    shipped = released(region)
    rules = region.rules_on(day)
    rules = rules[rules["is_enabled"] & ~rules["kind"].isin(LEADS)]
    found = {
        str(rule_id): approval(ledger, str(rule_id), rule_hash(rows))
        for rule_id, rows in rules.groupby("rule_id", sort=False)
        if (rule_id, rule_hash(rows)) not in shipped
    }
    return {rule_id: one.one_account for rule_id, one in found.items() if not one.is_complete}
