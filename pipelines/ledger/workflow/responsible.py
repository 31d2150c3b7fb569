"""Who a measure is given to: a key employer's service officer, else the area's office; who stands in while away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

_LONGEST = 128  # signs that a form takes


@dataclass(frozen=True)
class Responsible:
    """Posts with their office, never persons; ``deputy`` may be empty."""

    owner: str
    deputy: str = ""


def responsible(
    offices: pd.DataFrame,
    recipients: pd.DataFrame,
    absences: pd.DataFrame,
    area: str,
    officer_posts: Sequence[str] | None,
    today: date,
) -> Responsible:
    """Who is responsible in an area today, as offices.csv, recipients.csv and absences.csv have it.

    ``officer_posts``: of an employer on the list of key employers the posts that serve it (notice, item 1); None of any
    other, for which the office as such is responsible. A post that is away is represented by the deputy absences.csv
    names, and without one passed over; after the officer come the office's own posts. Both texts are empty where no
    office answers for the area.
    """
    office = next((one for one in offices.itertuples() if area in str(one.areas).split(";")), None)
    if office is None:
        return Responsible("")
    if officer_posts is None:
        return Responsible(str(office.name))
    stamp = pd.Timestamp(today)
    own = recipients[(recipients["office_id"] == office.office_id) & (recipients["valid_from"] <= stamp)]
    titles = own.loc[own["valid_to"].isna() | (own["valid_to"] >= stamp), "title"]
    away = absences[(absences["office_id"] == office.office_id) & absences["absent_from"].le(stamp)]
    away = away[away["absent_to"].ge(stamp)].drop_duplicates("post").set_index("post")["deputy"]
    there = [_present(post, away) for post in dict.fromkeys((*officer_posts, *map(str, titles)))]
    named = [f"{post}（{office.name}）"[:_LONGEST] for post in dict.fromkeys(there) if post]
    return Responsible(*named[:2]) if named else Responsible(str(office.name))


def _present(post: str, away: pd.Series) -> str:
    """The post itself, its deputy while it is away, or nothing."""
    if post not in away.index:
        return post
    deputy = away[post]
    return str(deputy) if isinstance(deputy, str) else ""
