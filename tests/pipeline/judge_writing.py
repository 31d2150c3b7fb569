"""How senders write days, figures, codes and numbers of persons and employers, for the independent judge.

Nothing of the project is imported. Reference tables (areas, industries, codes) are read from the region's CSV files.
"""

import re
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd

REGION = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
CITY = "371500"


def plain(cell: str) -> str:
    """A cell without what typing leaves in it: blanks around, an apostrophe in front, full-width signs."""
    return unicodedata.normalize("NFKC", cell).strip(" \t\u3000").removeprefix("'")


def decoded(content: bytes) -> str | None:
    """A file's text: UTF-8 with or without mark, else GB18030; None when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REGION / f"{name}.csv", dtype="str", keep_default_na=False)


@cache
def areas() -> dict[str, str]:
    aliases = table("place_aliases")
    units = table("places").query("level == 'unit'")["code"]
    known = dict(zip(aliases["alias"].str.upper(), aliases["code"], strict=True)) | {code: code for code in units}
    return {alias: code for alias, code in known.items() if code != CITY}


@cache
def industries() -> dict[str, str]:
    known = table("industries").query("level != 'total'")
    is_division = known["level"] == "division"
    return dict(zip(known["code"], known["parent"].where(is_division, known["code"]), strict=True)) | {"": "U"}


@cache
def codes(name: str) -> dict[str, str]:
    rows = table("codes").query("list == @name")
    by_title = dict(zip(rows["title"], rows["class"], strict=True))
    return by_title | dict(zip(rows["code"], rows["class"], strict=True))


@cache
def as_day(text: str) -> pd.Timestamp:
    """A day, written with digits in one of the usual ways or as the number a spreadsheet keeps (days since 1899-12-30)."""
    if re.fullmatch(r"4\d{4}", text):
        return pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(text))
    match = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", text)
    if match is None:
        return pd.NaT
    try:
        return pd.Timestamp(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5]))
    except ValueError:  # there is no such day
        return pd.NaT


@cache
def as_month(text: str) -> pd.Timestamp:
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})月?", text)
    return pd.NaT if match is None else as_day(f"{match[1]}-{match[2]}-1")


def is_count(text: str) -> bool:
    return count(text) >= 0


@cache
def count(text: str) -> int:
    """A whole number of people as senders write it (1,234; 0.5万; 300人); -1 when it is none."""
    match = re.fullmatch(r"(\d{1,9}|\d{1,3}(?:,\d{3})+|\d+\.\d+(?=万))(万?)人?", text)
    if match is None:
        return -1
    number = Decimal(match[1].replace(",", "")) * (10_000 if match[2] else 1)
    return int(number) if number == int(number) else -1


def counts(frame: pd.DataFrame, columns: list[str], is_right: pd.Series) -> pd.DataFrame:
    """Figures as numbers; 0 in rows that are not right anyway."""
    return pd.DataFrame({column: frame[column].map(count).where(is_right, 0) for column in columns}).clip(lower=0)


@cache
def is_person(text: str) -> bool:
    """GB 11643-1999: 17 digits of which 7 to 14 are a day, and the check character."""
    text = text.upper()
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", text) or pd.isna(as_day(text[6:14])):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


@cache
def is_employer(text: str) -> bool:
    """GB 32100-2015: 18 of 31 symbols, the last one a check character."""
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    text = text.upper()
    if len(text) != 18 or any(symbol not in symbols for symbol in text):
        return False
    total = sum(symbols.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(text[:17]))
    return symbols[-total % 31] == text[17]
