"""Early warnings in a list: the employer first where one is the cause, then where, what, how many, how sure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components.table import table
from dashboard.components.tag import level_tag, state_tag
from dashboard.locale import count, month, short_day, text, value
from dashboard.summary import reference
from dashboard.summary.comparison import Comparison, agreement, certainty, certainty_word, odds
from dashboard.web import data
from dashboard.web.fragment_cache import Blank, fill_blank
from dashboard.workflow.progress import WorkflowProgress
from pipelines.core.domain import TOTAL_INDUSTRY

IN_SIGHT = 12  # warnings shown at once; the rest is one key away


_USUAL = {
    "spike": "expected {expected}",
    "exceedance": "forecast {expected}",
    "change": "best of the year before {expected}",
}


def ranked(warnings: pd.DataFrame) -> pd.DataFrame:
    """Open warnings, the most people × certainty first; where people are not shown, by level, then newest."""
    weight = [
        (0.0 if pd.isna(row.people) else row.people) * certainty(row.p, row.kind)
        for row in warnings.itertuples(index=False)
    ]
    return warnings.assign(weight=weight).sort_values(
        ["weight", "level", "opened_on", "episode_id"], ascending=[False, True, False, True]
    )


def shortened(
    warnings: pd.DataFrame, caption: str, *, empty: str, in_sight: int = IN_SIGHT, with_sources: bool = True
) -> Any:
    """The list with its first rows in sight and the rest behind a switch: a shared part, for it is the same for all.

    ``with_sources``: it says what other sources make of each warning, for which the first page has no room.
    How far people have got with each is left blank: ``fill_in_progress`` says it in every answer anew.
    """
    first = _table(warnings.head(in_sight), caption, empty=empty, with_sources=with_sources)
    rest = warnings.iloc[in_sight:]
    if rest.empty:
        return first
    summary = html.Summary(text("{number} more warnings", number=count(len(rest))))
    more = _table(rest, caption, empty="", with_sources=with_sources)
    return html.Div([first, html.Details([summary, more], className="more")])


def fill_in_progress(warnings: pd.DataFrame, brought: Mapping[str, WorkflowProgress]) -> None:
    """Fill in at what level each warning of a list counts and how far people have got (``brought``; else: lifted)."""
    for episode_id, level in zip(warnings["episode_id"], warnings["level"], strict=True):
        one = brought.get(episode_id)
        fill_blank(_level_blank(episode_id), level_tag(int(level if one is None else one.level)))
        fill_blank(_progress_blank(episode_id), _progress_words(one))


def _level_blank(episode_id: str) -> str:
    return f"level {episode_id}"


def _progress_blank(episode_id: str) -> str:
    return f"handling {episode_id}"


def _table(warnings: pd.DataFrame, caption: str, *, empty: str, with_sources: bool) -> Any:
    """The list as a table, one row a warning, each leading to its page."""
    columns = [text(name) for name in ("Subject", "Level", "What was seen", "People", "Certainty", "Since", "Handling")]
    rows = [
        [
            _subject(row),
            Blank(_level_blank(row.episode_id)),
            _seen(row),
            people(row),
            _certainty(row, agreement(row) if with_sources else None),
            [short_day(row.opened_on.date()), html.Small(text("data to {day}", day=data_until(row)))],
            Blank(_progress_blank(row.episode_id)),
        ]
        for row in warnings.itertuples(index=False)
    ]
    return table(caption, columns, rows, numeric=frozenset({3}), kind="warnings", empty=empty)


def _certainty(row: Any, said: Comparison | None) -> Any:
    """How sure, what other sources make of it, and of what was measured how rarely chance alone would do it."""
    word = certainty_word(row.p, row.kind)
    rarely = odds(row.p) if row.kind == "spike" else ""
    more = [part for part in (rarely, said.word if said else "") if part]
    return [word, html.Small(" · ".join(more))] if more else word


def _progress_words(one: WorkflowProgress | None) -> Any:
    """State, who is on it and what is due; a warning that the machine closed is lifted."""
    if one is None:
        return state_tag("lifted")
    late: list[Any] = [html.Span(text("overdue"), className="tag late"), " "] if one.is_over else []
    age = text("{days} days", days=one.days)
    due = [*late, one.due_step if one.is_over else one.due]
    if not one.owners:
        return [one.state, " · ", age, " · ", text("nobody yet"), html.Small(due)]
    return [one.state, " · ", age, html.Small([text("handled by {who}", who=one.owners), " · ", *due])]


def address(path: str) -> str:
    """A page of this site, in the same past edition where the reader looks back; ``#part`` of a page stays last."""
    past = data.looks_back_to()
    if past is None:
        return path
    page, mark, part = path.partition("#")
    return f"{page}{'&' if '?' in page else '?'}as_of={past.isoformat()}{mark}{part}"


def subject(row: Any) -> str:
    """What a warning is about in one line: employer, if one is the cause and may be named, area, industry."""
    place = reference.where(row.area, row.industry)
    return f"{row.employer_name} ({place})" if _is_text(row.employer_name) else place


def rule_name(row: Any) -> str:
    """The title of a warning's rule, or what it was called by where no title is told."""
    return str(row.rule_title if _is_text(row.rule_title) else row.rule_id)


def people(row: Any) -> str:
    """How many people are affected: the number, else the band; nothing where it is data that lack, or posts."""
    indicator = reference.indicators().get(getattr(row, "indicator", ""))
    if getattr(row, "kind", "") == "data_fault" or (indicator is not None and indicator.unit == "ratio"):
        return ""
    if not pd.isna(row.people):
        return count(row.people)
    return row.people_band if _is_text(row.people_band) else text("not known")


def industry_link(code: Any) -> Any:
    """The name of an industry, leading to its page; of all together there is none."""
    if not _is_text(code) or code == TOTAL_INDUSTRY:
        return reference.industry(code) if _is_text(code) else ""
    return dcc.Link(reference.industry(code), href=address(f"/industry/{code}"))


def data_until(row: Any) -> str:
    """To which day, or with monthly figures to which month, the data of a warning reach."""
    when = row.data_to.date()
    is_month = row.kind in {"level", "change"} or reference.is_monthly_spike(row.indicator, row.kind)
    return month(when) if is_month else short_day(last_day(row, when))


def last_day(row: Any, when: date) -> date:
    """The last day of the period of a warning's series that began on a day."""
    return reference.last_day(when, row.indicator, reference.cohort_of(row.rule_id))


def _subject(row: Any) -> Any:
    place = reference.where(row.area, row.industry)
    name = row.employer_name if _is_text(row.employer_name) else place
    link = dcc.Link(name, href=address(f"/warning/{row.episode_id}"), className="subject")
    return [link, html.Small(place)] if name != place else link


def _seen(row: Any) -> Any:
    indicator = reference.judged_in(reference.indicators().get(row.indicator), row.kind)
    unit = "persons" if indicator is None else indicator.unit
    word = text("persons") if indicator is None else indicator.unit_word
    title = rule_name(row)
    if pd.isna(row.observed):
        return [title, html.Small(row.observed_band if _is_text(row.observed_band) else "")]
    parts = [text("seen {observed} {unit}", observed=value(row.observed, unit), unit=word)]
    if not pd.isna(row.expected):
        usual = _USUAL.get(row.kind, "own median {expected}")
        parts.append(text(usual, expected=value(row.expected, unit)))
    if not pd.isna(row.line) and row.kind != "spike":
        parts.append(text("line {line}", line=value(row.line, unit)))
    return [title, html.Small(text(", ").join(parts))]


def _is_text(value_: object) -> bool:
    return isinstance(value_, str) and bool(value_)
