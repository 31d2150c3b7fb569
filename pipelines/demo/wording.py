"""How the city's senders write: pools of strings shared by all forms, and the files each kind of feed is cut into."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.region.load import Region
from pipelines.demo.arrival import CITY_MONTHLY, MONTHLY, WEEKLY, Arrival
from pipelines.demo.city import City
from pipelines.demo.sheet import GB18030, UTF8, Encoding, Sheet, Texts, fixed
from pipelines.demo.timeline import Timeline

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Parts = Callable[[Ints, Encoding], list[pa.Array]]
Revise = Callable[[list[str]], None]
Spoil = dict[str, Callable[[str], str]]

_EMPLOYER = ("统一社会信用代码", "单位名称")
_FORM = (*_EMPLOYER, "地区", "行业代码")
_INSURED = (*_EMPLOYER, "参保地区", "行业代码")
_MONTH_END = ("期末参保人数", "欠缴月数", "缓缴标志", "欠缴金额", "缓缴到期日", "本期增员人数", "本期减员人数")
_JOBS = ("建档期岗位数", "上期岗位数", "调查期岗位数", "新增岗位数", "减少岗位数")
_SERIAL = ("业务流水号", "冲销流水号", "增减类型")
_CLAIM = ("申领流水号", "身份证号", "姓名", "统一社会信用代码", "参保地区", "行业代码")
_POST = ("岗位编号", "统一社会信用代码", "工作地区", "行业代码", "职业代码", "需求人数")
_PLAN = ("职工总数", "拟裁人数", "类型", "告知职工日期", "报告日期", "计划实施日期")
_PERSON = ("人员类别", "学历", "户籍类型")
_REGISTRATION = ("登记流水号", "身份证号", "姓名", "统一社会信用代码", "登记地区", "行业代码", "登记原因")
_STAFF = (
    "期末用工人数",
    "本期新招人数",
    "本期流失人数",
    "缺工人数",
    "上期用工人数",
    "缺工工种",
    "平均月工资",
    "生产经营状态",
    "主要困难",
    "下期预计用工人数",
    "复工日期",
)
_VILLAGE = ("监测村代码", "监测村名称", "地区", "监测村类型", "统计日期", "户数", "劳动力总数", "外出务工人数")
_PLACES = ("县内乡外人数", "市内县外人数", "省内市外人数", "省外人数", "境外人数")
_AT_HOME = ("本地非农就业人数", "务农人数", "未就业人数")
_WEEK = ("上期外出务工人数", "本期新外出人数", "本期返乡人数", "返乡主要原因", "因失业返乡人数", "返乡创业人数")
_WEEK_BESIDE = ("返乡待业人数", "月均收入", "欠薪件数")
_GRANT = ("累计缴费月数", "核定月数")
_STATE = ("企业性质", "企业规模", "生产经营状态", "欠薪人数")
_TERMS = ("法定情形", "欠薪金额", "欠缴社保金额", "经济补偿总额", "安置方式")
_LEAD = ("登记日期", "涉及人数", "涉及金额", "状态", "线索来源", "办结日期")
_EVENT = ("事项编号", "事项类别", "事项名称", "影响地区", "影响行业", "开始日期", "结束日期")
_IN_POST = ("在岗人数", "月补贴标准", "开始日期", "到期日期", "困难人员人数")
_FUND = ("期初滚存结余", "本期收入", "本期支出", "期末滚存结余", "失业保险金支出")
_RECEIVING = ("领取人数", "新增领取人数")
_STOPPED = ("期满停发人数", "就业停发人数", "其他停发人数")
_GRADUATES = ("毕业年份", "登记人数", "已联系人数", "已就业人数", "升学人数", "就业见习人数", "未就业人数")
HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "insured_event": (*_SERIAL, "身份证号", "姓名", *_INSURED, "原因代码", "生效日期", "申报日期"),
    "insured_headcount": (*_INSURED, "所属月份", *_MONTH_END),
    "benefit_claim": (*_CLAIM, "失业原因", "失业日期", "受理日期", "申领渠道", *_PERSON, *_GRANT),
    "unemployment_registration": (*_REGISTRATION, "失业日期", "登记日期", *_PERSON),
    "vacancy": (*_POST, "发布日期", "有效期至", "学历要求", "月薪下限", "月薪上限"),
    "job_seeker": (
        "求职登记号",
        "性别",
        "出生年",
        "求职地区",
        "意向行业代码",
        "意向职业代码",
        "登记日期",
        *_PERSON[:2],
    ),
    "monitored_employer": (*_FORM, "所属月份", *_JOBS, "减少类型", "减少原因", *_STATE),
    "layoff_report": ("报告编号", *_FORM, *_PLAN, *_TERMS),
    "labour_shortage": (*_FORM, "所属月份", *_STAFF),
    "monitored_village": (*_VILLAGE, *_PLACES, *_AT_HOME, *_WEEK, *_WEEK_BESIDE),
    "telecom_mobility": ("地区", "日期", "方向", "对方区域", "人数"),
    "transport_mobility": ("地区", "日期", "方向", "对方区域", "运输方式", "人数"),
    "registered_unemployment": ("地区", "所属月份", "期末登记失业人数", "期末城镇从业人员", "从业人员是否年度数"),
    "long_term_unemployment": ("地区", "所属月份", "期末登记失业人数", "失业六个月以上人数", "失业十二个月以上人数"),
    "unemployment_fund": ("所属月份", *_FUND),
    "wage_arrears_lead": ("线索编号", *_FORM, *_LEAD),
    "policy_event": (*_EVENT, "涉及企业数", "涉及岗位数", "来源", "报送日期"),
    "welfare_post": ("岗位编号", "单位名称", "地区", "岗位类别", "所属月份", *_IN_POST),
    "employment_result": ("地区", "所属月份", "城镇新增就业人数", "失业人员再就业人数", "就业困难人员就业人数"),
    "benefit_payment": ("地区", "所属月份", *_RECEIVING, *_STOPPED, "发放金额", "申领到发放天数"),
    "graduate_register": ("地区", "所属月份", *_GRADUATES),
    "labour_dispute": ("地区", "行业代码", "所属月份", "争议类型", "案件数", "涉及人数", "涉案金额"),
    "training": ("地区", "所属月份", "职业代码", "人员类别", "培训人数", "合格人数", "线上培训人数", "补贴金额"),
    "unemployment_contribution": ("统一社会信用代码", "参保地区", "行业代码", "所属月份", "实缴金额"),
    "key_employer": (*_FORM, "所属月份", "重点类别", "用工服务专员岗位", "列入日期", "移出日期"),
}
FEEDS: Final = tuple(HEADERS)
UNKNOWN_AREA: Final = "379999"


class Wording:
    """The pools of one city and the sheets they end up in."""

    def __init__(self, city: City, timeline: Timeline, arrival: Arrival, region: Region) -> None:
        """Every second unit writes GB18030, the others and the city UTF-8 with a mark."""
        self.city, self.timeline, self.arrival = city, timeline, arrival
        codes = region.codes
        lists = {str(name) for name in codes["list"].unique()}
        self.codes = {name: [str(c) for c in codes.loc[codes["list"] == name, "code"]] for name in sorted(lists)}
        self.classes = {str(code): str(kind) for code, kind in zip(codes["code"], codes["class"], strict=True)}
        self.unit_encoding = [GB18030 if i % 2 else UTF8 for i in range(len(city.areas))]
        home = city.area_of(city.cell)
        whose = [code.decode() for code in city.credit_code]
        self.employer = [
            f"{code},{name},{city.area_text[area]},{industry},"
            for code, name, area, industry in zip(whose, city.employer_name, home, city.industry_code, strict=True)
        ]
        self.employer_unnamed = [
            f"{code},{city.area_text[area]},{industry},"
            for code, area, industry in zip(whose, home, city.industry_code, strict=True)
        ]
        self._texts = Texts()

    def select(self, name: str, values: Callable[[], list[str]], rows: Ints, encoding: Encoding) -> pa.Array:
        """Rows of a pool of strings, made once a name and encoding."""
        return self._texts.select(name, values, rows, encoding)

    def identity(self, person: Ints, encoding: Encoding) -> list[pa.Array]:
        """Identity number and name of each person, with the commas after them."""
        names = self.select("name", lambda: [f",{n}," for n in self.city.name_pool], self.city.name[person], encoding)
        return [fixed(self.city.identity[person]), names]

    def number(self, value: Ints, encoding: Encoding) -> pa.Array:
        """Whole numbers and a comma."""
        digits = len(str(int(value.max(initial=0))))
        return self.select(f"number {digits}", lambda: [f"{i}," for i in range(10**digits)], value, encoding)

    def counter(self, value: Ints, encoding: Encoding) -> pa.Array:
        """The number of a row within its file, five digits."""
        return self.select("counter", lambda: [f"{i:05d}" for i in range(100_000)], value, encoding)

    def day(self, day: Ints, encoding: Encoding) -> pa.Array:
        """Days and a comma."""
        row = self.timeline.text_row(day)
        return self.select("day", lambda: [d.decode() + "," for d in self.timeline.dashed], row, encoding)

    def last_day(self, day: Ints, encoding: Encoding) -> pa.Array:
        """Days at the end of a line."""
        row = self.timeline.text_row(day)
        return self.select("end", lambda: [d.decode() + encoding.line_end for d in self.timeline.dashed], row, encoding)

    def ended(self, lines: list[str], encoding: Encoding) -> list[str]:
        """Texts that close a line."""
        return [line + encoding.line_end for line in lines]

    def months(self) -> list[str]:
        """Months of the monthly feeds and a comma."""
        return [f"{self.timeline.date_of(int(end)):%Y%m}," for end in self.arrival.month_end]

    def prefix(self, kind: str, day: int, sender: str) -> str:
        """The head of the serial numbers of one file."""
        return f"{kind}{self.timeline.date_of(day):%Y%m%d}{sender}"

    def unit_files(self, day: Ints, area: Ints) -> tuple[list[tuple[int, int]], Ints, Ints]:
        """One file a workday and unit: their (day, area), the edges of their rows, and the file of each row."""
        workdays = self.timeline.workdays
        units = len(self.city.areas)
        file_of = np.searchsorted(workdays, day) * units + area
        edge = np.searchsorted(file_of, np.arange(len(workdays) * units + 1))
        return [(int(d), a) for d in workdays for a in range(units)], edge, file_of

    def unit_sheet(
        self,
        feed: str,
        files: list[tuple[int, int]],
        edge: Ints,
        is_free: Bools,
        parts: Parts,
        revise: Revise,
        spoil: Spoil,
    ) -> Sheet:
        """The sheet of a unit's daily feed; ``files`` are (day, area)."""
        day = np.array([d for d, _ in files], dtype=np.int64)
        area = np.array([a for _, a in files], dtype=np.int64)
        return Sheet(
            feed=feed,
            header=HEADERS[feed],
            sender=[self.city.areas[a] for a in area],
            period=[f"{self.timeline.date_of(d):%Y%m%d}" for d in day],
            encoding=[self.unit_encoding[a] for a in area],
            received=self.arrival.received[feed][area, day],
            corrected=self.arrival.corrected[feed][area, day],
            edge=edge,
            is_free=is_free,
            parts=parts,
            spoil=spoil,
            revise=revise,
        )

    def city_sheet(self, feed: str, day: Ints, parts: Parts, revise: Revise, spoil: Spoil) -> Sheet:
        """The sheet of a city-wide daily feed whose rows are sorted by day."""
        days = self.timeline.days
        return Sheet(
            feed=feed,
            header=HEADERS[feed],
            sender=[self.city.code] * days,
            period=[f"{self.timeline.date_of(d):%Y%m%d}" for d in range(days)],
            encoding=[UTF8] * days,
            received=self.arrival.received[feed][0],
            corrected=self.arrival.corrected[feed][0],
            edge=np.searchsorted(day, np.arange(days + 1)),
            is_free=np.ones(len(day), dtype=bool),
            parts=parts,
            spoil=spoil,
            revise=revise,
        )

    def month_sheet(self, feed: str, employer: Ints, parts: Parts, revise: Revise, spoil: Spoil) -> Sheet:
        """The sheet of a monthly feed: rows by month, then ``employer`` (sorted, hence by unit)."""
        units, months = len(self.city.areas), len(self.arrival.month_end)
        inside = np.searchsorted(self.city.area_of(self.city.cell[employer]), np.arange(units + 1))
        edge = (np.arange(months)[:, None] * len(employer) + inside[None, :-1]).ravel()
        return Sheet(
            feed=feed,
            header=HEADERS[feed],
            sender=self.city.areas * months,
            period=[month[:6] for month in self.months() for _ in range(units)],
            encoding=self.unit_encoding * months,
            received=self.arrival.received[feed].T.ravel(),
            corrected=self.arrival.corrected[feed].T.ravel(),
            edge=np.append(edge, months * len(employer)),
            is_free=np.ones(months * len(employer), dtype=bool),
            parts=parts,
            spoil=spoil,
            revise=revise,
        )

    def line_sheet(
        self,
        feed: str,
        files: list[tuple[int, int]],
        edge: Ints,
        lines: list[str],
        is_free: Bools,
        revise: Revise,
        spoil: Spoil,
    ) -> Sheet:
        """The sheet of a small feed whose rows are written out; ``files`` are (day, week or month, area)."""
        slot = np.array([s for s, _ in files], dtype=np.int64)
        area = np.array([a for _, a in files], dtype=np.int64)
        received = self.arrival.received[feed]
        is_city = len(received) == 1 < len(self.city.areas)

        def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
            return [self.select(feed, lambda: self.ended(lines, encoding), rows, encoding)]

        return Sheet(
            feed=feed,
            header=HEADERS[feed],
            sender=[self.city.code if is_city else self.city.areas[a] for a in area],
            period=[self._named(feed, s) for s in slot.tolist()],
            encoding=[UTF8 if is_city else self.unit_encoding[a] for a in area],
            received=received[area, slot],
            corrected=self.arrival.corrected[feed][area, slot],
            edge=edge,
            is_free=is_free,
            parts=parts,
            spoil=spoil,
            revise=revise,
        )

    def _named(self, feed: str, slot: int) -> str:
        """A file's period as its name says it; a weekly file is named by its Friday."""
        if feed in MONTHLY or feed in CITY_MONTHLY:
            return f"{self.timeline.date_of(int(self.arrival.month_end[slot])):%Y%m}"
        return f"{self.timeline.date_of(int(self.arrival.friday[slot]) if feed in WEEKLY else slot):%Y%m%d}"


def wrong_check_digit(number: str) -> str:
    """The identity number with a check digit that cannot be right."""
    return number[:-1] + ("0" if number[-1] != "0" else "1")
