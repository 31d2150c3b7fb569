"""Today in Streamlit, over the same published file: `streamlit run pages_streamlit.py -- PUBLISHED`."""

import sys
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from tests.bench.pages_data import areas, today

published = Path(sys.argv[1])
st.set_page_config(layout="wide")
st.title("Today")


@st.fragment
def page() -> None:
    """All that depends on the area."""
    area = st.selectbox("Area", areas(published))
    shown = today(published, area)
    st.header(area)
    for column, (title, number) in zip(st.columns(len(shown.cards)), shown.cards, strict=True):
        column.metric(title, f"{number:,.2f}")
    st.dataframe(shown.warnings)
    st.dataframe(shown.matrix)
    figure = go.Figure(
        [go.Scatter(x=shown.course["period"], y=shown.course[name], name=name) for name in ("value", "lo", "hi")]
    )
    st.plotly_chart(figure)


page()
