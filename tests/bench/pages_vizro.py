"""Today in Vizro, over the same published file: `python -m tests.bench.pages_vizro PUBLISHED PORT`."""

import sys
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import vizro.models as vm
import waitress
from dash import html
from vizro import Vizro
from vizro.models.types import capture
from vizro.tables import dash_ag_grid

from tests.bench.pages_data import areas, today

PUBLISHED = Path(sys.argv[1])


@capture("graph")
def course(data_frame: pd.DataFrame, area: str = "") -> go.Figure:
    """The course of one area."""
    shown = today(PUBLISHED, area).course
    return go.Figure(
        [go.Scatter(x=shown["period"], y=shown[name], name=name) for name in ("value", "lo", "hi")],
        layout={"title": area},
    )


@capture("figure")
def cards(data_frame: pd.DataFrame, area: str = "") -> object:
    """The headline figures of one area."""
    shown = today(PUBLISHED, area).cards
    return html.Div(
        [
            html.H2(area),
            *[html.Div([html.P(title), html.Strong(f"{n:,.2f}", className="number")]) for title, n in shown],
        ]
    )


def main() -> None:
    """Serve the page with waitress."""
    codes = areas(PUBLISHED)
    first = today(PUBLISHED, codes[0])
    nothing = pd.DataFrame({"area": codes})
    page = vm.Page(
        title="Today",
        components=[
            vm.Figure(id="cards", figure=cards(nothing, area=codes[0])),
            vm.Table(figure=dash_ag_grid(first.warnings)),
            vm.Table(figure=dash_ag_grid(first.matrix.reset_index())),
            vm.Graph(id="course", figure=course(nothing, area=codes[0])),
        ],
        controls=[
            vm.Parameter(
                targets=["cards.area", "course.area"],
                selector=vm.RadioItems(options=codes, value=codes[0], title="Area"),
            )
        ],
    )
    app = Vizro().build(vm.Dashboard(pages=[page]))
    waitress.serve(app.dash.server, host="127.0.0.1", port=int(sys.argv[2]), threads=8)


if __name__ == "__main__":
    main()
