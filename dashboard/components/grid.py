"""The matrix as an accessible table: numbers with what was expected, levels in words, gaps unlike zero."""

from typing import Any

from dash import dcc, html

from dashboard.components import aria
from dashboard.components.table import scrolling
from dashboard.components.tag import hidden, level_mark, level_word
from dashboard.components.warning import address
from dashboard.locale import short_day, text
from dashboard.summary import matrix as model
from dashboard.summary import reference
from pipelines.core.domain import TOTAL_INDUSTRY

FEW = 8  # columns that would look lost on the whole width


def grid(shown: model.Matrix) -> Any:
    """The table with its legend, the choice of indicator and the download."""
    caption = text(
        "{title}, {period}, {unit}; data to {day}",
        title=shown.indicator.title,
        period=shown.period,
        unit=shown.indicator.unit_word,
        day=short_day(shown.data_to),
    )
    head = html.Tr(
        [html.Th(text("Area"), scope="col"), *[html.Th(_industry(code), scope="col") for code in shown.industries]]
    )
    body = [
        html.Tr(
            [html.Th(_area(code, shown), scope="row"), *[_cell(shown, code, sector) for sector in shown.industries]]
        )
        for code in shown.areas
    ]
    full = html.Table(
        [html.Caption(caption), html.Thead(head), html.Tbody(body)],
        className="grid" if len(shown.industries) >= FEW else "grid few",
    )
    return html.Div([_choice(shown), scrolling(text("Matrix of areas and industries"), full), _legend(shown)])


def _short(code: str) -> str:
    return text("All") if code == TOTAL_INDUSTRY else reference.short_industry(code)


def _industry(code: str) -> Any:
    name = html.Abbr(_short(code), title=reference.industry(code))
    return name if code == TOTAL_INDUSTRY else dcc.Link(name, href=address(f"/industry/{code}"))


def _area(code: str, shown: model.Matrix) -> Any:
    place = reference.places()[code]
    name = text("Whole city") if code == reference.city() else place.short_name
    link = dcc.Link(name, href=address(f"/area/{code}"))
    if code not in shown.late:
        return link
    to = shown.late[code]
    return [link, html.Span(text("to {day}", day=short_day(to)) if to else text("not reported"), className="tag late")]


def _cell(shown: model.Matrix, area: str, sector: str) -> Any:
    cell = shown.cells.get((area, sector))
    if cell is None:
        return html.Td(html.Span(text("not reported")), className="missing")
    if cell.state == "withheld":
        return html.Td(cell.amount, className="withheld")
    if cell.state == "missing":
        return html.Td(cell.amount, className="missing")
    classes = f"level level-{cell.level}" if cell.level is not None else cell.deviation
    words: list[Any] = [html.Span(cell.amount, className="amount")]
    if cell.level is not None:
        words += [
            html.B(level_mark(cell.level), **aria.SILENT),
            hidden(text("warning: {level}", level=level_word(cell.level))),
        ]
    elif cell.deviation:
        words += [html.I("↑" if cell.deviation == "high" else "↓", **aria.SILENT), hidden(text(cell.deviation))]
    if cell.expected:
        words.append(html.Small([hidden(text("expected")), " ", cell.expected]))
    return html.Td(words, className=classes)


def _choice(shown: model.Matrix) -> Any:
    """Which indicator, as links: the state is in the address."""
    links = []
    for item in model.choices():
        is_current = item.indicator == shown.indicator.indicator
        attributes = aria.CURRENT if is_current else {}
        links.append(html.A(item.title, href=address(f"/?matrix={item.indicator}"), **attributes))
    download = html.A(
        text("Download CSV"),
        href=address(f"/download/matrix.csv?indicator={shown.indicator.indicator}"),
        className="download",
    )
    return html.P([*links, download], className="choice")


def _legend(shown: model.Matrix) -> Any:
    parts: list[Any] = []
    if shown.is_exact:
        parts.append(text("Large: seen. Small: expected from this series' own history."))
        parts.append(text("↑ above, ↓ below the normal range (95%)"))
    marks = [html.Span(level_word(level), className=f"tag level level-{level}") for level in (1, 2, 3, 4)]
    parts.append([text("Open warning:"), " ", *marks])
    parts.append(
        [html.Span(text("not reported"), className="tag late"), " ", text("the file has not come, which is not zero")]
    )
    if not shown.is_exact:
        parts.append(text("C withheld: too few people or employers, or a figure from which one could tell such a one."))
    return html.Ul([html.Li(part) for part in parts], className="legend")
