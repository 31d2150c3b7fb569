"""Makes small but rich published files straight from the published DDL: a city of which every figure is known."""

from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.warehouse.tables import define
from tests.dashboard.published_city import (
    CITY,
    LAST_DAY,
    LATE,
    City,
    columns_of,
    csv_rows,
    edition_of,
    indicators,
    manifest,
    places_frame,
    rules,
)
from tests.dashboard.published_more import events, kinds, reports, townships
from tests.dashboard.published_parts import monitored, parts, shortage, wage_leads, welfare
from tests.dashboard.published_series import (
    daily_counts,
    forecasts,
    model_quality,
    nowcasts,
    readings,
    revisions,
    scores,
)
from tests.dashboard.published_story import (
    agreement,
    contributors,
    drops,
    employers,
    episodes,
    leads,
    listed,
    quarantine,
    roster,
)

GENERAL = (
    "manifest",
    "edition",
    "place",
    "industry",
    "indicator",
    "rule",
    "reading",
    "episode",
    "roster",
    "suppression",
    "corroboration",
    "announced_event",
)
RESTRICTED = (
    *GENERAL,
    "score",
    "forecast",
    "nowcast",
    "revision",
    "model_quality",
    "contributor",
    "employer",
    "listed_employer",
    "filed_report",
    "township_labour",
    "employer_kind",
    "breakdown",
    "monitored_list",
    "shortage_list",
    "welfare_list",
    "arrears_lead",
    "layoff_lead",
    "drop_register",
    "quarantine",
    "withheld",
)


def build(published: Path, *, units: int = 3, sections: int = 4, seed: int = 7, days: int = 420) -> City:
    """Write ``published/<edition>/{general,restricted}.duckdb`` and the pointer; the last two editions differ."""
    rng = np.random.default_rng(seed)
    places, industries = csv_rows("places.csv"), csv_rows("industries.csv")
    chosen = [CITY, "371503", LATE, *[row["code"] for row in places if row["level"] == "unit"]]
    codes = list(dict.fromkeys(chosen))[1 : units + 1]
    order = ["C", "F", "H", "E", *[row["code"] for row in industries if row["level"] == "section"]]
    letters = [*sorted(list(dict.fromkeys(order))[:sections]), "U"]
    editions = [edition_of(LAST_DAY - timedelta(days=back)) for back in range(29, -1, -1)]
    city = City(published, codes, letters, {row["code"]: row["name"] for row in places}, editions)
    daily = daily_counts(rng, city, days)
    city.frames = {
        "manifest": manifest(),
        "edition": pd.DataFrame(
            [(name, day, 1, cutoff) for name, day, cutoff in editions],
            columns=["edition_id", "day", "number", "cutoff_at"],
        ),
        "place": places_frame(places, codes),
        "industry": pd.DataFrame(industries)[["code", "name", "level", "parent"]],
        "indicator": indicators(),
        "rule": rules(),
        "reading": readings(rng, city, daily),
        "episode": episodes(city),
        "roster": roster(city),
        "suppression": pd.DataFrame(columns=columns_of("suppression")),
        "score": scores(city, daily),
        "forecast": forecasts(city, daily),
        "nowcast": pd.DataFrame(),
        "revision": revisions(city),
        "model_quality": model_quality(city),
        "contributor": contributors(city),
        "employer": employers(city),
        "listed_employer": listed(city),
        "filed_report": reports(city),
        "township_labour": townships(city),
        "employer_kind": kinds(city),
        "breakdown": parts(city),
        "monitored_list": monitored(city),
        "shortage_list": shortage(city),
        "welfare_list": welfare(city),
        "arrears_lead": wage_leads(city),
        "announced_event": events(city),
        "layoff_lead": leads(city),
        "corroboration": agreement(city),
        "drop_register": drops(city),
        "quarantine": quarantine(),
        "withheld": pd.DataFrame(columns=columns_of("withheld")),
    }
    city.frames["nowcast"] = nowcasts(city)
    city.frames["suppression"] = hidden(city.frames)
    folder = published / editions[-1][0]
    folder.mkdir(parents=True)
    write(folder / "restricted.duckdb", RESTRICTED, city.frames)
    write(folder / "general.duckdb", GENERAL, city.frames | disclosed(city.frames))
    point_to(published, editions[-1][0])
    return city


def point_to(published: Path, edition_id: str) -> None:
    """Switch the pointer as publishing does, by one rename."""
    aside = published / "current.tmp"
    aside.write_text(edition_id, encoding="utf-8")
    aside.replace(published / "current")


def disclosed(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The general file's rows: no day, no small cell, no employer, bands instead of figures, weeks for totals only."""
    reading = frames["reading"]
    reading = reading[
        (reading["grain"] != "day") & ((reading["grain"] != "week") | (reading["industry"] == "ALL"))
    ].copy()
    persons = reading["indicator"].isin(["benefit_claim", "insured_leave", "layoff_reported"])
    small = persons & (reading["numerator"] < 10)
    reading.loc[small, ["numerator", "value"]] = None
    reading.loc[small, "is_suppressed"] = True
    hidden = ["employer", "employer_name", "observed", "expected", "lo", "hi", "p", "people", "line"]
    agreement = frames["corroboration"].assign(strength=None)
    event = frames["announced_event"]
    return {
        "announced_event": event[(event["employers"] >= 3) | (event["area"] == CITY)].assign(jobs=None, employers=None),
        "corroboration": agreement,
        "reading": reading,
        "episode": frames["episode"].assign(**dict.fromkeys(hidden)),
    }


def hidden(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The cells that the general file hides, all for being small."""
    told = disclosed(frames)["reading"]
    rows = told[told["is_suppressed"]].assign(reason="small", known_to=None)
    return rows[columns_of("suppression")]


def write(path: Path, tables: tuple[str, ...], frames: dict[str, pd.DataFrame]) -> None:
    with duckdb.connect(str(path)) as con:
        for table in tables:
            define(con, table)
            frame = frames[table].astype(object).where(frames[table].notna(), None)
            con.register("incoming", pd.DataFrame(frame, dtype=object) if frame.empty else frames[table])
            con.execute(f"insert into {table} by name select * from incoming")
            con.unregister("incoming")
