"""The same file of joins and leaves taken by others: DuckDB's own reader, pandas with pandera, dlt."""

import hashlib
import hmac
import os
from datetime import datetime
from pathlib import Path

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
import duckdb
import pandas as pd
import pandera.pandas as pa
from dlt.sources.filesystem import filesystem, read_csv_duckdb
from pandera.errors import SchemaErrors
from python_calamine import CalamineWorkbook
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from pipelines.core.region import load as regions
from pipelines.demo.wording import HEADERS
from tests.bench.big_drop import FEED

KEY = b"k" * 32


def raw_duckdb(csv: Path, file: Path) -> int:
    """Everything as text into a table of a file database: the least anybody has to do."""
    with duckdb.connect(str(file), config={"threads": 2, "memory_limit": "2GB"}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute("create table raw as from read_csv($csv, all_varchar = true, header = true)", {"csv": str(csv)})
        return int(con.execute("select count(*) from raw").fetchall()[0][0])


def dlt_duckdb(csv: Path, folder: Path) -> int:
    """dlt's file source into DuckDB by its quickest way, arrow; it checks nothing.

    The columns are renamed: dlt's naming turns every Chinese header into ``x`` and then reports a collision.
    """
    names = [f"c{index}" for index in range(len(HEADERS[FEED]))]
    source = filesystem(bucket_url=csv.parent.as_uri(), file_glob=csv.name)
    rows = (
        source | read_csv_duckdb(use_pyarrow=True, chunk_size=100_000, all_varchar=True, names=names, header=True)
    ).with_name("joins")
    pipeline = dlt.pipeline(
        "joins", pipelines_dir=str(folder / "dlt"), destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="joins",
    )  # fmt: skip
    pipeline.run(rows)
    with duckdb.connect(str(folder / "dlt.duckdb")) as con:
        return int(con.execute("select count(*) from joins.joins").fetchall()[0][0])


def pandas_pandera(csv: Path, file: Path, folder: Path, period: datetime) -> tuple[int, int]:
    """Read, check, split and load as one writes it with these libraries; accepted and refused rows.

    Check digits by python-stdnum over distinct values (its own place check refuses people older than the prefecture's
    code, so date and digit are asked one by one), codes by ``isin``, pseudonyms by hmac over distinct people.
    """
    region = regions.load(folder)
    frame = pd.read_csv(csv, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    codes = region.codes[region.codes["list"] == "insured_reason"]
    kind = dict(zip(codes["code"], codes["class"], strict=True)) | dict(
        zip(codes["title"], codes["class"], strict=True)
    )
    areas = [alias for alias, code in region.aliases.items() if code in set(region.units)]
    industries = [*region.sections, *(code.upper() for code in region.sections)]
    schema = pa.DataFrameSchema(
        {
            "业务流水号": pa.Column(
                str, pa.Check.str_length(min_value=1), unique=True, report_duplicates="exclude_first"
            ),
            "增减类型": pa.Column(str, pa.Check.isin(["增员", "减员"])),
            "身份证号": pa.Column(str, pa.Check(lambda cells: _by_distinct(cells, _is_identity))),
            "统一社会信用代码": pa.Column(str, pa.Check(lambda cells: _by_distinct(cells, uscc.is_valid))),
            "参保地区": pa.Column(str, pa.Check.isin(areas)),
            "行业代码": pa.Column(str, pa.Check.isin(industries)),
            "原因代码": pa.Column(str, pa.Check.isin(list(kind))),
            "生效日期": pa.Column(str, pa.Check(lambda cells: pd.to_datetime(cells, errors="coerce").notna())),
            "申报日期": pa.Column(str, pa.Check(lambda cells: pd.to_datetime(cells, errors="coerce") == period)),
        },
        checks=pa.Check(
            lambda rows: (rows["增减类型"] == "增员") == (rows["原因代码"].map(kind) == "join"), name="reason_fits"
        ),
    )
    try:
        schema.validate(frame, lazy=True)
        refused = pd.DataFrame({"index": [], "column": [], "check": []})
    except SchemaErrors as errors:
        refused = errors.failure_cases[["index", "column", "check"]]
    good = frame.drop(index=refused["index"].dropna().astype(int).unique())
    people = good["身份证号"].drop_duplicates()
    pseudonym = dict(zip(people, people.map(_pseudonym), strict=True))
    fact = pd.DataFrame(
        {
            "event_id": good["业务流水号"], "person": good["身份证号"].map(pseudonym),
            "sex": good["身份证号"].str[16].astype(int).mod(2).map({0: "F", 1: "M"}),
            "birth_year": good["身份证号"].str[6:10].astype(int), "employer": good["统一社会信用代码"],
            "area": good["参保地区"].map(region.aliases), "industry": good["行业代码"].map(region.sections),
            "direction": good["增减类型"].map({"增员": "join", "减员": "leave"}), "reason": good["原因代码"],
            "effective_on": pd.to_datetime(good["生效日期"]), "filed_on": pd.to_datetime(good["申报日期"]),
        }
    )  # fmt: skip
    with duckdb.connect(str(file), config={"threads": 2}) as con:
        con.execute("create table fact as from fact")
        con.execute("create table refused as from refused")
    return len(fact), refused["index"].nunique()


def _by_distinct(cells: pd.Series, is_valid: object) -> pd.Series:
    distinct = cells.drop_duplicates()
    return cells.map(dict(zip(distinct, distinct.map(is_valid), strict=True)))


def _is_identity(number: str) -> bool:
    try:
        datetime.strptime(number[6:14], "%Y%m%d")  # noqa: DTZ007 - a day has no zone
        return len(number) == 18 and ric.calc_check_digit(number) == number[-1]
    except (ValueError, ValidationError):
        return False


def _pseudonym(number: str) -> str:
    return hmac.digest(KEY, number.encode(), hashlib.sha256).hex()[:32]


def calamine(xlsx: Path) -> int:
    """The rows of a workbook as Python lists, all that the reader library does."""
    return len(CalamineWorkbook.from_path(xlsx).get_sheet_by_index(0).to_python())
