"""My account: who one is here, and a new password."""

from typing import Any

from dash import html

from dashboard.components import shell
from dashboard.components.form import form, text_field
from dashboard.components.table import facts
from dashboard.locale import text
from dashboard.summary import reference
from dashboard.web import data
from dashboard.web.security.entrance import ROLE_TITLES
from dashboard.workflow import account_notice

PATH = "/account"


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "My account · Gangshao", path=PATH)


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    viewer = data.viewer()
    names = {place.code: place.name for place in reference.units()}
    own = ", ".join(names[area] for area in sorted(viewer.areas) if area in names)
    role = text(ROLE_TITLES[viewer.role]) if viewer.role is not None else text("Guest")
    return [
        html.Div(html.H1(text("My account")), className="title"),
        html.Section(facts([(text("Account"), html.Bdi(viewer.name)), (text("Role"), role), (text("Areas"), own)])),
        *account_notice.sections(),
        html.Section(
            [
                html.H2(text("A new password")),
                form(
                    "/account/password",
                    [
                        text_field("old", text("Old password"), kind="password", completes="current-password"),
                        text_field("password", text("New password"), kind="password", completes="new-password"),
                        text_field("again", text("The password again"), kind="password", completes="new-password"),
                    ],
                    text("Change the password"),
                ),
                html.P(
                    text(
                        "At least 12 characters. Several unrelated words are good; "
                        "names of this city, runs of keys and dates are not."
                    ),
                    className="caption",
                ),
            ]
        ),
    ]
