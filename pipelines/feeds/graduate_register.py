"""The register of graduates (高校毕业生实名登记): who was reached and what became of them, by area and class."""

from pipelines.core.domain import Grain, Said
from pipelines.feeds.contract import Column, Contract, Derived, Kind, RowCheck


def _people(header: str, name: str, note: str, example: str) -> Column:
    return Column(header, name, Kind.INT, low=0, unit="人", note=note, example=example)


CONTRACT = Contract(
    feed="graduate_register",
    title="高校毕业生实名登记",
    title_en="Register of graduates",
    purpose="高校毕业生实名登记、联系和去向落实（通知第七项）",
    grain=Grain.MONTH,
    key="class_id",
    area_column="area",
    period_column="period",
    columns=(
        Column("地区", "area", Kind.AREA, ("区县", "生源地"), example="371521"),
        Column("所属月份", "period", Kind.MONTH, ("月份", "期间"), example="202009"),
        Column(
            "毕业年份",
            "graduated_in",
            Kind.INT,
            ("毕业年度", "届别"),
            low=2000,
            high=2100,
            unit="年",
            note="当年七月起登记当届；离校两年内的往届另起一行",
            example="2020",
        ),
        _people("登记人数", "registered", "月末登记在册的该届毕业生", "420"),
        _people("已联系人数", "contacted", "登记人员中已联系、掌握去向意愿的", "388"),
        _people("已就业人数", "employed", "含灵活就业、自主创业", "240"),
        _people("升学人数", "further_study", "升学、出国（境）", "71"),
        _people("就业见习人数", "interning", "月末在见习岗位上的", "12"),
        _people("未就业人数", "unemployed", "有就业意愿而未就业的", "58"),
    ),
    derived=(Derived("class_id", "concat_ws('|', area, graduated_in)"),),
    checks=(
        RowCheck(
            "contacted_are_registered",
            "contacted <= registered",
            "已联系人数",
            Said(
                "已联系人数大于登记人数；请核对这两项。", "More were reached than are registered; check both figures."
            ),
        ),
        RowCheck(
            "parts_of_registered",
            "employed + further_study + interning + unemployed <= registered",
            "登记人数",
            Said(
                "已就业、升学、就业见习、未就业人数之和大于登记人数；请核对这五项。",
                "Employed, studying, interning and unemployed are more than the registered; check these five.",
            ),
        ),
        RowCheck(
            "left_by_then",
            "graduated_in <= extract(year from period)",
            "毕业年份",
            Said("毕业年份晚于所属月份；请改正。", "The year of leaving is after the month of the form; correct it."),
        ),
    ),
)
