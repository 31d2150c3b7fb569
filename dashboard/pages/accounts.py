"""Accounts: who may sign in, with which role and areas, and what an administrator can do about it."""

from datetime import datetime
from typing import Any

from dash import html

from dashboard.components import shell
from dashboard.components.form import action_button, choice_field, form, text_field
from dashboard.components.table import table
from dashboard.locale import count, instant, text
from dashboard.summary import reference
from dashboard.web.security import trail
from dashboard.web.security.entrance import ROLE_TITLES
from dashboard.workflow import account_notice
from pipelines.ledger.accounts.account import Account, accounts

PATH = "/accounts"
_COLUMNS = ("Account", "Person", "Role", "Areas", "State", "Last signed in", "Signed in now", "Acts")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Accounts · Gangshao", path=PATH)


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    found = accounts(trail().ledger, trail().clock())
    return [
        html.Div(
            [html.H1(text("Accounts")), html.P(text("{number} accounts", number=count(len(found))))], className="title"
        ),
        html.Section([html.H2(text("A new account")), _new()]),
        *account_notice.requests(),
        html.Section(
            [
                html.H2(text("All accounts")),
                table(
                    text("All accounts"),
                    [text(name) for name in _COLUMNS],
                    [_row(one) for one in found],
                    kind="accounts",
                    empty=text("There is no account yet."),
                ),
                action_button(
                    "/accounts/sign-out-everybody",
                    text("Sign everybody out"),
                    ask=text("Every session ends now, yours too. Go on?"),
                ),
            ]
        ),
    ]


def _new() -> Any:
    return form(
        "/accounts/new",
        [
            text_field("name", text("Account"), completes="off"),
            text_field("person", text("Name of the person"), completes="off"),
            _roles(),
            _areas(),
        ],
        text("Open the account and get a link"),
    )


def _roles(role: str = "") -> Any:
    return choice_field("role", text("Role"), [(str(name), text(title)) for name, title in ROLE_TITLES.items()], [role])


def _areas(areas: frozenset[str] = frozenset()) -> Any:
    options = [(place.code, place.short_name) for place in reference.units()]
    return choice_field("areas", text("Areas (a county's role only)"), options, sorted(areas), is_multiple=True)


def _row(one: Account) -> list[Any]:
    names = {place.code: place.short_name for place in reference.units()}
    return [
        html.Bdi(one.name),
        html.Bdi(one.person),
        text(ROLE_TITLES[one.role]),
        ", ".join(names.get(area, area) for area in sorted(one.areas)) or "–",
        text(_state(one)),
        _when(one.signed_in_at),
        str(one.open_sessions),
        html.Div(_account_actions(one), className="acts"),
    ]


def _state(one: Account) -> str:
    if one.disabled_at is not None:
        return "closed"
    return "in use" if one.password_set_at is not None else "no password yet"


def _when(at: datetime | None) -> str:
    return instant(at, reference.zone()) if at is not None else text("never")


def _account_actions(one: Account) -> list[Any]:
    base = f"{PATH}/{one.account_id}"
    if one.disabled_at is not None:
        return [action_button(f"{base}/enable", text("Open again"))]
    return [
        action_button(f"{base}/link", text("Link for a new password")),
        action_button(f"{base}/sign-out", text("End its sessions")) if one.open_sessions else None,
        action_button(f"{base}/forgive", text("End the wait after wrong passwords")),
        html.Details(
            [
                html.Summary(text("Change role or areas")),
                form(f"{base}/change", [_roles(one.role), _areas(one.areas)], text("Change")),
            ]
        ),
        action_button(f"{base}/disable", text("Close"), ask=text("The account is closed and its sessions end. Go on?")),
    ]
