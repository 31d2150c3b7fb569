"""The city of the published fixture: its constants, its reference rows, what tests may look up."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.published import schema

PROJECT = Path(__file__).resolve().parents[2]
REGION = PROJECT / "data" / "regions" / "liaocheng"
CITY = "371500"
LAST_DAY = date(2026, 11, 25)
FEEDS = {"insured_event": "day", "benefit_claim": "day", "vacancy": "day", "monitored_employer": "month"}
DAILY = {"benefit_claim": 2.2, "insured_leave": 7.0, "insured_net_change": -0.4, "vacancy": 12.0}
FEED_OF = {"benefit_claim": "benefit_claim", "insured_leave": "insured_event", "insured_net_change": "insured_event"}
CLOSING = ("91371523MA3C00001X", "茌平远航铝制品有限公司")
OF_MANUFACTURING = "job_loss_rate_spike_cell"
SUSPECTED = ("91371522MA3C00002X", "莘县兴禾食品有限公司")
LATE = "371522"  # its benefit claims of the last two workdays have not come


@dataclass
class City:
    """What was put into the files, for tests to compare with."""

    folder: Path
    units: list[str]
    sections: list[str]
    names: dict[str, str]
    editions: list[tuple[str, date, datetime]]
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def published(self) -> Path:
        return self.folder


def csv_rows(name: str) -> list[dict[str, str]]:
    with (REGION / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edition_of(day: date) -> tuple[str, date, datetime]:
    cutoff = datetime.combine(day, time(7), UTC) - timedelta(hours=8)
    return f"{day.isoformat()}.1", day, cutoff.replace(tzinfo=None)


def columns_of(table: str) -> list[str]:
    return list(schema.columns(table))


def manifest() -> pd.DataFrame:
    facts = {
        "schema_version": str(schema.VERSION),
        "region": "liaocheng",
        "region_name_zh": "聊城市",
        "region_name_en": "Liaocheng",
        "time_zone": "Asia/Shanghai",
        "city": CITY,
        "is_demonstration": "true",
        "week_end": "sunday",
        "least_persons": "10",
        "offices": ",".join(row["code"] for row in csv_rows("places.csv") if row["level"] == "unit"),
    }
    return pd.DataFrame(list(facts.items()), columns=["key", "value"])


def places_frame(rows: list[dict[str, str]], codes: list[str]) -> pd.DataFrame:
    kept = [row for row in rows if row["code"] in {CITY, *codes}]
    frame = pd.DataFrame(kept)[["code", "name", "short_name", "level", "parent", "county_view", "residents"]]
    frame["residents"] = frame["residents"].astype(float)
    return frame.assign(sort=range(len(kept)))


def indicators() -> pd.DataFrame:
    rows = []
    for path in sorted((PROJECT / "pipelines" / "sql" / "indicators").glob("*.sql")):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = dict(line[3:].split(": ", 1) for line in lines if line.startswith("-- ") and ": " in line)
        if path.stem == "weekly_claims":
            continue
        zh, en = head["title"].split(" | ")
        feed = FEED_OF.get(path.stem, "vacancy" if path.stem == "vacancy" else "monitored_employer")
        ratio = head["kind"] == "ratio"
        rows.append(
            (
                path.stem,
                zh,
                en,
                head["unit"],
                head["worse"],
                head["grain"],
                head["clock"],
                head["by"],
                head["formula"].split(" | ")[0],
                head["source"].split(" | ")[0],
                feed,
                ratio,
                100.0 if head["unit"] == "percent" else 1.0,
                int(head["sort"]) if "sort" in head else None,
                head.get("shown", ""),
            )
        )
    columns = [
        "indicator",
        "title_zh",
        "title_en",
        "unit",
        "worse",
        "grains",
        "clock",
        "by_dims",
        "formula",
        "source",
        "feed",
        "is_ratio",
        "scale",
        "sort",
        "shown",
    ]
    return pd.DataFrame(rows, columns=columns).astype({"sort": "Int64"})


def rules() -> pd.DataFrame:
    frame = pd.read_csv(REGION / "rules.csv", dtype=str, keep_default_na=False).drop(columns="grain")
    for column in (
        "level",
        "min_strength",
        "min_ratio",
        "min_people",
        "line",
        "margin",
        "min_base",
        "window_days",
        "leave_after",
        "max_p",
        "window_periods",
        "enter_k",
        "enter_n",
        "leave_line",
        "cool_down_days",
        "raise_by",
    ):
        frame[column] = pd.to_numeric(frame[column].replace("", None))
    for column in ("effective_from", "effective_to"):
        frame[column] = pd.to_datetime(frame[column].replace("", None)).dt.date
    frame["is_enabled"] = frame["is_enabled"] == "true"
    named = frame["rule_id"].eq(OF_MANUFACTURING).map({True: "C", False: None})
    return frame.assign(status=np.where(frame["is_enabled"], "enabled", "not_available"), industries=named)
