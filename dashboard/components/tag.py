"""Level tags, verdicts and states: always a word, with colour and pattern as its second voice."""

from typing import Any

from dash import html

from dashboard.locale import Language, text
from dashboard.summary.comparison import Comparison

_LEVELS = {1: "Red", 2: "Orange", 3: "Yellow", 4: "Blue"}
_MARKS = {1: "red mark", 2: "orange mark", 3: "yellow mark", 4: "blue mark"}


def level_word(level: int) -> str:
    """Name of a warning level."""
    return text(_LEVELS.get(level, "unknown level"))


def level_mark(level: int) -> str:
    """The level in one character, for narrow cells."""
    return text(_MARKS.get(level, "unknown level"))


def level_tag(level: int) -> Any:
    """The level as a tag: word, colour and pattern."""
    return html.Span(level_word(level), className=f"tag level level-{level}")


def comparison_tag(verdict: Comparison) -> Any:
    """A judgement as a tag."""
    return html.Span(verdict.word, className=f"tag tone-{verdict.tone}")


def state_tag(status: str) -> Any:
    """Where a warning stands. Until a person has confirmed it, it is a suspicion."""
    if status == "open":
        return html.Span(text("suspected, to be verified"), className="tag state")
    return html.Span(text("lifted"), className="tag state lifted")


def hidden(words: str) -> Any:
    """Words for those who listen to the page."""
    return html.Span(words, className="unseen")


def stored(words: str) -> Any:
    """Words as the bureau's files have them, marked as the Chinese they are for who reads in another language."""
    return html.Span(words, lang=Language.CHINESE)
