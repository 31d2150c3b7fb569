"""A headline figure as a card: value, unit, date, verdict, comparisons, normal range."""

from typing import Any

from dash import html

from dashboard.components.elements import spark
from dashboard.components.tag import comparison_tag
from dashboard.locale import short_day, text
from dashboard.summary.headline import Figure


def card(figure: Figure, *, period: str = "") -> Any:
    """Show one figure; its period only where it differs from ``period``, that of its block."""
    title = figure.indicator.title
    changes = [
        html.Li(
            [
                html.Span(change.against, className="against"),
                " ",
                html.Span(change.words, className="amount"),
                " ",
                html.Span(change.verdict.word, className=f"tone-{change.verdict.tone}"),
            ]
        )
        for change in figure.changes
    ]
    notes = [note for note in (figure.period if figure.period != period else "", figure.range_words) if note]
    return html.Article(
        [
            html.H3(figure.indicator.short_title),
            comparison_tag(figure.verdict),
            html.P(
                [
                    html.Strong(figure.amount, className="amount"),
                    " ",
                    html.Span(figure.indicator.unit_word, className="unit"),
                ],
                className="headline",
            ),
            spark(figure.spark, figure.normal, text("{title}, course of the last periods", title=title)),
            html.Ul(changes, className="changes") if changes else None,
            html.P(text("; ").join(notes), className="range") if notes else None,
            html.P(figure.target, className="target") if figure.target else None,
            html.P(figure.remark, className="remark") if figure.remark else None,
        ],
        className="card",
    )


def block(title: str, figures: list[Figure], *, is_wide: bool = False) -> Any:
    """Cards of one rhythm beside their heading with its period and data-to; ``is_wide``: low ones in a full row."""
    if not figures:
        return None
    usual = figures[0].period
    latest = figures[0].data_to
    return html.Section(
        [
            html.Div(
                [html.H2(title), html.P(usual), html.P(text("data to {day}", day=short_day(latest)))], className="label"
            ),
            html.Div([card(figure, period=usual) for figure in figures], className="cards"),
        ],
        className="block wide" if is_wide else "block",
    )
