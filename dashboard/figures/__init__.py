"""Charts, drawn by Plotly in the one template of the theme."""
