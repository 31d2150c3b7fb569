"""What is shown for an address that leads nowhere; Dash finds the page by its module's name."""

from typing import Any

from dashboard.components import shell


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Not found · Gangshao", path="/404")


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    return shell.not_found()
