"""A slip in a region folder is answered by one sentence naming file, line, column and the fix."""

import shutil
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region.load import load

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))


def _replace(path: Path, old: str, new: str) -> int:
    """Replace the first ``old`` and return its line number."""
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1


def _sentence(folder: Path) -> str:
    with pytest.raises(UserError) as refusal:
        load(folder)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "column", "fix"),
    [
        ("places.csv", "371521,阳谷县", "371502,阳谷县", "code", "与第 3 行重复"),
        ("places.csv", "688700,2023-12-31", "688700,2023年底", "residents_on", "请写成 2026-01-31 的样子"),
        ("places.csv", "688700", "约69万", "residents", "不是数字"),
        ("places.csv", "unit,371500,V371521", "unit,371500,V371599", "county_view", "V371599"),
        ("place_aliases.csv", "茌平县,371503", "茌平县,371523", "code", "371523"),
        ("place_aliases.csv", "茌平县,371503,,", "阳谷县,371503,,", "alias", "同一天有两种解释"),
        ("place_aliases.csv", "茌平县,371503,,", "371521,371503,,", "alias", "同一天有两种解释"),
        ("place_aliases.csv", "茌平县,371503,,", "茌平县,371503,,2015-12-31", "alias", "没有交集"),
        ("industries.csv", "division,C", "division,Z", "parent", "门类"),
        ("industry_tags.csv", "steel,钢铁,31", "steel,钢铁,99", "division", "99"),
        ("target.csv", "371500,urban_new_employment,40000", "371500,new_work,40000", "indicator", "new_work"),
        ("target.csv", "371500,urban_new_employment,40000", "371599,urban_new_employment,40000", "area", "371599"),
        ("target.csv", "371500,urban_new_employment,40000", "371500,urban_new_employment,0", "target", "大于 0"),
        ("offices.csv", "371502,false", "371502,no", "is_city", "true 或 false"),
        ("offices.csv", "371502,false", "371502,true", "is_city", "371500"),
        ("offices.csv", "371502,false,08:30,17:30", "371502,false,17:30,08:30", "work_to", "晚于"),
        ("offices.csv", "371502,false,08:30,17:30,21:00", "371502,false,08:30,17:30,17:00", "quiet_from", "重叠"),
        ("offices.csv", "371502,false,08:30", "371502,false,八点半", "work_from", "07:00"),
        ("recipients.csv", "就业科岗位,county_clerk", "就业科岗位,city_duty", "role", "county_"),
        ("recipients.csv", "失业预警值班岗,city_duty", "失业预警值班岗,county_head", "role", "city_"),
        ("recipients.csv", "失业预警值班岗,city_duty", "失业预警值班岗,auditor", "role", "只能是"),
        ("recipients.csv", "jiuye@dongchangfu.example.com", "dongchangfu", "address", "邮箱"),
        ("recipients.csv", "jiuye@dongchangfu.example.com", "jiuye@dongchangfu.example.com，", "address", "半角"),
        ("recipients.csv", "jiuye@dongchangfu.example.com", "就业@dongchangfu.example.com", "address", "半角"),
        ("recipients.csv", "jiuye@dongchangfu.example.com", "就业科<jiuye@dongchangfu.example.com>", "address", "邮箱"),
        ("recipients.csv", "jiuye@dongchangfu.example.com", "a@b.example;c@b.example", "address", "一个地址"),
        ("recipients.csv", "dongchangfu,", "dongchang,", "office_id", "offices.csv"),
        ("calendar.csv", "2016-02-06,makeup", "2016-02-07,makeup", "date", "调休"),
        ("feeds.csv", "workday,1,", "workday,,", "due_days", "应报时间"),
        ("feeds.csv", "07:00", "7点", "due_time", "07:00"),
        ("feeds.csv", ",730", ",0", "retention_days", "正整数"),
        ("rules.csv", ",day,4,", ",day,5,", "level", "1（红）"),
        ("rules.csv", ",day,4,3,", ",day,4,,", "min_strength", "标准差"),
        ("rules.csv", ",day,3,", ",week,3,", "grain", "第一行"),
        ("rules.csv", "city;area;industry", "city,area", "", "列"),
    ],
)
def test_a_wrong_value_is_named_by_file_line_and_column(
    folder: Path, name: str, old: str, new: str, column: str, fix: str
) -> None:
    line = _replace(folder / name, old, new)
    sentence = _sentence(folder)
    assert f"liaocheng/{name} 第 {line} 行" in sentence
    assert f"“{column}”" in sentence or not column
    assert fix in sentence


def test_a_name_over_two_lines_is_named(folder: Path) -> None:
    line = _replace(folder / "places.csv", "阳谷县,阳谷", '"阳谷\n县",阳谷')
    sentence = _sentence(folder)
    assert f"places.csv 第 {line + 1} 行“name”列" in sentence
    assert "换行" in sentence


@pytest.mark.parametrize(
    ("row", "column", "fix"),
    [
        ("chipin,专员岗,,2026-11-02,2026-11-06", "office_id", "offices.csv"),
        ("chiping,专员岗,,2026-11-06,2026-11-02", "absent_to", "早于 absent_from"),
        ("chiping,专员岗,专员岗,2026-11-02,2026-11-06", "deputy", "与 post 相同"),
        ("chiping,专员岗,,2026-11-02,", "absent_to", "请写成 2026-01-31 的样子"),
    ],
)
def test_a_wrong_absence_is_named(folder: Path, row: str, column: str, fix: str) -> None:
    (folder / "absences.csv").write_text(f"office_id,post,deputy,absent_from,absent_to\n{row}\n", encoding="utf-8")
    sentence = _sentence(folder)
    assert "absences.csv 第 2 行" in sentence
    assert f"“{column}”" in sentence
    assert fix in sentence


def test_a_missing_file_is_named_with_its_header(folder: Path) -> None:
    (folder / "offices.csv").unlink()
    sentence = _sentence(folder)
    assert "liaocheng/offices.csv" in sentence
    assert "office_id,name,areas,is_city" in sentence


def test_a_missing_and_a_surplus_column_are_named(folder: Path) -> None:
    _replace(folder / "places.csv", "short_name", "short")
    assert "places.csv 第 1 行缺少“short_name”列" in _sentence(folder)
    _replace(folder / "places.csv", "short,", "short_name,")
    _replace(folder / "feeds.csv", "feed,title", "feed,name,title")
    assert "feeds.csv 第 1 行多出“name”列" in _sentence(folder)


def test_a_file_in_another_encoding_is_refused(folder: Path) -> None:
    path = folder / "places.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert "places.csv 不是 UTF-8 编码" in _sentence(folder)


def test_a_unit_without_an_office_is_named(folder: Path) -> None:
    path = folder / "offices.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if ",371522," not in line]
    path.write_text("\n".join(kept), encoding="utf-8")
    (folder / "recipients.csv").write_text("office_id,address,title,role,valid_from,valid_to\n", encoding="utf-8")
    assert "offices.csv 没有负责 371522 的单位" in _sentence(folder)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('time_zone = "Asia/Shanghai"', 'time_zone = "Asia/Liaocheng"', "time_zone"),
        ('cut_off = "07:00"', 'cut_off = "seven"', "cut_off"),
        ('week_end = "sunday"', 'week_end = "周日"', "week_end"),
        ('run_days = "daily"', "run_days = 7", "run_days"),
        ('city = "371500"', 'city = "371600"', "371600"),
        ('city = "371500"', "", "city"),
        ('name_en = "Liaocheng"', "name_en =", "region.toml"),
        ("persons = 10", "persons = 1", "2 至 100 的整数"),
        ("respondents = 3", "respondents = 2.5", "respondents"),
        ("dominance = 0.8", "dominance = 80", "例如 0.8"),
        ("dominance = 0.8", "share = 0.8", "没有“share”这一项"),
        ("[disclosure]", 'disclosure = "strict"\n[other]', "[disclosure]"),
        ('method = "level_factor"', 'method = "guess"', "没有“guess”这个预测方法，只能是 level_factor、seasonal"),
    ],
)
def test_a_wrong_setting_of_the_region_is_named(folder: Path, old: str, new: str, named: str) -> None:
    _replace(folder / "region.toml", old, new)
    assert named in _sentence(folder)


def test_a_region_that_names_no_method_has_the_first_one(folder: Path) -> None:
    _replace(folder / "region.toml", 'method = "level_factor"', "")
    assert load(folder).method == "level_factor"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "GANGSHAO_REGION" in _sentence(tmp_path / "nowhere")


def test_a_table_of_feeds_without_retention_keeps_files_for_good(folder: Path) -> None:
    path = folder / "feeds.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines), encoding="utf-8")
    assert load(folder).feeds["retention_days"].isna().all()
