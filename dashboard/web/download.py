"""What a page shows, as a CSV file or workbook: through the same door and scope as the page, inert in a spreadsheet."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from flask import Flask, Response, abort, request

from dashboard.components.tag import level_word
from dashboard.components.warning import people, ranked
from dashboard.locale import instant, text
from dashboard.summary import cohort, reference
from dashboard.summary import matrix as model
from dashboard.summary.comparison import agreement, certainty_word
from dashboard.web import audit_trail, data
from dashboard.web.download_tables import plain, plain_numbers, series, workbook
from dashboard.web.security import trail
from dashboard.web.security.request_body import error_in_words
from dashboard.workflow.progress import closed_by_data, read_progress
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError
from pipelines.core.text_safety import show_cell, spell_controls
from pipelines.ledger.audit_trail.trail import Act

_KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_BLOCK = 2000  # rows of a file that are written at a time
_DAYS = {"day": 400, "week": 1100, "month": 3700}
_NUMBERS = {int, float, type(None)}
Columns = Sequence[Sequence[object]]  # of one length; the first cell of each is its title


def add_downloads(server: Flask) -> None:
    """Add ``/download/<name>.csv`` and ``.xlsx`` to the server; the guard before them says whose session asks."""

    @server.get("/download/<name>.<any(csv, xlsx):form>")
    def download(name: str, form: str) -> Response:
        maker, depends_on = _MAKERS.get(name, (None, ()))
        if maker is None:
            trail().refuse("not_found")
            abort(404)
        asked = {key: request.args[key] for key in (*depends_on, "as_of") if request.args.get(key)}
        try:
            data.look_back(request.args.get("as_of"))
            title, columns = maker()
            if "indicator" in asked and asked["indicator"] not in reference.indicators():
                del asked["indicator"]  # another is shown, which the rows name
            many = len(columns[0]) - 1
            if form == "csv":
                body = _written(columns)
            else:
                body = workbook(title, list(zip(*columns, strict=True)), _workbook_facts(title, many, asked))
        except UserError as error:
            trail().refuse("not_found")
            return Response(error_in_words(error), 404, mimetype="text/plain")
        stamp = data.edition().edition_id
        trail().enter(Act.EXPORT, f"{name}.{form}", {**asked, "edition": stamp, "rows": many})
        named = spell_controls(f"{title}_{stamp}.{form}".replace("/", "-"))
        return Response(
            body,
            mimetype=_KINDS[form],
            headers={
                # RFC 6266: a plain name for old clients, the real one in UTF-8
                "Content-Disposition": f'attachment; filename="{name}_{stamp}.{form}"; '
                f"filename*=UTF-8''{quote(named)}",
                "Cache-Control": "no-store",
            },
        )


def _workbook_facts(title: str, rows: int, asked: dict[str, str]) -> list[tuple[str, str]]:
    """What a workbook says of itself: what it holds, of when, asked for how, what is withheld, what figures mean."""
    edition = data.edition()
    named = asked.get("indicator", "")
    known = [one for one in reference.indicators().values() if named in {"", one.indicator}]
    return [
        (text("Content"), title),
        (text("Rows"), str(rows)),
        (text("Edition"), edition.edition_id),
        (text("As of"), instant(edition.cutoff_at, reference.zone())),
        (text("Asked for"), "; ".join(f"{name} = {value}" for name, value in asked.items()) or text("everything")),
        (text("Scope"), scope_words()),
        (
            text("Withheld"),
            text("C withheld: too few people or employers, or a figure from which one could tell such a one."),
        ),
        (text("Missing"), text("Not reported is not zero: the file has not come.")),
        *([(text("Data"), text("Demonstration data: everything is invented"))] if reference.is_demonstration() else []),
        *[
            (one.title, text("Formula: {formula}. Source: {source}", formula=one.formula, source=one.source))
            for one in known
        ],
    ]


def scope_words() -> str:
    """Whose view a file is."""
    who = data.viewer()
    if who.audience is Audience.OFFICE:
        return text("what {areas} may see", areas=", ".join(reference.place(one) for one in sorted(who.areas)))
    return (
        text("the bureau, exact figures") if who.audience is Audience.BUREAU else text("general, small cells withheld")
    )


def _written(columns: Columns) -> bytes:
    """Columns as CSV with a BOM; of a long file only some thousand rows are in memory as text."""
    whole, many = bytearray(codecs.BOM_UTF8), len(columns[0])
    for start, end in pairwise([0, 1, *range(1 + _BLOCK, many, _BLOCK), many]):  # the titles are a block of their own
        cells = (_cells(column[start:end]) for column in columns)
        whole += "".join([f"{line}\r\n" for line in map(",".join, zip(*cells, strict=True))]).encode()
    return bytes(whole)


def _cells(column: Sequence[object]) -> list[str]:
    """Cells of a column as CSV. Most texts of a long file are the same few, each of which is written once."""
    if _NUMBERS.issuperset(map(type, column)):
        return ["" if one is None or one != one else str(one) for one in column]  # noqa: PLR0124
    known = {one: _cell(one) for one in set(column) if isinstance(one, str)}
    return [known[one] if isinstance(one, str) else _cell(one) for one in column]


def _cell(content: object) -> str:
    """One cell as CSV: what is missing is empty, text inert, and quoted where it must be."""
    if content is None or content is pd.NA or content != content or content == "":  # noqa: PLR0124
        return ""
    target = io.StringIO(newline="")
    csv.writer(target).writerow([show_cell(content)])
    return target.getvalue().removesuffix("\r\n")


def _matrix() -> tuple[str, Columns]:
    shown = model.matrix(request.args.get("indicator", ""))
    if shown is None:
        raise UserError(text("No matrix: nothing has been judged yet."))
    title = text("Matrix {title}", title=shown.indicator.title)

    def rows() -> Iterator[Sequence[object]]:
        yield [
            text(name)
            for name in (
                "Area code",
                "Area",
                "Industry code",
                "Industry",
                "Indicator",
                "Unit",
                "Period",
                "Data to",
                "Seen",
                "Expected",
                "Warning",
                "Remark",
                "Edition",
            )
        ]
        for area in shown.areas:
            for sector in shown.industries:
                cell = shown.cells.get((area, sector))
                remark = text("late") if area in shown.late else ""
                yield [
                    area,
                    reference.place(area),
                    sector,
                    reference.industry(sector),
                    shown.indicator.title,
                    shown.indicator.unit_word,
                    shown.period,
                    shown.data_to.isoformat(),
                    text("not reported") if cell is None else _number(cell.amount),
                    _number(cell.expected) if cell else "",
                    level_word(cell.level) if cell and cell.level else "",
                    remark,
                    data.edition().edition_id,
                ]

    return title, list(zip(*rows(), strict=True))


def _number(shown: str) -> str:
    """A number as pages write it, as a machine reads it; words stay."""
    plain = shown.replace(",", "").replace("−", "-")
    try:
        float(plain)
    except ValueError:
        return shown
    return plain


def _readings() -> tuple[str, Columns]:
    area, grain = request.args.get("area", ""), request.args.get("grain", "")
    allowed = reference.codes()
    if area not in allowed or grain not in _DAYS:
        raise UserError(text("The address may be wrong, or what it names is not among what you may see."))
    found = data.read("readings", area=area, grain=grain, since=data.edition().day - timedelta(days=_DAYS[grain]))
    return text("Readings {area}", area=reference.place(area)), _of_readings(found, area)


def _groups() -> tuple[str, Columns]:
    area = request.args.get("area", "")
    if area not in reference.codes():
        raise UserError(text("The address may be wrong, or what it names is not among what you may see."))
    found = data.read("cohort_series", area=area, since=data.edition().day - timedelta(days=_DAYS["week"]))
    title = text("Groups of people, {area}", area=reference.place(area))
    return title, _of_readings(found.assign(industry=TOTAL_INDUSTRY, denominator=np.nan), area)


def _of_readings(found: pd.DataFrame, area: str) -> Columns:
    """Readings of one area as columns with their titles; of groups of people with the group."""
    known = reference.indicators()
    remarks = np.select(
        [found["is_suppressed"].fillna(False), found["is_provisional"].fillna(False)],
        [text("C withheld"), text("provisional")],
        "",
    )
    of_groups = {"Group": _named(found["cohort"], cohort.title)} if "cohort" in found else {}
    columns: dict[str, list[Any]] = {
        "Indicator": _named(found["indicator"], lambda name: known[name].title if name in known else name),
        "Unit": _named(found["indicator"], lambda name: known[name].unit_word if name in known else ""),
        "Area code": [area] * len(found),
        "Area": [reference.place(area)] * len(found),
        "Industry code": found["industry"].tolist(),
        "Industry": _named(
            found["industry"], lambda code: text("All") if code == TOTAL_INDUSTRY else reference.industry(code)
        ),
        **of_groups,
        "Period": _named(found["period"], lambda period: f"{period:%Y-%m-%d}"),
        "Value": plain_numbers(found["value"]),
        "Numerator": plain_numbers(found["numerator"]),
        "Denominator": plain_numbers(found["denominator"]),
        "Remark": remarks.tolist(),
        "Edition": [data.edition().edition_id] * len(found),
    }
    return [[text(name), *cells] for name, cells in columns.items()]


def _named(column: pd.Series, name: Callable[[Any], str]) -> list[str]:
    """What each value of a column is called; each of the few that there are is asked about once."""
    places, values = pd.factorize(column)
    names = np.array([name(value) for value in values], dtype=object)
    return list(names[places])


def _warnings() -> tuple[str, Columns]:
    found = pd.concat([ranked(data.read("open_warning")), ranked(closed_by_data().events)], ignore_index=True)
    brought = read_progress(found)

    def rows() -> Iterator[Sequence[object]]:
        yield [
            text(name)
            for name in (
                "Level",
                "Employer",
                "Area code",
                "Area",
                "Industry",
                "Rule",
                "Version of the rule",
                "Seen",
                "Expected",
                "People",
                "Certainty",
                "Agreement of sources",
                "Since",
                "Days open",
                "Data to",
                "State",
                "Handled by",
                "Due",
                "Overdue",
                "Number of the warning",
                "Edition",
            )
        ]
        for row in found.itertuples(index=False):
            seen = row.observed_band if pd.isna(row.observed) else plain(round(row.observed, 4))
            one, sources = brought[row.episode_id], agreement(row)
            yield [
                level_word(int(one.level)),
                row.employer_name if isinstance(row.employer_name, str) else "",
                row.area,
                reference.place(row.area),
                reference.industry(row.industry),
                row.rule_title,
                row.rule_hash if isinstance(row.rule_hash, str) else "",
                seen,
                plain(row.expected),
                _number(people(row)),
                certainty_word(row.p, row.kind),
                "" if sources is None else sources.word,
                row.opened_on.date().isoformat(),
                one.days,
                row.data_to.date().isoformat(),
                one.state,
                one.owners,
                one.due,
                text("overdue") if one.is_over else "",
                row.episode_id,
                data.edition().edition_id,
            ]

    return text("Open warnings"), list(zip(*rows(), strict=True))


def _audit() -> tuple[str, Columns]:
    found = audit_trail.filters_of(request.args).found(None)
    columns = ("No.", "Time", "Who", "Name", "From", "Act", "About", "Result", "Details", "Hash before", "Hash")

    def rows() -> Iterator[Sequence[object]]:
        yield [text(name) for name in columns]
        for entry in found:
            yield [
                entry.seq,
                audit_trail.when(entry),
                *audit_trail.who(entry),
                entry.source,
                audit_trail.act(entry),
                entry.target,
                audit_trail.result(entry),
                audit_trail.details(entry),
                entry.previous_hash,
                entry.own_hash,
            ]

    return text("Audit trail"), list(zip(*rows(), strict=True))


_MAKERS: dict[str, tuple[Callable[[], tuple[str, Columns]], tuple[str, ...]]] = {
    "matrix": (_matrix, ("indicator",)),
    "readings": (_readings, ("area", "grain")),
    "groups": (_groups, ("area",)),
    "series": (series, ("indicator", "area", "industry", "days", "cohort", "span")),
    "warnings": (_warnings, ()),
    "audit": (_audit, ("since", "who", "act")),
}
"""What can be downloaded: title and columns, and the parameters they depend on beside the day looked back to."""
