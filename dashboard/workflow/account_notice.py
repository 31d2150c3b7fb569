"""What is told about accounts: requests that another account confirms, links and roles given, one's own account."""

from typing import Any

from dash import dcc, html

from dashboard.components import elements
from dashboard.components.form import action_button
from dashboard.components.table import table
from dashboard.locale import count, instant, text
from dashboard.summary import reference
from dashboard.web import data
from dashboard.web.security import current_permissions, trail
from dashboard.web.security.entrance import ROLE_TITLES
from pipelines.core.region.permissions import PermittedAct
from pipelines.ledger.accounts import confirmation
from pipelines.ledger.accounts.confirmation import Given, Request

PATH = "/account"
_REQUEST_COLUMNS = ("Account", "Person", "Role", "Areas", "Asked for by", "Asked at", "Acts")
_GIVEN_COLUMNS = ("When", "What", "Account", "Role", "By")


def banners() -> list[Any]:
    """What this viewer should know on every page; nothing while there is nothing."""
    return data.once_until_act(_banners, data.viewer())


def _banners() -> list[Any]:
    ledger, now, viewer = trail().ledger, trail().clock(), data.viewer()
    lines: list[Any] = []
    if own := confirmation.told_owner(ledger, viewer.name, now):
        by, at = own[0].by, instant(own[0].at, reference.zone())
        lines.append(
            text(
                "{by} made a link for your account's password at {instant}. If you did not ask for it, "
                "tell the auditor.",
                by=by,
                instant=at,
            )
        )
    permissions = current_permissions()
    if permissions.may(viewer, PermittedAct.CONFIRM_ACCOUNT):
        mine = [
            one for one in confirmation.open_requests(ledger, now) if confirmation.may_confirm(permissions, viewer, one)
        ]
        if mine:
            lines.append(text("{count} requests about accounts wait for your confirmation.", count=count(len(mine))))
    if permissions.may(viewer, PermittedAct.WATCH_ACCOUNTS) and (given := confirmation.given_roles(ledger, now)):
        lines.append(
            text(
                "In the last 7 days {count} links or roles that see more than one county were given.",
                count=count(len(given)),
            )
        )
    if not lines:
        return []
    link = dcc.Link(text("My account"), href=PATH)
    said = [html.P([line, " ", link], className="banner accounts") for line in lines]
    return [html.Div(said, className="banners", role="region", **elements.aria_label(text("About accounts")))]


def sections() -> list[Any]:
    """What waits and what was given, on the page of one's own account."""
    ledger, now, viewer = trail().ledger, trail().clock(), data.viewer()
    permissions = current_permissions()
    given = confirmation.given_roles(ledger, now) if permissions.may(viewer, PermittedAct.WATCH_ACCOUNTS) else []
    own = confirmation.told_owner(ledger, viewer.name, now)
    return [
        *(requests() if permissions.may(viewer, PermittedAct.CONFIRM_ACCOUNT) else []),
        *_listed(text("Links made for your account's password"), own),
        *_listed(text("Links and roles given in the last 7 days"), given),
    ]


def requests() -> list[Any]:
    """The requests that are open, each with what this viewer may do about it; nothing where there is none."""
    found = confirmation.open_requests(trail().ledger, trail().clock())
    if not found:
        return []
    title = text("Requests that wait for a confirmation")
    names = [text(name) for name in _REQUEST_COLUMNS]
    caption = text("Who confirms is shown the link and hands it over to the owner in person. Ask the owner first.")
    rows = [_request(one) for one in found]
    return [
        html.Section([html.H2(title), html.P(caption, className="caption"), table(title, names, rows, kind="accounts")])
    ]


def _request(one: Request) -> list[Any]:
    names = {place.code: place.short_name for place in reference.units()}
    role = text(ROLE_TITLES[one.role])
    if one.old_role is not one.role:
        role = text("{new}, until now {old}", new=role, old=text(ROLE_TITLES[one.old_role]))
    base, viewer = f"{PATH}/request/{one.request_id}", data.viewer()
    ask = text(
        "A link for the account {name} of {person} as {role}? You hand it over to the owner in person.",
        name=one.name,
        person=one.person,
        role=role,
    )
    acts = (
        [action_button(f"{base}/confirm", text("Confirm"), ask=ask)]
        if confirmation.may_confirm(current_permissions(), viewer, one)
        else []
    )
    if viewer.name != one.name:
        acts.append(
            action_button(f"{base}/refuse", text("Take back") if viewer.name == one.asked_by else text("Refuse"))
        )
    return [
        html.Bdi(one.name),
        html.Bdi(one.person),
        role,
        ", ".join(names.get(area, area) for area in sorted(one.areas)) or "–",
        html.Bdi(one.asked_by),
        instant(one.asked_at, reference.zone()),
        html.Div(acts, className="acts"),
    ]


def _listed(title: str, given: list[Given]) -> list[Any]:
    if not given:
        return []
    rows = [
        [
            instant(one.at, reference.zone()),
            text("Link for a password") if one.is_link else text("Role changed"),
            html.Bdi(one.name),
            text(ROLE_TITLES[one.role]),
            html.Bdi(one.by),
        ]
        for one in given
    ]
    return [
        html.Section([html.H2(title), table(title, [text(name) for name in _GIVEN_COLUMNS], rows, kind="accounts")])
    ]
