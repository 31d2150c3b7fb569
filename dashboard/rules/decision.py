"""Rules that wait for a decision: proposed and approved under two accounts, or sent back; each act is named."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import html
from flask import Blueprint, Response, jsonify, make_response

from dashboard.components.form import form, hidden_field, text_area
from dashboard.components.table import table
from dashboard.locale import text
from dashboard.summary.reference import region
from dashboard.web import data
from dashboard.web.security import current_permissions
from dashboard.web.security.entrance import Clock
from dashboard.web.security.request_body import answer_sentence, error_in_words, read_field
from dashboard.web.security.trail import actor, trail
from pipelines.core.domain import UserError
from pipelines.core.region.permissions import PermittedAct
from pipelines.core.region.rule_version import newest, released, rule_hash, two_named
from pipelines.core.region.rules import LEADS
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import account
from pipelines.ledger.audit_trail.trail import ActContext
from pipelines.ledger.workflow.rule import Approval, RuleActKind, approval, decide_rule, find_part

PATH = "/rules"
_COLUMNS = ("Rule", "Content", "State", "Acts")
_ACTS = {"propose": RuleActKind.PROPOSED, "approve": RuleActKind.APPROVED, "return": RuleActKind.WITHDRAWN}
_LONG = 1000  # characters of a reason


@dataclass(frozen=True)
class _UndecidedRule:
    """A rule whose newest rows nobody stands behind yet, or that waits to be enabled on the server."""

    rule_id: str
    title: str
    content: str
    author: str
    approver: str
    approval: Approval


def decision_section() -> list[Any]:
    """The rules that wait, with what this viewer may do about each; nothing where none waits."""
    waiting = _undecided_rules(trail().ledger)
    if not waiting:
        return []
    person = account.person_of(trail().ledger, data.viewer().name)
    return [
        html.H2(text("Rules that wait for a decision")),
        html.P(
            text("A changed rule is proposed by its author and approved by another person, each under an own account."),
            className="caption",
        ),
        table(
            text("Rules that wait for a decision"),
            [text(name) for name in _COLUMNS],
            [
                [html.Span([one.title, " ", html.Small(one.rule_id)]), one.content, *_cells(one, person)]
                for one in waiting
            ],
            kind="rules waiting",
        ),
    ]


def _undecided_rules(ledger: Ledger) -> list[_UndecidedRule]:
    shipped, found = released(region()), []
    rules = region().rules
    for rule_id in dict.fromkeys(rules.loc[~rules["kind"].isin(LEADS), "rule_id"]):
        rows = newest(region(), rule_id)
        content = rule_hash(rows)
        if (rule_id, content) in shipped or rows["author"].isna().any() or rows["approver"].isna().any():
            continue
        state = approval(ledger, rule_id, content)
        if not (state.is_complete and rows["is_enabled"].all()):
            found.append(_UndecidedRule(rule_id, _title(rows), content, *two_named(rows), state))
    return found


def _title(rows: pd.DataFrame) -> str:
    return str(rows["title"].iloc[0])


def _cells(one: _UndecidedRule, person: str) -> list[Any]:
    """What its state is, and the forms for who is to act."""
    state, names = one.approval, {"author": one.author, "approver": one.approver}
    if state.is_complete:
        command = html.Code(f"gangshao rules enable {one.rule_id}")
        return [
            text("proposed by {author}, approved by {approver}", **names),
            html.Span([text("to be enabled on the server:"), " ", command]),
        ]
    if not state.has_backtest:
        command = html.Code(f"gangshao rules backtest {one.rule_id}")
        return [text("no backtest of it as it stands"), html.Span([text("on the server:"), " ", command])]
    may = current_permissions().may(data.viewer(), PermittedAct.DECIDE_RULE)
    if not state.proposals:
        acts = [_form(one, "propose", text("Propose"), person)] if may and person == one.author else []
        return [text("waits for {author} to propose it", author=one.author), html.Div(acts, className="acts")]
    last = state.proposals[-1]
    proposed = text("proposed by {author}, waits for {approver}", **names)
    words = html.Span([proposed, ": ", html.Q(last.note), " ", html.Small(last.entered_by)])
    if not may:
        return [words, ""]
    acts = [_form(one, "return", text("Send back"), person)]
    if person == one.approver:
        acts.insert(0, _form(one, "approve", text("Approve"), person))
    return [words, html.Div(acts, className="acts")]


def _form(one: _UndecidedRule, act: str, button: str, person: str) -> Any:
    asks = {
        "propose": text(
            "Propose “{rule}” ({content}) as {person}? It is entered under your account.",
            rule=one.title,
            content=one.content,
            person=person,
        ),
        "approve": text(
            "Approve “{rule}” ({content}) as {person}? It is entered under your account.",
            rule=one.title,
            content=one.content,
            person=person,
        ),
        "return": text(
            "Send “{rule}” ({content}) back as {person}? It must be proposed anew.",
            rule=one.title,
            content=one.content,
            person=person,
        ),
    }
    inputs = [hidden_field("content", one.content), text_area("note", text("Reason"), is_required=True)]
    return form(f"{PATH}/{one.rule_id}/{act}", inputs, button, ask=asks[act])


def rule_actions(ledger: Ledger, clock: Clock) -> Blueprint:
    """The writing side of the page of rules as a Flask blueprint: JSON behind the guard, for leaders and analysts."""
    acts = Blueprint("rule_acts", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        trail().refuse("act_refused")
        return answer_sentence(error_in_words(error), 400)

    @acts.post(f"{PATH}/<rule_id>/<action>")
    def decided(rule_id: str, action: str) -> Response:
        if action not in _ACTS or rule_id not in set(region().rules["rule_id"]):
            return answer_sentence(text("This page does not exist"), 404)
        rows, kind = newest(region(), rule_id), _ACTS[action]
        if read_field("content") != rule_hash(rows):
            raise UserError(text("The rule has been changed meanwhile. Load the page again."))
        note, person = read_field("note").replace("\0", ""), account.person_of(ledger, data.viewer().name)
        if len(note) > _LONG:
            raise UserError(text("Write at most {most} characters.", most=_LONG))
        if kind is not RuleActKind.WITHDRAWN and find_part(*two_named(rows), person) is not kind:
            raise UserError(text("By rules.csv this is the other person's part."))
        decide_rule(
            ledger,
            current_permissions(),
            ActContext(data.viewer(), actor(), clock(), note),
            rule_id,
            rule_hash(rows),
            kind,
            person,
        )
        return make_response(jsonify(to=PATH))

    return acts
