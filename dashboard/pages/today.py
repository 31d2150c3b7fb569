"""The page a bureau chief opens every morning: is anything wrong, where, since when, how sure, how old are the data."""

from functools import partial
from typing import Any

from dash import html

from dashboard import changes, data, reference, shell, summary
from dashboard import matrix as model
from dashboard.components.card import block
from dashboard.components.grid import grid
from dashboard.components.tag import level_word
from dashboard.components.warning import address, ranked, shortened
from dashboard.locale import count, text
from pipelines.domain import Audience

_DAILY_CARDS, _MONTHLY_CARDS = 4, 5
"""So many headline figures a block: what a chief reads in twenty seconds; the area's page shows all."""


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, text("Today · Gangshao"), path="/")


def _likely() -> list[dict[str, str]]:
    """The page as it opens, and with each of the matrices it offers."""
    return [{"matrix": name} for name in ("", *(one.indicator for one in model.choices()))]


@partial(shell.shared_page, likely=_likely)
def layout(matrix: str = "", **_: str) -> list[Any]:
    """The page; ``matrix`` names the indicator of the matrix."""
    area = _home()
    warnings = ranked(data.read("open_warning"))
    heading, sentences = changes.since_last_edition()
    shown = model.matrix(matrix)
    frequent = summary.frequent(area, _DAILY_CARDS)
    rhythm = "{area}, daily data" if any(figure.grain == "day" for figure in frequent) else "{area}, weekly data"
    return [
        html.Div(
            [
                html.Div([html.H1(_headline(warnings)), html.P(_levels(warnings), className="levels")]),
                html.Div([html.H2(heading), html.Ul([html.Li(one) for one in sentences])], className="changes-list"),
            ],
            className="answer",
        ),
        html.Div(
            [
                block(text(rhythm, area=_name(area)), frequent),
                block(text("{area}, monthly data", area=_name(area)), summary.monthly(area, _MONTHLY_CARDS)),
            ],
            className="blocks",
        ),
        html.Section(
            [
                html.H2(
                    [
                        text("Open warnings"),
                        html.Small(text("ranked by people × certainty")),
                        html.A(text("Download CSV"), href=address("/download/warnings.csv"), className="download"),
                    ]
                ),
                shortened(
                    warnings, text("Open warnings, ranked by people × certainty"), empty=text("No open warning.")
                ),
            ],
            id="warnings",
        ),
        html.Section(
            [
                html.H2(text("Areas and industries"), id="matrix"),
                grid(shown) if shown is not None else html.P(text("No matrix: nothing has been judged yet.")),
            ]
        ),
    ]


def _home() -> str:
    """Whose headline figures: the city's, or for an office with one area its own."""
    viewer = data.viewer()
    if viewer.audience is Audience.OFFICE and len(viewer.areas) == 1:
        return next(iter(viewer.areas))
    return reference.city()


def _name(area: str) -> str:
    return text("Whole city") if area == reference.city() else reference.place(area)


def _headline(warnings: Any) -> str:
    """The answer in one sentence: how many warnings are open."""
    if warnings.empty:
        return text("No open warning")
    return text("{number} open warnings", number=count(len(warnings)))


def _levels(warnings: Any) -> list[Any]:
    """How many of each level, the most severe first."""
    counts = warnings["level"].value_counts().sort_index()
    return [
        html.Span([level_word(int(level)), " ", count(int(number))], className=f"tag level level-{int(level)}")
        for level, number in counts.items()
    ]
