"""Manual: a chapter each for chief, clerk, analyst, administrator and auditor, with pictures where they were made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dash import html

from dashboard.components import shell
from dashboard.locale import language, text

PATH = "/manual"
PICTURES = Path(__file__).resolve().parents[1] / "assets" / "manual"
"""``<chapter>_<language>.png``, made by ``make manual`` and not committed; Dash serves them as any asset."""


@dataclass(frozen=True)
class Chapter:
    """What one role does here: a name for addresses and pictures, a title, and sentences in the order of the work."""

    name: str
    title: str
    steps: tuple[str, ...]


CHAPTERS = (
    Chapter(
        "chief",
        "For a chief",
        (
            (
                "Open Today in the morning. The heading says how many warnings are open; the line at the top says to "
                "which day the data reach, and who is late."
            ),
            "Warnings are ranked by people × certainty. Where one employer is the cause, it is named first.",
            (
                "Open a warning to see why: what was seen and expected, the rule and the law it stands on, and what "
                "other sources say."
            ),
            (
                "A warning is a suspicion until a person has verified it. Its page says whose the next step is and by"
                " when; enter yours there, with its grounds."
            ),
            "To see what was known on an earlier day, open the date at the top of a page and choose one.",
        ),
    ),
    Chapter(
        "clerk",
        "For a clerk of a county",
        (
            "The page of your area lists every file that is due and what became of it, in a mark and a word.",
            (
                "When nothing happened, send the file with its headings alone: that is zero. A file that has not come"
                " is never taken for zero."
            ),
            (
                "A row that is sent back comes with its line, its column and how to mend it. Correct it in your own "
                "sheet and send the whole file again with the next version number."
            ),
            "Rows that were forgotten go into a file of their own, marked as a supplement.",
            "When a warning is about your area, open it, enter who handles it, and later what came of each measure.",
        ),
    ),
    Chapter(
        "analyst",
        "For an analyst",
        (
            (
                "The matrix on Today compares what was seen with what was expected, area by industry. Choose the "
                "indicator above it; arrows mark what is beyond the normal range."
            ),
            (
                "The page of an area shows the course of every indicator with its normal range; the same numbers are "
                "in a table and a CSV file."
            ),
            "The page of a warning says which parts of a series stand out, and what each edition said of it.",
            (
                "Rules and leads lists the rules in force with their backtests, and employers the law says to look "
                "at. They are confidential."
            ),
            "When forecasts have become worse, a line at the top of the page says which and by how much.",
        ),
    ),
    Chapter(
        "administrator",
        "For an administrator",
        (
            "Open an account for each person and hand over the address that is shown. It works once, for 24 hours.",
            (
                "For an account that sees more than one county another administrator or a leader confirms, under My "
                "account, and hands the address over."
            ),
            (
                "When somebody leaves, close the account: all its sessions end. "
                "For a forgotten password give a new address."
            ),
            "Delivery shows every mail that waits or was refused; one that was lost can be sent again.",
            "At the command line, `gangshao doctor` says in a sentence each what is not as it should be.",
            "You see no figure that is not public, and the audit trail is for the auditor alone.",
        ),
    ),
    Chapter(
        "auditor",
        "For an auditor",
        (
            (
                "Audit lists who did what, when and from where. Choose days, a name or an act; the same "
                "list is in a CSV file."
            ),
            (
                "At the command line, `gangshao audit verify` compares the trail with its anchors and "
                "names the first place that was changed."
            ),
            (
                "Note the number and hash it prints, or let each edition's come by mail; later they show "
                "whether entries were cut off."
            ),
            "Links and roles that two accounts confirmed stand in a line at the top of the page for seven days.",
            "You see no figure that is not public, and open no account.",
        ),
    ),
)


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Manual · Gangshao", path=PATH)


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    links = [html.A(text(one.title), href=f"#{one.name}") for one in CHAPTERS]
    return [
        html.Div(
            [html.H1(text("Manual")), html.P(text("Short chapters, one for each kind of work."))], className="title"
        ),
        html.P(links, className="choice"),
        *[_chapter(one) for one in CHAPTERS],
    ]


def _chapter(one: Chapter) -> Any:
    steps = html.Ol([html.Li(_line(text(step))) for step in one.steps])
    return html.Section([html.H2(text(one.title)), steps, _picture(one)], id=one.name, className="chapter panel")


def _line(words: str) -> list[Any]:
    """A sentence in which what is to be typed stands between grave accents."""
    return [html.Code(part) if place % 2 else part for place, part in enumerate(words.split("`"))]


def _picture(one: Chapter) -> Any:
    file = f"{one.name}_{language()}.png"
    if not (PICTURES / file).is_file():
        return None
    described = text("A page as it looks: {title}", title=text(one.title))
    return html.Img(src=f"/assets/manual/{file}", alt=described)
