"""Region folders of small areas: their list stands in the stored files, and is written when a test runs."""

import shutil
from pathlib import Path

import pandas as pd

CITY = "AU4"
STATES = {"1": "nsw", "3": "qld", "4": "sa", "6": "tas"}
GENERATED = ("places.csv", "place_aliases.csv", "offices.csv")


def areas_of(figures: pd.DataFrame) -> pd.Series:
    """The area each row means: its nine-digit code of 2021, or the five-digit one when the area ended with it.

    The five digits of an SA2 are its state and its last four. An area whose bounds change gets new ones, so equal digits
    mean the same area; equal names do not: ``Port Macquarie - East`` is one area until May 2023 and another after it.
    """
    code = figures["sa2_code"]
    long = code[code.str.len() == 9].drop_duplicates()
    meant = dict(zip(long.str[0] + long.str[-4:], long, strict=True))
    return code.map(meant).fillna(code)


def write_region(template: Path, folder: Path, figures: pd.DataFrame, last_days: pd.DateOffset) -> Path:
    """Copy a region folder and add places, aliases and offices of the areas in ``figures``; returns ``folder``.

    ``figures`` has sa2_code, sa2_name, date (texts). An area, a code and a name hold from the first date they stand at
    to the last plus ``last_days``, and without end when that is the last date of all.
    """
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    rows = figures.assign(area=areas_of(figures), day=pd.to_datetime(figures["date"]))
    newest = rows.sort_values("day").drop_duplicates("area", keep="last").set_index("area")["sa2_name"]
    places = _spans(rows, ["area"], last_days).rename(columns={"area": "code"})
    places = places.assign(name=places["code"].map(newest), level="unit", parent=CITY)
    city = pd.DataFrame(
        {"code": [CITY], "name": ["Four states"], "level": ["city"], "valid_from": [rows["date"].min()]}
    )
    places = pd.concat([city, places]).assign(
        short_name=lambda frame: frame["name"], county_view="", residents="", residents_on="", source="small-area file"
    )
    spellings = [_spans(rows, [column, "area"], last_days) for column in ("sa2_code", "sa2_name")]
    aliases = pd.concat([part.set_axis(["alias", "code", "valid_from", "valid_to"], axis=1) for part in spellings])
    aliases[aliases["alias"] != aliases["code"]].to_csv(folder / "place_aliases.csv", index=False)
    places.to_csv(folder / "places.csv", index=False)
    units = places.loc[places["level"] == "unit", "code"]
    offices = [("au4", "Small-area desk", CITY, "true")]
    offices += [
        (office, f"Office {office}", ";".join(units[units.str[0] == digit]), "false")
        for digit, office in STATES.items()
    ]
    pd.DataFrame(offices, columns=["office_id", "name", "areas", "is_city"]).to_csv(folder / "offices.csv", index=False)
    return folder


def _spans(rows: pd.DataFrame, key: list[str], last_days: pd.DateOffset) -> pd.DataFrame:
    found = rows.groupby(key, as_index=False).agg(valid_from=("date", "min"), until=("day", "max"))
    ends = (found["until"] + last_days).dt.strftime("%Y-%m-%d").mask(found["until"] == rows["day"].max(), "")
    return found.drop(columns="until").assign(valid_to=ends)
