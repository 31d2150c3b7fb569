"""The template as CSV, for whoever has no spreadsheet program: statements above the table, header, an example."""

import csv
import io
from datetime import date

from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract, Slice
from pipelines.formcheck import described
from pipelines.formcheck.parsing.header import EXAMPLE
from pipelines.formcheck.template import stated_as

_NOTE = "示例行可以保留，不计入数据；带 * 的列必填；各列写法和代码见 Excel 模板的填报说明"


def template_text(contract: Contract, region: Region, on: date, meant: Slice | None = None) -> bytes:
    """CSV (UTF-8 with mark) of a feed as of a day; ``meant`` is written above the table.

    Required columns are marked with *; the example's first cell is 示例, and it is not taken as data when left in.
    """
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow([f"{contract.title}（{contract.feed}）：{_NOTE}"])
    writer.writerows([[f"{label}：{value}"] for label, value in stated_as(meant)])
    writer.writerow([column.header + ("*" if column.is_required else "") for column in contract.columns])
    examples = [described.example(column, region, on) for column in contract.columns]
    writer.writerow([EXAMPLE, *examples[1:]])
    return sink.getvalue().encode("utf-8-sig")
