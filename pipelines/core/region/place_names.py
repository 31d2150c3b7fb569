"""Which area a spelling means on which day: codes are replaced, areas are split, and old files keep the old ones."""

import pandas as pd

from pipelines.core.domain import UserError
from pipelines.core.region.table import Table

OPEN_END = pd.Timestamp("9999-12-31")


def check_places(places: Table, aliases: Table, city: str) -> None:
    """Refuse places that are not one city with its units, and aliases of what is neither; UserError names the line."""
    places.require_unique("code")
    if places.codes("city") != {city}:
        raise UserError(
            f"{places.path.parent.name}/places.csv 应只有一个 level 为 city 的地区，即 region.toml 的 {city}。"
        )
    level = places.frame["level"]
    places.refuse((level != "city") & (places.frame["parent"] != city), "parent", f"应为市的代码 {city}")
    places.require_in("county_view", places.codes("county_view"), "places.csv 的 county_view 行")
    aliases.require_in("code", places.codes("unit") | {city}, "places.csv 的市和报送单位")


def place_names(places: Table, aliases: Table) -> pd.DataFrame:
    """Every way to write the city or a unit (code, name, former code), with the days on which it means that area.

    Columns: alias, code (text), valid_from, valid_to (datetime64, both days included; OPEN_END while in use). A code
    holds as long as its area; an alias as long as its own days and those of its area allow. Raises UserError naming
    file and line when an alias outlives nothing of its area, or means two areas on one day.
    """
    area = places.frame.loc[places.frame["level"] != "county_view", ["code", "valid_from", "valid_to"]]
    codes = area.assign(alias=area["code"], row=-1)
    written = aliases.frame.assign(row=range(len(aliases.frame))).merge(area, on="code", suffixes=("", "_area"))
    begins = written[["valid_from", "valid_from_area"]].max(axis=1)
    ends = written[["valid_to", "valid_to_area"]].min(axis=1)
    names = pd.concat([codes, written.assign(valid_from=begins, valid_to=ends)], ignore_index=True)
    names = names[["alias", "code", "valid_from", "valid_to", "row"]]
    names["valid_to"] = names["valid_to"].fillna(OPEN_END)
    for row in names.loc[names["valid_from"] > names["valid_to"], "row"]:
        raise aliases.error(int(row), "alias", "的有效期与其地区的有效期没有交集，请改正 valid_from 或 valid_to")
    names["spelling"] = names["alias"].str.upper()
    names = names.sort_values(["spelling", "valid_from", "row"], ignore_index=True)
    before = names.groupby("spelling")["valid_to"].shift()
    for row in names.index[names["valid_from"] <= before]:
        line = max(int(names["row"].iloc[row]), int(names["row"].iloc[row - 1]))
        raise aliases.error(line, "alias", "在同一天有两种解释，请用 valid_from、valid_to 分开，或删去其中一行")
    return names[["alias", "code", "valid_from", "valid_to"]]
