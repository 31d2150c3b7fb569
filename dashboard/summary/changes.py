"""What is new since the edition before, in sentences made from numbers."""

import pandas as pd

from dashboard.components.tag import level_word
from dashboard.locale import short_day, text
from dashboard.summary import completeness, reference
from dashboard.web import data

_NAMED = 3
_SENTENCES = {
    "new": "{number} new: {named}",
    "raised": "{number} raised: {named}",
    "lowered": "{number} lowered: {named}",
    "lifted": "{number} lifted: {named}",
}


def since_last_edition() -> tuple[str, list[str]]:
    """Heading and sentences: warnings new, raised, lowered, lifted; senders late or come after all."""
    editions = data.read("edition")
    if len(editions) < 2:
        return text("Since the edition before"), [text("This is the first edition; there is nothing to compare with.")]
    before = editions.iloc[1]
    heading = text("Since the edition of {day}", day=short_day(before.day.date()))
    rows = data.read("warning_change", since=before.cutoff_at.to_pydatetime())
    sentences = []
    for change, sentence in _SENTENCES.items():
        some = rows[rows["change"] == change]
        if not some.empty:
            sentences.append(
                text(sentence, number=len(some), named=_listed([_named(row) for row in some.itertuples(index=False)]))
            )
    late, here = completeness.newly_late(before.cutoff_at)
    if late:
        sentences.append(text("Newly late: {named}", named=_listed(late)))
    if here:
        sentences.append(text("Has come after all: {named}", named=_listed(here)))
    return heading, sentences or [text("No change: no warning new, raised, lowered or lifted, nobody newly late.")]


def _named(row: object) -> str:
    """One warning in a sentence: its cause or place, and its level."""
    fields = row._asdict()  # type: ignore[attr-defined]
    place = reference.where_in_short(fields["area"], fields["industry"])
    employer = fields["employer_name"]
    who = (
        text("{employer} ({place})", employer=employer, place=place)
        if isinstance(employer, str) and employer
        else place
    )
    level, past = fields["level"], fields["past_level"]
    indicator = reference.indicators().get(fields["indicator"])
    what = "" if indicator is None else text(" {title}", title=indicator.title)
    if pd.isna(level):
        return text("{who}{what} (was {past})", who=who, what=what, past=level_word(int(past)))
    if pd.isna(past):
        return text("{who}{what} ({level})", who=who, what=what, level=level_word(int(level)))
    moved = (
        "{who}{what} (raised from {past} to {level})"
        if level < past
        else "{who}{what} (lowered from {past} to {level})"
    )
    return text(moved, who=who, what=what, past=level_word(int(past)), level=level_word(int(level)))


def _listed(names: list[str]) -> str:
    shown = text("; ").join(names[:_NAMED])
    more = len(names) - _NAMED
    return text("{shown}; and {more} more", shown=shown, more=more) if more > 0 else shown
