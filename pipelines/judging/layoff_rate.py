"""The layoff rate that decides on refunds of contributions (稳岗返还), by both formulas (docs/domain/forms.md)."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.core.text_safety import inert
from pipelines.warehouse.expected_submissions import roster

LINE, LINE_OF_SMALL = 0.055, 0.20  # 裁员率不高于 5.5%；参保 30 人（含）以下不高于 20%
SMALL = 30  # insured persons at the end of the year before last


def rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Add rate_by_headcount, rate_by_claims, line and is_within to rows with before, after and claimed.

    before, after: insured persons at the end of the year before last and of last year; claimed: persons of the employer
    who claimed unemployment benefit last year. Formula one is (before − after) ÷ before, none below zero; formula two
    claimed ÷ before; either one at or below the line is enough. A rate without its figures is NaN. is_within is missing
    where no rate that is known is enough and one is not known: an employer is not refused for want of figures either.
    """
    before = frame["before"].astype("float64").where(frame["before"] > 0)
    by_headcount = (frame["before"] - frame["after"]).astype("float64").clip(lower=0.0) / before
    by_claims = frame["claimed"].astype("float64") / before
    line = np.where(before <= SMALL, LINE_OF_SMALL, LINE)
    within = (by_headcount <= line) | (by_claims <= line)
    is_known = within | (by_headcount.notna() & by_claims.notna())
    return frame.assign(
        rate_by_headcount=by_headcount,
        rate_by_claims=by_claims,
        line=np.where(before.notna(), line, np.nan),
        is_within=within.astype("boolean").where(is_known),
    )


def of_year(con: duckdb.DuckDBPyConnection, region: Region, year: int) -> pd.DataFrame:
    """Every employer's rates for the refund decided in ``year``; ``con`` sees the facts in force.

    Returns frame with employer, employer_name, area, industry, before, after, claimed and the columns of ``rates``. An
    employer whose December headcount of last year did not come has no rate by headcount, one of an area whose claims of
    last year did not all come none by claims.
    """
    first, last = date(year - 1, 1, 1), date(year - 1, 12, 31)
    owed = roster(region, first, last)
    con.register("claim_slot", owed.loc[owed["feed"] == "benefit_claim", ["feed", "area", "period"]])
    asked = {
        "before": date(year - 2, 12, 1),
        "after": date(year - 1, 12, 1),
        "first": first,
        "last": last,
        "city": region.city,
    }
    found = con.execute(step("layoff_rate"), asked).df()
    con.unregister("claim_slot")
    return rates(found)


def decision_sheet(found: pd.DataFrame, region: Region, year: int) -> pd.DataFrame:
    """``found`` of ``of_year`` as the sheet of those who decide: Chinese headers, names beside codes, rates in percent.

    A figure that is not known is empty; 是否符合 is 是, 否 or 数据不足.
    """
    area, industry = (
        dict(zip(table["code"], table["name"], strict=True)) for table in (region.places, region.industries)
    )
    answer = found["is_within"].map({True: "是", False: "否"}).astype("object")
    columns = {
        "统一社会信用代码": found["employer"],
        "单位名称": found["employer_name"].map(inert),
        "地区代码": found["area"],
        "地区": found["area"].map(area),
        "行业": found["industry"].map(industry),
        f"{year - 2}年末参保人数": found["before"].astype("Int64"),
        f"{year - 1}年末参保人数": found["after"].astype("Int64"),
        f"{year - 1}年申领失业保险待遇人数": found["claimed"].astype("Int64"),
        "裁员率（按参保人数，%）": (100 * found["rate_by_headcount"]).round(2),
        "裁员率（按申领人数，%）": (100 * found["rate_by_claims"]).round(2),
        "裁员率线（%）": (100 * found["line"]).round(1),
        "是否符合": answer.where(found["is_within"].notna(), "数据不足"),
    }
    return pd.DataFrame(columns)
