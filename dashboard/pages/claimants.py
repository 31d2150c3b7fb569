"""Who claims benefit and registers as unemployed: channel, reason, education, and when the months granted end."""

from typing import Any

from dash import html

from dashboard.components import breakdown, shell
from dashboard.components.form import area_choice
from dashboard.components.shell import Topic
from dashboard.locale import text
from dashboard.summary import reference

PATH = "/claimants"
_PARTS = {
    "Claims of benefit": (
        "claim_channel",
        "claim_reason",
        "claim_wait",
        "claim_paid_years",
        "claim_education",
        "claim_household",
    ),
    "Registrations as unemployed": (
        "registration_reason",
        "registration_origin",
        "registration_wait",
        "registration_education",
        "registration_household",
    ),
    "Registered unemployed and the fund": ("unemployment_duration", "employed_basis", "fund_flow"),
}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Claimants · Gangshao", path=PATH, topic=Topic("Claimants and registered", 8))


@shell.cached_page
def layout(area: str = "", **_: str) -> list[Any]:
    """The page; which area's figures it shows is the query of its address."""
    shown = area or reference.city()
    if shown not in reference.codes():
        return shell.not_found()
    said = text("Exact counts, for the bureau and the office concerned; the groups of people have a page of each area.")
    return [
        html.Div([html.H1(text("Claimants and registered")), html.P(said)], className="title"),
        area_choice(PATH, shown),
        html.Section(
            [
                html.H2(text("When benefit ends")),
                html.Div([breakdown.coming_months("benefit_end", shown)], className="panels"),
            ]
        ),
        *[html.Section([html.H2(text(heading)), breakdown.panels(names, shown)]) for heading, names in _PARTS.items()],
    ]
