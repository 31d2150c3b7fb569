"""The files of the synthetic city look as senders' files do: names, days, encodings, corrections, a few wrong rows."""

import hashlib
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from stdnum.cn import ric

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region, load
from pipelines.demo import CitySpec, DemoReport, generate_city
from pipelines.demo.wording import FEEDS, HEADERS
from pipelines.feeds import contracts

LAST, DAYS = date(2026, 10, 31), 280
FIRST = LAST - timedelta(days=DAYS - 1)
NAME = re.compile(r"(?P<feed>[a-z_]+)_(?P<sender>3715[0-9D][0-9])_(?P<period>[0-9]{6,8})(_v(?P<version>[0-9]))?\.csv")
UNIT_DAILY = ("insured_event", "benefit_claim", "unemployment_registration")
CITY_DAILY = ("vacancy", "job_seeker", "telecom_mobility", "transport_mobility")
UNIT_MONTHLY = (
    "insured_headcount", "monitored_employer", "labour_shortage", "long_term_unemployment", "wage_arrears_lead",
    "key_employer", "welfare_post",
)  # fmt: skip
CITY_MONTHLY = (
    "registered_unemployment",
    "unemployment_fund",
    "employment_result",
    "benefit_payment",
    "graduate_register",
    "labour_dispute",
    "training",
    "unemployment_contribution",
)


@pytest.fixture(scope="module")
def region() -> Region:
    return load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")


@pytest.fixture(scope="module")
def written(region: Region, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    inbox = tmp_path_factory.mktemp("city") / "inbox"
    return inbox, generate_city(region, inbox, CitySpec(DAYS, 0.05, 4, LAST))


@pytest.fixture(scope="module")
def files(written: tuple[Path, DemoReport]) -> pd.DataFrame:
    """One row a file, with its content."""
    rows = []
    for path in sorted(written[0].rglob("*.csv")):
        named = NAME.fullmatch(path.name)
        assert named is not None, path.name
        content = path.read_bytes()
        codec = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
        lines = content.decode(codec).splitlines()
        rows.append(
            {**named.groupdict(), "folder": path.parts[-3], "day": path.parts[-2], "codec": codec, "lines": lines}
        )
    frame = pd.DataFrame(rows)
    frame["version"] = frame["version"].fillna("1").astype(int)
    frame["received"] = pd.to_datetime(frame["day"])
    return frame


def table(files: pd.DataFrame, feed: str, version: Literal["first", "last"] = "last") -> pd.DataFrame:
    """The rows of one version, normally the last, of every file of a feed."""
    own = files[files["feed"] == feed].sort_values("version").drop_duplicates(["sender", "period"], keep=version)
    header = list(HEADERS[feed])
    rows = [
        [*line.split(","), sender, received]
        for sender, received, lines in zip(own["sender"], own["received"], own["lines"], strict=True)
        for line in lines[1:]
    ]
    return pd.DataFrame(rows, columns=[*header, "sender", "received"])


def test_every_feed_has_its_folder_and_its_header(files: pd.DataFrame) -> None:
    assert set(files["feed"]) == set(FEEDS)
    assert (files["feed"] == files["folder"]).all()
    for feed, lines in zip(files["feed"], files["lines"], strict=True):
        assert tuple(lines[0].split(",")) == HEADERS[feed]
        assert all(line.count(",") == lines[0].count(",") for line in lines[:5])


@pytest.mark.parametrize("feed", FEEDS)
def test_every_column_that_a_form_may_have_is_filled_in_somewhere(files: pd.DataFrame, feed: str) -> None:
    own = table(files, feed)
    for column in contracts()[feed].columns:
        (header,) = {column.header, *column.aliases} & set(HEADERS[feed])
        assert (own[header] != "").any(), column.name


def test_months_granted_and_who_joined_and_left_agree_with_the_rest_of_their_row(files: pd.DataFrame) -> None:
    paid, granted = numbers(table(files, "benefit_claim"), "累计缴费月数", "核定月数")
    assert paid.min() >= 12
    assert (granted <= np.select([paid < 60, paid < 120], [12, 18], 24)).all()
    heads = table(files, "insured_headcount").sort_values("所属月份")
    heads = heads[heads["期末参保人数"].str.isdigit()]
    people, joins, leaves = numbers(heads, "期末参保人数", "本期增员人数", "本期减员人数")
    before = people.groupby(heads["统一社会信用代码"]).shift()
    assert (before + joins - leaves == people)[before.notna() & (people > 0)].mean() > 0.99


def test_employers_rest_around_the_spring_festival_and_say_when_they_resumed(files: pd.DataFrame) -> None:
    own = table(files, "labour_shortage")
    state = own["生产经营状态"] + own["所属月份"]
    assert set(state[own["生产经营状态"] == "季节性停产"].str[-6:]) == {"202602"}
    resumed = own[own["复工日期"] != ""]
    assert len(resumed) > 5
    assert set(resumed["所属月份"]) == {"202603"}
    assert pd.to_datetime(resumed["复工日期"]).between("2026-03-01", "2026-03-12").all()


def test_nothing_is_received_after_the_day_that_follows_the_last_or_before_its_period(files: pd.DataFrame) -> None:
    assert files["received"].max() == pd.Timestamp(LAST + timedelta(days=1))
    daily = files[(files["period"].str.len() == 8) & (files["feed"] != "monitored_village")]
    assert (daily["received"] > pd.to_datetime(daily["period"])).all()


def test_units_report_on_workdays_and_the_city_on_every_day(files: pd.DataFrame, region: Region) -> None:
    calendar = region.calendar_frame(FIRST, LAST)
    workdays = set(calendar.loc[calendar["is_workday"], "date"].dt.strftime("%Y%m%d"))
    for feed in UNIT_DAILY:
        own = files[files["feed"] == feed]
        assert set(own["period"]) <= workdays
        slices = own.drop_duplicates(["sender", "period"])
        assert set(own["sender"]) == set(region.units)
        assert 0.97 * 11 * len(workdays) < len(slices) < 11 * len(workdays)
    for feed in CITY_DAILY:
        own = files[files["feed"] == feed]
        assert set(own["sender"]) == {region.city}
        assert own["period"].nunique() > 0.97 * DAYS


def test_most_daily_files_come_the_next_day_and_some_late(files: pd.DataFrame) -> None:
    own = files[files["feed"].isin(UNIT_DAILY) & (files["version"] == 1)]
    wait = (own["received"] - pd.to_datetime(own["period"])).dt.days
    assert 0.90 < (wait == 1).mean() < 0.985
    assert wait.max() > 4, "a unit was silent for some days"


def test_monthly_files_come_in_the_first_days_of_the_next_month(files: pd.DataFrame) -> None:
    for feeds, first, last in ((UNIT_MONTHLY, 5, 13), (CITY_MONTHLY, 9, 17)):
        own = files[files["feed"].isin(feeds) & (files["version"] == 1)]
        month_end = pd.to_datetime(own["period"], format="%Y%m") + pd.offsets.MonthEnd(0)
        assert (own["received"] - month_end).dt.days.between(first, last).all()
        assert set(own["feed"]) == set(feeds)
        assert own.groupby("feed")["period"].nunique().min() >= 8
        assert set(files.loc[files["feed"].isin(CITY_MONTHLY), "sender"]) == {"371500"}


def test_villages_are_counted_on_fridays_and_most_of_their_files_come_the_same_day(files: pd.DataFrame) -> None:
    own = files[(files["feed"] == "monitored_village") & (files["version"] == 1)]
    friday = pd.to_datetime(own["period"])
    assert (friday.dt.day_of_week == 4).all()
    wait = (own["received"] - friday).dt.days
    assert wait.between(0, 3).all()
    assert (wait == 0).mean() > 0.9
    assert (wait > 0).any()
    assert own["period"].nunique() == DAYS // 7


def numbers(frame: pd.DataFrame, *columns: str) -> list[pd.Series]:
    return [frame[column].replace("", "0").astype(int) for column in columns]


def test_people_away_from_villages_balance_and_come_home_for_the_spring_festival(
    files: pd.DataFrame, region: Region
) -> None:
    rows = table(files, "monitored_village")
    wrong = rows["外出务工人数"] != rows[
        ["县内乡外人数", "市内县外人数", "省内市外人数", "省外人数", "境外人数"]
    ].astype(int).sum(axis=1).astype(str)
    assert wrong.sum() <= 3, "spoilt rows only"
    rows = rows[~wrong]
    away, before, left, back = numbers(rows, "外出务工人数", "上期外出务工人数", "本期新外出人数", "本期返乡人数")
    assert (before + left - back == away).all()
    friday = pd.to_datetime(rows["统计日期"])
    offset = region.calendar_frame(FIRST, LAST).set_index("date")["festival_offset"].reindex(friday).to_numpy()
    after, ordinary = (offset > 0) & (offset < 25), offset > 80
    assert left[after].sum() / before[after].sum() > 4 * left[ordinary].sum() / before[ordinary].sum()
    last = rows.sort_values("统计日期").groupby("监测村代码")["上期外出务工人数"].last().astype(int).sum()
    during = away[(offset >= -3) & (offset <= 4)].sum() / max(1, ((offset >= -3) & (offset <= 4)).sum())
    assert during < 0.75 * last / rows["监测村代码"].nunique()


def test_travellers_leave_after_the_spring_festival_and_no_file_names_a_person(
    files: pd.DataFrame, region: Region
) -> None:
    offset = region.calendar_frame(FIRST, LAST).set_index("date")["festival_offset"]
    for feed, kind in (("telecom_mobility", ["对方区域"]), ("transport_mobility", ["对方区域", "运输方式"])):
        rows = table(files, feed)
        assert not {"姓名", "身份证号", "手机号"} & set(rows.columns)
        rows = rows[rows["方向"].isin(["流入", "流出"]) & rows["人数"].str.isdigit()]
        combinations = 11 * 2 * rows.groupby(kind).ngroups
        assert rows.groupby("日期").size().max() == rows.groupby(["地区", "方向", *kind]).ngroups == combinations
        net = (rows["人数"].astype(int) * rows["方向"].map({"流出": 1, "流入": -1})).groupby(rows["日期"]).sum()
        at = offset.reindex(pd.to_datetime(net.index)).to_numpy()
        assert net[(at > 3) & (at < 15)].mean() > 10 * abs(net[at > 80].mean())


def test_the_funds_months_follow_each_other_and_balance(files: pd.DataFrame) -> None:
    rows = table(files, "unemployment_fund").sort_values("所属月份")
    money = rows[["期初滚存结余", "本期收入", "本期支出", "期末滚存结余"]].astype(float)
    opening, income, spent, closing = (money[name] for name in money.columns)
    assert (opening + income - spent - closing).abs().max() < 0.01
    months = pd.to_datetime(rows["所属月份"], format="%Y%m")
    follows = (months.diff().dt.days <= 31).to_numpy()
    assert follows.sum() >= 6
    assert (opening - closing.shift())[follows].abs().max() < 0.01


def test_staff_of_the_shortage_form_is_that_of_the_headcount(files: pd.DataFrame) -> None:
    form, people = table(files, "labour_shortage"), table(files, "insured_headcount")
    both = form.merge(people, on=["统一社会信用代码", "所属月份"])
    assert len(both) > 500
    assert (both["期末用工人数"] == both["期末参保人数"]).mean() > 0.99
    staff, hires, losses, before = numbers(both, "期末用工人数", "本期新招人数", "本期流失人数", "上期用工人数")
    assert (before + hires - losses == staff).mean() > 0.99
    missing = both["缺工人数"].str.isdigit()
    assert 0.01 < both.loc[missing, "缺工人数"].astype(int).sum() / staff.sum() < 0.15


def test_some_units_keep_their_list_of_key_employers_in_a_spreadsheet(written: tuple[Path, DemoReport]) -> None:
    folder = written[0] / "key_employer"
    books = {path.name.split("_")[2] for path in folder.glob("*/*.xlsx")}
    assert books == {"371503", "371525", "3715D2"}
    assert books.isdisjoint({path.name.split("_")[2] for path in folder.glob("*/*.csv")})
    path = sorted(folder.glob("*/*_371503_*.xlsx"))[0]
    rows = list(openpyxl.load_workbook(path).active.values)
    assert rows[1][:2] == ("报送单位：", "371503")
    assert rows[2][1] == path.stem.split("_")[3]
    assert rows[3] == HEADERS["key_employer"]
    assert len(rows) > 10
    assert all(isinstance(row[7], datetime) for row in rows[4:])


def test_the_registered_of_a_month_are_the_same_in_both_forms(files: pd.DataFrame) -> None:
    whole, each = table(files, "registered_unemployment"), table(files, "long_term_unemployment")
    both = whole.merge(each, on=["地区", "所属月份"])
    assert len(both) >= 80
    assert (both["期末登记失业人数_x"] == both["期末登记失业人数_y"]).mean() > 0.95
    all_of_them, six, twelve = numbers(each, "期末登记失业人数", "失业六个月以上人数", "失业十二个月以上人数")
    assert ((twelve <= six) & (six <= all_of_them)).all()


def test_a_person_belongs_to_the_same_groups_in_every_feed(files: pd.DataFrame) -> None:
    claims, registered = table(files, "benefit_claim"), table(files, "unemployment_registration")
    both = claims.merge(registered, on="身份证号")
    assert len(both) > 500
    for column in ("人员类别", "学历", "户籍类型"):
        assert (both[f"{column}_x"] == both[f"{column}_y"]).all(), column
    assert 0.02 < claims["人员类别"].str.contains("、").mean() < 0.5, "some belong to several"
    assert registered.loc[registered["登记原因"] == "21", "统一社会信用代码"].eq("").all()


def test_each_unit_keeps_its_encoding_and_both_occur(files: pd.DataFrame) -> None:
    units = files[files["sender"] != "371500"]
    assert (units.groupby("sender")["codec"].nunique() == 1).all()
    assert set(units["codec"]) == {"gb18030", "utf-8-sig"}


def test_a_second_version_follows_within_days_and_has_more_rows(files: pd.DataFrame) -> None:
    both = files[files["version"] == 2].merge(files[files["version"] == 1], on=["feed", "sender", "period"])
    assert len(both) >= 10
    assert (both["received_x"] - both["received_y"]).dt.days.between(1, 5).all()
    assert (both["lines_x"].map(len) > both["lines_y"].map(len)).all()


def test_rows_are_filed_on_the_day_of_their_file_and_take_effect_before(files: pd.DataFrame) -> None:
    events = table(files, "insured_event")
    filed, effective = pd.to_datetime(events["申报日期"]), pd.to_datetime(events["生效日期"])
    assert events["业务流水号"].is_unique
    ordinary = events["冲销流水号"] == ""
    delay = (filed - effective).dt.days[ordinary]
    assert delay.between(0, 50).all()
    assert (delay <= 15).mean() > 0.85
    claims = table(files, "benefit_claim")
    assert (pd.to_datetime(claims["失业日期"]) < pd.to_datetime(claims["受理日期"])).all()


def test_a_reversal_repeats_an_earlier_row_of_the_same_person(files: pd.DataFrame) -> None:
    events = table(files, "insured_event").set_index("业务流水号")
    back = events[(events["冲销流水号"] != "") & events["冲销流水号"].isin(events.index)]
    assert len(back) >= 5
    source = events.loc[back["冲销流水号"]]
    assert (back["身份证号"].str[:17].to_numpy() == source["身份证号"].str[:17].to_numpy()).all()
    assert (back["增减类型"].to_numpy() == source["增减类型"].to_numpy()).all()
    assert (pd.to_datetime(back["申报日期"]).to_numpy() > pd.to_datetime(source["申报日期"]).to_numpy()).all()


def test_a_few_rows_are_wrong_and_only_a_few(files: pd.DataFrame) -> None:
    events = table(files, "insured_event")
    bad_number = sum(number[-1] != ric.calc_check_digit(number) for number in events["身份证号"])
    bad_area = (events["参保地区"] == "379999").sum()
    assert 1 <= bad_number + bad_area <= len(events) / 1500


def test_people_who_claim_after_a_closing_are_its_leavers(
    written: tuple[Path, DemoReport], files: pd.DataFrame
) -> None:
    truth = pd.read_csv(written[1].truth, dtype=str, keep_default_na=False)
    events, claims = table(files, "insured_event"), table(files, "benefit_claim")
    closings = truth[(truth["kind"] == "factory_closing") & (truth["first_effective_on"] < "2026-09-15")]
    assert len(closings) >= 8
    for closing in closings.itertuples():
        left = events[
            (events["统一社会信用代码"] == closing.employer)
            & (events["增减类型"] == "减员")
            & events["生效日期"].between(closing.first_effective_on, closing.end_on)
            & events["原因代码"].isin(["11", "13"])
        ]
        lost = 0 if len(left) >= int(closing.extra_people) else int(closing.extra_people) - len(left)
        assert lost <= 0.5 * int(closing.extra_people), closing
        came = claims[claims["统一社会信用代码"] == closing.employer]
        came = came[came["失业日期"].between(closing.first_effective_on, closing.end_on)]
        assert set(came["身份证号"]) <= {*events["身份证号"]}
        if lost == 0 and not came.empty:
            assert came["身份证号"].isin(left["身份证号"]).mean() > 0.8


def test_first_visible_is_the_day_the_first_of_its_files_came(
    written: tuple[Path, DemoReport], files: pd.DataFrame
) -> None:
    truth = pd.read_csv(written[1].truth, dtype=str, keep_default_na=False)
    feeds = {feed: table(files, feed, "first") for feed in ("insured_event", "benefit_claim", "layoff_report")}
    on = {"insured_event": "生效日期", "benefit_claim": "失业日期"}
    right = []
    closings = truth[(truth["kind"] == "factory_closing") & (truth["first_visible_on"] != "")]
    for closing in closings.itertuples():
        came = []
        for feed, rows in feeds.items():
            own = rows[rows["统一社会信用代码"] == closing.employer]
            if feed in on:
                own = own[own[on[feed]].between(closing.first_effective_on, closing.end_on)]
            if feed == "insured_event":
                own = own[own["原因代码"].isin(["11", "13"])]
            came += own["received"].tolist()
        right.append(pd.Timestamp(closing.first_visible_on) == min(came))
    # An ordinary leave of the same factory in the same days may come a day earlier; it rarely does.
    assert len(right) >= 8
    assert sum(right) >= len(right) - 1


def test_headcounts_are_not_negative_and_follow_joins_and_leaves(files: pd.DataFrame) -> None:
    counts = table(files, "insured_headcount")
    counts["people"] = counts["期末参保人数"].astype(int)
    assert (counts["people"] < 0).sum() <= len(counts) / 1000
    wide = counts.pivot_table(index="统一社会信用代码", columns="所属月份", values="people")
    change = wide.diff(axis=1).iloc[:, 1:].stack()
    events = table(files, "insured_event")
    events = events[(events["冲销流水号"] == "") & ~events["业务流水号"].isin(events["冲销流水号"])]
    signed = events["增减类型"].map({"增员": 1, "减员": -1})
    month = events["生效日期"].str[:7].str.replace("-", "")
    net = signed.groupby([events["统一社会信用代码"], month]).sum()
    expected = net.reindex(change.index, fill_value=0)
    assert (change == expected).mean() > 0.9


def test_the_monitored_form_balances(files: pd.DataFrame) -> None:
    form = table(files, "monitored_employer")
    jobs = form[["上期岗位数", "新增岗位数", "减少岗位数", "调查期岗位数"]].astype(int)
    balanced = jobs["上期岗位数"] + jobs["新增岗位数"] - jobs["减少岗位数"] == jobs["调查期岗位数"]
    assert balanced.mean() > 0.99
    assert ((jobs["减少岗位数"] > 0) == (form["减少类型"] != "")).mean() > 0.99


def test_a_report_of_the_run_counts_what_is_there(written: tuple[Path, DemoReport], files: pd.DataFrame) -> None:
    report = written[1]
    books = [openpyxl.load_workbook(path).active for path in written[0].rglob("*.xlsx")]
    assert report.files == len(files) + len(books)
    rows = files["lines"].map(len).sum() - len(files) + sum(book.max_row - 4 for book in books)
    assert report.rows == rows == sum(report.rows_of_feed.values())
    assert (report.first_day, report.last_day) == (FIRST, LAST)
    assert report.truth == written[0].parent / "truth.csv"


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_arguments_write_the_same_bytes_and_another_seed_others(region: Region, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        generate_city(region, tmp_path / name / "inbox", CitySpec(75, 0.02, seed, LAST))
    assert tree(tmp_path / "one") == tree(tmp_path / "again")
    assert tree(tmp_path / "one") != tree(tmp_path / "other")


def test_the_quiet_city_differs_by_the_rows_of_events_only(region: Region, tmp_path: Path) -> None:
    reports = {
        is_quiet: generate_city(region, tmp_path / str(is_quiet) / "inbox", CitySpec(200, 0.1, 3, LAST, is_quiet))
        for is_quiet in (True, False)
    }
    assert reports[True].events == 0
    assert len(reports[True].truth.read_text(encoding="utf-8").splitlines()) == 1
    truth = pd.read_csv(reports[False].truth)
    truth = truth[truth["source"].isna()]
    extra = reports[False].rows_of_feed["insured_event"] - reports[True].rows_of_feed["insured_event"]
    assert 0.8 * truth["extra_people"].sum() < extra <= truth["extra_people"].sum() + 40
    assert 0.9 < reports[False].rows_of_feed["vacancy"] / reports[True].rows_of_feed["vacancy"] <= 1
    for feed in ("monitored_village", "telecom_mobility", "transport_mobility"):
        assert reports[False].rows_of_feed[feed] == reports[True].rows_of_feed[feed]


def test_a_second_city_is_not_mixed_into_the_first(written: tuple[Path, DemoReport], region: Region) -> None:
    with pytest.raises(UserError, match="混在一起"):
        generate_city(region, written[0], CitySpec(DAYS, 0.05, 4, LAST))


def test_impossible_arguments_are_refused_with_a_sentence(region: Region, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="天数"):
        generate_city(region, tmp_path / "inbox", CitySpec(3, 0.05, 4, LAST))
    with pytest.raises(UserError, match="规模"):
        generate_city(region, tmp_path / "inbox", CitySpec(100, 0, 4, LAST))


def test_a_folder_that_cannot_be_written_is_named(region: Region, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="taken"):
        generate_city(region, tmp_path / "taken" / "inbox", CitySpec(60, 0.01, 4, LAST))
