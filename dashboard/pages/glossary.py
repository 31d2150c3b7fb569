"""The glossary: the words of the trade and of this program, Chinese and English side by side, with what they mean."""

from typing import Any

from dash import html

from dashboard.components import shell
from dashboard.components.table import table
from dashboard.locale import Language, language, text, text_in

PATH = "/glossary"
# English term → what it means; the Chinese term is the catalogue's.
TRADE = {
    "unemployment warning": "A notice that unemployment is or may soon be worse than usual, with level and owner.",
    "dynamic job monitoring": "A monthly sample of employers who report their posts and the reasons for changes.",
    "base period": "The month in which an employer entered the sample; its posts then are the base of its rate.",
    "job-loss rate": "Posts lost by monitored employers, as a share of their posts of the base period.",
    "vacancy/seeker ratio": "People wanted per job seeker: above one staff is short, below one jobs are short.",
    "insured joins and leaves": "People whose social insurance begins or ends at an employer, as declared.",
    "benefit recipients": "People who draw unemployment benefit in the month.",
    "monitored village": "A village that reports each week who works elsewhere, who left and who came back.",
    "job-retention refund": "A part of last year's contributions, paid back to employers who lay off few.",
    "layoff rate": "The share of insured staff an employer lost in a year; it decides on the refund.",
    "employment-risk reserve": "Money the government keeps for the case of many layoffs.",
    "public-welfare post": "A post paid by the public for people who find no other work.",
    "above-scale enterprise": "An employer above the size from which official statistics count each one.",
    "five focuses": "Area, industry, cohort, employer and period: by these the notice wants risks to be watched.",
    "zero-employment household": "A household in which nobody of working age has work.",
    "responsible unit": "The office that answers for an area: it reports, verifies and handles.",
}
PROGRAM = {
    "feed": "One kind of file: who sends it, how often, by when, with which columns.",
    "submission": "One file exactly as it was received.",
    "quarantined row": "A row that was refused, with its line, column, reason and how to mend it.",
    "indicator": "A measure with its unit, its formula and which way is worse.",
    "reading": "The value of one indicator, in one area and industry, in one period.",
    "forecast": "What is expected of a reading and how far it may be off, kept with the day it was made.",
    "spike": "A reading that its own history did not expect.",
    "early warning": "One episode: opened by a rule, verified and handled by people, then lifted.",
    "agreement of sources": "Whether other sources bear a warning out. They agree: two or more do, none disagrees. "
    "Corroborated: another one does. They differ: those that disagree are no fewer, its own source counted.",
    "edition": "One finished run: what was known at its cut-off and what was published then; it is never changed.",
    "handling measure": "An action of the playbook for one warning, with an owner and a day it is due.",
    "notice to a recipient": "What one recipient was told, when and why, or why nothing was.",
    "slice": "What a file speaks for: a feed, a sender and a period.",
    "supplement": "A file that adds rows to the one that is in force instead of replacing it.",
    "fact": "An accepted row, with its file and line.",
    "roster": "What should have come, and by when.",
    "revision": "A published reading of a past period that says something else now, and why.",
    "nowcast": "What a provisional reading will probably be once everybody has reported.",
    "score": "What was observed beside what was expected over a window, with the probability of so much or more.",
    "finding": "One rule met by one series or report on one day.",
    "lead": "An employer the law says to look at, for analysts alone; it opens no warning.",
    "masked copy": "What stays of a file about people after its retention: pseudonyms and check results.",
    "office": "Who answers for which areas, with working and quiet hours.",
    "recipient of mail": "A post of an office and the address that reads mail for it.",
    "scheduled job": "A command that the schedule runs at its times, once each.",
    "audit entry": "Who did what, when, from where, on what, with which result; entries are only added.",
    "anchor": "The last hash of the audit trail when an edition was published, kept outside the ledger.",
    "cohort": "A group of people, such as graduates; groups overlap and are never added up.",
    "region folder": "The folder of reference tables that makes the program one city's.",
}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Glossary · Gangshao", path=PATH)


@shell.page
def layout(**_: str) -> list[Any]:
    """The page."""
    return [
        html.Div([html.H1(text("Glossary")), html.P(text("Chinese and English side by side."))], className="title"),
        *_section(text("Words of the trade"), TRADE),
        *_section(text("Words of this program"), PROGRAM),
    ]


def _section(title: str, terms: dict[str, str]) -> list[Any]:
    own = language()
    columns = [text("Term"), text("Chinese") if own is Language.ENGLISH else text("English"), text("What it means")]
    rows = [[_term(own, term), _term(own.other, term), text(meaning)] for term, meaning in terms.items()]
    return [html.H2(title), table(title, columns, rows, kind="glossary cards")]


def _term(of: Language, term: str) -> Any:
    return html.Span(text_in(of, term), lang=of)
