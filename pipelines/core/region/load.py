"""A region: the folder of reference tables that makes the program one city's; nothing of a city stands in code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from models.recipe import BY_METHOD, DEFAULT_METHOD
from pipelines.core.domain import TAG, TOTAL_INDUSTRY, Grain, UserError
from pipelines.core.region.disclosure_policy import DisclosureThresholds, bounds, office_sees
from pipelines.core.region.folder import frames_of, header_aliases, place_names, tables_of
from pipelines.core.region.permissions import Permissions, read_permissions
from pipelines.core.region.table import clock
from pipelines.core.region.today_cards import today_cards

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY_DAY = frozenset(range(7))
_MOST_MINUTES = 24 * 60
_SATURDAY = 5
_DAYS = {Grain.DAY: 1, Grain.WEEK: 7}


@dataclass(frozen=True)
class Timetable:
    """The section ``[schedule]`` of region.toml; times of day are the region's. The defaults are our proposal.

    Changing it changes when things are done, never what is said.
    """

    ingest_from: time = time(6, 0)
    ingest_to: time = time(22, 0)
    ingest_minutes: int = 10
    """From one look into the inbox to the next, between the two times above."""
    run_minutes: int = 5
    """From the cut-off to the run."""
    outbox_minutes: int = 1
    """From one look into the outbox to the next."""
    remind_minutes: int = 15
    """From one look for reminders and mails by the calendar to the next."""
    backup: time = time(12, 30)
    finished_by: time = time(7, 30)
    """By when a run of the day must have finished; later the duty desk is told (gangshao watch)."""
    clock_days: int = 10
    """Days after the last run or arrival beyond which a run asks whether the clock is right: a machine that is off over
    the longest holidays (Spring Festival, 9 days) is not asked, one whose clock was set by a flat battery is."""


@dataclass(frozen=True, eq=False)
class Region:
    """A region's clock, calendar and reference tables.

    Frames have the columns of the CSV files; days are datetime64, empty texts NaN, empty numbers NaN or <NA>.
    ``rules`` is long: one row a rule and level, several rows of a level mean *or*, the limits in a row mean *and*.
    """

    folder: Path
    name_zh: str
    name_en: str
    time_zone: ZoneInfo
    cut_off: time
    week_end: int
    """Last weekday of a week, Monday = 0."""
    run_weekdays: frozenset[int]
    city: str
    has_spring_festival: bool
    disclosure: DisclosureThresholds
    office_sees: frozenset[str]
    """What an office may see of other areas: see pipelines.core.region.disclosure_policy."""
    method: str
    """Name of the forecasting method in use (models.methods)."""
    timetable: Timetable
    today_cards: tuple[str, ...]
    """Indicators that are cards of Today, in their order; none: the program's choice."""
    places: pd.DataFrame
    place_names: pd.DataFrame
    """Every way to write the city or a unit, with the days it holds: see pipelines.core.region.folder."""
    header_aliases: dict[tuple[str, str], tuple[str, ...]]
    """Feed and header of its contract to the other headers this region's senders write (headers.csv, may be absent)."""
    industries: pd.DataFrame
    industry_tags: pd.DataFrame
    codes: pd.DataFrame
    offices: pd.DataFrame
    recipients: pd.DataFrame
    feeds: pd.DataFrame
    rules: pd.DataFrame
    rule_overrides: pd.DataFrame
    """Lines of a rule and level that hold in one area for a time (rule_overrides.csv, may be absent)."""
    rule_release: pd.DataFrame
    """Rules as this version shipped them, by hash (rule_release.csv, may be absent): see ``rule_version``."""
    permissions: Permissions
    """Who may do what else (permissions.csv)."""
    transition: pd.DataFrame
    """Who may move a warning, a row a step and level: see ``ledger.workflow.transition``. Empty without the file."""
    playbook: pd.DataFrame
    """Measures and the warnings they are proposed for: see ``ledger.workflow.measure``. Empty without the file."""
    absences: pd.DataFrame
    """Posts that are away and who stands in (absences.csv, may be absent): see ``ledger.workflow.measure``."""
    key_period: pd.DataFrame
    """When what is watched closely (key_period.csv, may be absent): see ``key_period``."""
    target: pd.DataFrame
    """What an indicator shall reach in a year (target.csv, may be absent): year, area, indicator, target, source."""
    calendar: pd.DataFrame

    @cached_property
    def units(self) -> list[str]:
        """Codes of the reporting units, in the order of places.csv; they partition the city."""
        return [str(code) for code in self.places.loc[self.places["level"] == "unit", "code"]]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Every way to write the city or a unit to the code it meant last; for files ask area_of."""
        names = self.place_names.sort_values("valid_to")
        return {str(alias): str(code) for alias, code in zip(names["alias"], names["code"], strict=True)}

    @cached_property
    def _spans(self) -> dict[str, list[tuple[date, date, str]]]:
        """Per spelling, in capitals: first day, last day and code; asked once a file, so no frame is searched."""
        spans: dict[str, list[tuple[date, date, str]]] = {}
        for row in self.place_names.itertuples():
            span = (row.valid_from.date(), row.valid_to.date(), str(row.code))
            spans.setdefault(str(row.alias).upper(), []).append(span)
        return spans

    def area_of(self, written: str, at: date) -> str | None:
        """Code of the area that a spelling means on a day; None when it means none then."""
        spans = self._spans.get(written.upper(), [])
        return next((code for first, last, code in spans if first <= at <= last), None)

    @cached_property
    def sections(self) -> dict[str, str]:
        """Every industry code a feed may carry (section, division, unknown) to its section or the unknown member."""
        table = self.industries
        return {
            str(code): str(parent) if level == "division" else str(code)
            for code, level, parent in zip(table["code"], table["level"], table["parent"], strict=True)
            if level != "total"
        }

    @cached_property
    def tag_divisions(self) -> pd.DataFrame:
        """Columns tag (its code as an industry) and division, one row a division of a tag."""
        table = self.industry_tags
        return pd.DataFrame({"tag": TAG + table["tag"], "division": table["division"]})

    @cached_property
    def tags(self) -> dict[str, str]:
        """Code and title of every industry tag, in the order of industry_tags.csv."""
        table = self.industry_tags.drop_duplicates("tag")
        return dict(zip(TAG + table["tag"], table["title"], strict=True))

    @cached_property
    def industries_and_tags(self) -> pd.DataFrame:
        """The industrial classification, then the industry tags (level ``tag``)."""
        tags = pd.DataFrame({"code": list(self.tags), "name": list(self.tags.values()), "level": "tag"})
        return pd.concat([self.industries, tags.assign(parent=TOTAL_INDUSTRY)], ignore_index=True)

    @cached_property
    def _holidays(self) -> dict[date, str]:
        return self._named("holiday")

    @cached_property
    def _makeup_days(self) -> dict[date, str]:
        return self._named("makeup")

    def _named(self, kind: str) -> dict[date, str]:
        rows = self.calendar[self.calendar["kind"] == kind]
        return {at.date(): str(name) for at, name in zip(rows["date"], rows["name"], strict=True)}

    @cached_property
    def announced_years(self) -> frozenset[int]:
        """Years whose holidays and make-up days are official; in all others only statutory days are known."""
        years = self.calendar["date"].dt.year
        return frozenset(int(year) for year in years[self.calendar["is_announced"]].unique())

    def is_workday(self, at: date) -> bool:
        """Whether offices work on this day: make-up days do, holidays do not, else Monday to Friday."""
        if at in self._makeup_days:
            return True
        return at not in self._holidays and at.weekday() < _SATURDAY

    def is_run_day(self, at: date) -> bool:
        """Whether the region wants an edition on this day."""
        return at.weekday() in self.run_weekdays

    def last_run_day(self, at: date) -> date:
        """The last run day up to this day, itself included."""
        return next(day for back in range(7) if self.is_run_day(day := at - timedelta(days=back)))

    def edition_due(self, now: datetime) -> date:
        """The newest day whose edition should be there at an instant: its run has had time to finish."""
        today = self.local_day(now)
        return self.last_run_day(today if now >= self.edition_due_at(today) else today - timedelta(days=1))

    def edition_due_at(self, day: date) -> datetime:
        """The instant (UTC) by which the edition of a day is due: ``finished_by``, never before its cut-off."""
        return max(self.instant(day, self.timetable.finished_by), self.cutoff_at(day))

    def calendar_frame(self, start: date, end: date) -> pd.DataFrame:
        """One row a day from ``start`` to ``end``, both included.

        Columns: date (datetime64), is_workday, is_holiday, is_makeup, is_announced (bool), holiday_name (NaN on other
        days), festival_offset (days since the nearest Spring Festival, negative before it; NaN where the region has
        none). Beyond the years of calendar.csv only weekdays are known, and is_announced is False.
        """
        dates = pd.date_range(start, end, freq="D").astype("datetime64[us]")
        days = [stamp.date() for stamp in dates]
        frame = pd.DataFrame({"date": dates})
        frame["is_workday"] = np.array([self.is_workday(at) for at in days], dtype=bool)
        frame["is_holiday"] = np.array([at in self._holidays for at in days], dtype=bool)
        frame["is_makeup"] = np.array([at in self._makeup_days for at in days], dtype=bool)
        frame["is_announced"] = np.array([at.year in self.announced_years for at in days], dtype=bool)
        frame["holiday_name"] = pd.Series([self._holidays.get(at) for at in days], dtype="str")
        frame["festival_offset"] = self._festival_offset(dates)
        return frame

    def _festival_offset(self, dates: pd.DatetimeIndex) -> pd.Series:
        festivals = self.calendar.loc[self.calendar["kind"] == "spring_festival", "date"].to_numpy("datetime64[D]")
        if not self.has_spring_festival or not len(festivals):
            return pd.Series(np.nan, index=range(len(dates)), dtype="float64")
        distance = dates.to_numpy("datetime64[D]")[:, None].astype("int64") - festivals[None, :].astype("int64")
        nearest = np.abs(distance).argmin(axis=1)
        return pd.Series(distance[np.arange(len(dates)), nearest], dtype="float64")

    def week_start(self, at: date) -> date:
        """First day of the week that holds this day."""
        return at - timedelta(days=(at.weekday() - self.week_end - 1) % 7)

    def period_start(self, grain: Grain, at: date) -> date:
        """First day of the period of this grain that holds the day."""
        if grain is Grain.DAY:
            return at
        if grain is Grain.WEEK:
            return self.week_start(at)
        return at.replace(day=1, month=at.month if grain is Grain.MONTH else 3 * ((at.month - 1) // 3) + 1)

    def period_end(self, grain: Grain, at: date) -> date:
        """Last day of the period of this grain that holds the day."""
        start = self.period_start(grain, at)
        if grain in _DAYS:
            return start + timedelta(days=_DAYS[grain] - 1)
        month = start + timedelta(days=31 if grain is Grain.MONTH else 93)
        return month.replace(day=1) - timedelta(days=1)

    def instant(self, at: date, clock_time: time) -> datetime:
        """The instant (UTC) of a local time of day."""
        return datetime.combine(at, clock_time, tzinfo=self.time_zone).astimezone(UTC)

    def cutoff_at(self, at: date) -> datetime:
        """The instant (UTC) up to which drops count for the first edition of this day."""
        return self.instant(at, self.cut_off)

    def local_midnight(self, at: date) -> datetime:
        """The instant (UTC) at which this day begins here: when a file in its day folder counts as received."""
        return self.instant(at, time())

    def local_day(self, instant: datetime) -> date:
        """The day it is here at an instant."""
        return instant.astimezone(self.time_zone).date()

    def rules_on(self, at: date) -> pd.DataFrame:
        """The rows of ``rules`` in force on this day, disabled ones included."""
        stamp = pd.Timestamp(at)
        ends = self.rules["effective_to"]
        return self.rules[(self.rules["effective_from"] <= stamp) & (ends.isna() | (ends >= stamp))]


def load(folder: Path) -> Region:
    """Read and check a region folder.

    Raises UserError naming file, line, column and the fix when a file is missing or says something impossible.
    """
    settings = _settings(folder)
    city = _word(settings, folder, "city")
    tables = tables_of(folder, city)
    return Region(
        folder=folder,
        name_zh=_word(settings, folder, "name_zh"),
        name_en=_word(settings, folder, "name_en"),
        time_zone=_time_zone(settings, folder),
        cut_off=_cut_off(settings, folder),
        week_end=_weekday(settings, folder, "week_end", _word(settings, folder, "week_end")),
        run_weekdays=_run_weekdays(settings, folder),
        city=city,
        has_spring_festival=bool(settings.get("has_spring_festival", False)),
        disclosure=bounds(settings, f"{folder.name}/region.toml"),
        office_sees=office_sees(settings, f"{folder.name}/region.toml"),
        method=_method(settings, folder),
        timetable=timetable(settings, f"{folder.name}/region.toml"),
        today_cards=today_cards(settings, f"{folder.name}/region.toml"),
        place_names=place_names(tables["places"], tables["place_aliases"]),
        header_aliases=header_aliases(tables.get("headers")),
        permissions=_permissions(folder, has_transition="transition" in tables),
        **frames_of(tables),
    )


def _settings(folder: Path) -> dict[str, object]:
    path = folder / "region.toml"
    if not path.is_file():
        raise UserError(f"没有找到地区配置 {path}，请检查 GANGSHAO_REGION 指向的文件夹。")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UserError(f"{folder.name}/region.toml 无法读取（{problem}），请按 TOML 格式改正，存为 UTF-8。") from None


def _permissions(folder: Path, *, has_transition: bool) -> Permissions:
    if has_transition and not (folder / "permissions.csv").exists():
        raise UserError(
            f"{folder.name} 缺少文件 permissions.csv（谁可以办什么），请从 data/regions/liaocheng 复制后改。"
        )
    return read_permissions(folder)


def _word(settings: dict[str, object], folder: Path, key: str) -> str:
    value = settings.get(key)
    if not isinstance(value, str) or not value:
        raise UserError(f'{folder.name}/region.toml 缺少“{key}”，请补上一行：{key} = "…"。')
    return value


def _time_zone(settings: dict[str, object], folder: Path) -> ZoneInfo:
    name = _word(settings, folder, "time_zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(f'{folder.name}/region.toml“time_zone”：没有“{name}”这个时区，例如 "Asia/Shanghai"。') from None


def _cut_off(settings: dict[str, object], folder: Path) -> time:
    try:
        return clock(_word(settings, folder, "cut_off"))
    except ValueError as problem:
        raise UserError(f"{folder.name}/region.toml“cut_off”{problem}。") from None


def _weekday(settings: dict[str, object], folder: Path, key: str, name: str) -> int:
    if name not in _WEEKDAYS:
        raise UserError(f"{folder.name}/region.toml“{key}”：没有“{name}”，只能是 {'、'.join(_WEEKDAYS)}。")
    return _WEEKDAYS.index(name)


def _run_weekdays(settings: dict[str, object], folder: Path) -> frozenset[int]:
    chosen = settings.get("run_days", "daily")
    if chosen == "daily":
        return _EVERY_DAY
    if not isinstance(chosen, list) or not chosen:
        raise UserError(f'{folder.name}/region.toml“run_days”只能是 "daily" 或星期的列表，例如 ["saturday"]。')
    return frozenset(_weekday(settings, folder, "run_days", str(name)) for name in chosen)


def _method(settings: dict[str, object], folder: Path) -> str:
    name = settings.get("method", DEFAULT_METHOD)
    if name not in BY_METHOD:
        raise UserError(f"{folder.name}/region.toml“method”：没有“{name}”这个预测方法，只能是 {'、'.join(BY_METHOD)}。")
    return str(name)


def timetable(settings: Mapping[str, object], where: str) -> Timetable:
    """The hours a region's settings name, else the defaults; ``where``: the file, for the sentence of a UserError."""
    said = settings.get("schedule", {})
    defaults = {field.name: field.default for field in fields(Timetable)}
    if not isinstance(said, dict):
        raise UserError(f"{where}“schedule”应为一节，请写成 [schedule]，下面每行一项：{'、'.join(defaults)}。")
    given: dict[str, object] = {}
    for name, value in said.items():
        if name not in defaults:
            raise UserError(f"{where} [schedule] 中没有“{name}”这一项，只能是 {'、'.join(defaults)}。")
        if isinstance(defaults[name], time):
            given[name] = _clock(value, f"{where} [schedule]“{name}”")
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _MOST_MINUTES:
            raise UserError(f"{where} [schedule]“{name}”应为 1 至 {_MOST_MINUTES - 1} 的整数，现为 {value!r}。")
        else:
            given[name] = value
    made = Timetable(**given)  # type: ignore[arg-type]
    if made.ingest_from >= made.ingest_to:
        raise UserError(f"{where} [schedule]“ingest_from”应早于“ingest_to”。")
    return made


def _clock(value: object, what: str) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise UserError(f'{what}应为时刻，例如 "07:30"，现为 {value!r}。') from None
