"""What is shown for an address that leads nowhere; Dash finds the page by its module's name."""

from typing import Any

import dash

from dashboard import shell
from dashboard.locale import text


def register() -> None:
    """Add the page to the site."""
    dash.register_page(__name__, path="/404", title=text("Not found · Gangshao"), layout=layout)


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    return shell.not_found()
