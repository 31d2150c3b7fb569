"""The documentation page of a feed in Markdown, made from the same contract as the template and the check."""

from datetime import date

from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract
from pipelines.formcheck import described

_MOST_SHOWN = 12


def feed_page(contract: Contract, region: Region, on: date) -> str:
    """What to send, how each column is written, which balances must hold; code lists as of a day."""
    lines = [f"# {contract.title} `{contract.feed}`", ""]
    lines += [text for text in (contract.purpose, described.due(contract.feed, region)) if text]
    period = described.period_example(contract, on)
    lines += ["", f"文件名：`{contract.feed}_<报送单位代码>_{period}[_v<版本>][_supplement].csv`", "", "## 各列", ""]
    lines += ["| 列 | 要求 | 写法 | 单位 | 示例 | 也可写作 | 说明 |", "|---|---|---|---|---|---|---|"]
    for column in contract.columns:
        cells = (
            column.header,
            described.need(column),
            described.how(column),
            column.unit,
            described.example(column, region, on),
            "、".join(column.aliases),
            column.note,
        )
        lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    lines += ["", "## 核对关系与处理", ""]
    lines += [f"- {said.zh} ({said.en})" for said in described.rules(contract)]
    for column in contract.columns:
        found = described.choices(column, region, on)
        if found and column.code_list:
            lines += ["", f"## 代码：{column.header}", ""]
            lines += [f"- `{choice.code}` {_escaped(choice.title)}" for choice in found]
        elif len(found) > _MOST_SHOWN:
            lines += ["", f"“{column.header}”的代码见模板的“代码”表，共 {len(found)} 项。"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
