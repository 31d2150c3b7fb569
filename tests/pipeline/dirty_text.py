"""Text files with the flaws that senders' files have, for dirty_maker; all people and firms are invented."""

from tests.pipeline.ingest_place import CLAIM_HEADER, EMPLOYER, claim, csv, person

CLAIM = "benefit_claim_371521_20200305.csv"
HEADCOUNT = "insured_headcount_371521_202003.csv"
VACANCY = "vacancy_371500_20200305.csv"
HEADCOUNT_HEADER = "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末参保人数,欠缴月数,缓缴标志"
VACANCY_HEADER = "岗位编号,统一社会信用代码,工作地区,行业代码,职业代码,需求人数,发布日期,有效期至"


def _employer(number: int) -> str:
    """A valid employer code, another one for each number below 1000; the check character of GB 32100."""
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    first = f"91371500MA3X{number:03d}0A"
    total = sum(symbols.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(first))
    return first + symbols[(31 - total % 31) % 31]


def headcount(
    number: int, insured: str = "12", month: str = "2020-03", area: str = "371521", arrears: str = "0"
) -> str:
    """One good line of insured_headcount, with some cells replaced."""
    return f"{_employer(number)},示例厂{number:03d},{area},C,{month},{insured},{arrears},否"


def vacancy(number: int, posts: str = "3", posted: str = "2020-03-05", until: str = "") -> str:
    """One good line of vacancy."""
    return f"V{number:03d},,371521,C,,{posts},{posted},{until}"


def texts() -> dict[str, bytes]:
    """Text files: encodings, separators, lines above and below the table, blanks and quotes."""
    plain = csv(CLAIM_HEADER, claim(1), claim(2), claim(3), encoding="utf-8")
    good = csv(CLAIM_HEADER, claim(1), claim(2), claim(3))
    head = csv(
        "阳谷县失业保险金申领情况", "报送单位：阳谷县,,报送期间：2020年3月5日", "", CLAIM_HEADER, claim(1), claim(2)
    )
    cut = csv(
        HEADCOUNT_HEADER,
        headcount(1),
        "合计,,,,,12,,",
        "填报人：甲某,,负责人：乙某,,,,,",
        "备注：本表不含机关单位,,,,,,,",
    )
    return {
        f"utf8/{CLAIM}": plain,
        f"utf8_bom/{CLAIM}": good,
        f"gb18030/{CLAIM}": plain.decode().encode("gb18030"),
        f"utf16/{CLAIM}": plain.decode().encode("utf-16"),
        f"utf16_big_endian_tabs/{CLAIM}": b"\xfe\xff" + plain.decode().replace(",", "\t").encode("utf-16-be"),
        f"tabs/{CLAIM.replace('.csv', '.tsv')}": plain.replace(b",", b"\t"),
        f"semicolons/{CLAIM.replace('.csv', '.txt')}": plain.replace(b",", b";"),
        f"bars/{CLAIM.replace('.csv', '.txt')}": plain.replace(b",", b"|"),
        f"tabs_and_commas_in_cells/{CLAIM}": plain.replace(b",", b"\t").replace(
            "虚构人002".encode(), "虚构,人".encode()
        ),
        f"old_macintosh_line_ends/{CLAIM}": plain.replace(b"\r\n", b"\r"),
        f"mixed_encodings/{CLAIM}": csv(CLAIM_HEADER, claim(1), encoding="utf-8")
        + claim(2).encode("gb18030")
        + b"\xff\r\n",
        f"broken_gb18030/{CLAIM}": plain.decode().encode("gb18030") + b"\xff\xff\r\n",
        f"broken_utf16/{CLAIM}": plain.decode().encode("utf-16") + b"!",
        f"zero_byte/{CLAIM}": plain + b"a\x00b\r\n",
        f"empty/{CLAIM}": b"",
        f"only_blank_lines/{CLAIM}": b"\r\n,,,\r\n \r\n",
        f"only_a_header/{CLAIM}": csv(CLAIM_HEADER),
        f"web_page/{CLAIM.replace('.csv', '.xls')}": b"<html><table><tr><td>1</td></tr></table></html>",
        f"title_lines/{CLAIM}": csv("失业保险金申领情况", "二〇二〇年三月", "", CLAIM_HEADER, claim(1), claim(2)),
        "slice_above_the_header/阳谷县三月五日.csv": head,
        "slice_in_neighbouring_cells/上报.csv": csv(
            "报送单位：,阳谷县,,报送期间：,2020-03-05", "报送版本：,3,,补报：,否", CLAIM_HEADER, claim(1)
        ),
        "slice_of_a_supplement/补.csv": csv("报送单位：371521  报送期间：20200305  补报：是", CLAIM_HEADER, claim(1)),
        "unfilled_template/模板.csv": csv("报送单位：,,报送期间：,", CLAIM_HEADER, claim(1)),
        f"name_and_head_differ/{CLAIM}": csv("报送单位：莘县", CLAIM_HEADER, claim(1)),
        f"name_and_head_agree/{CLAIM}": csv("报送单位：阳谷县,报送期间：2020.3.5", CLAIM_HEADER, claim(1)),
        "head_names_nobody/上报.csv": csv("报送单位：无此县,报送期间：2020-03-05", CLAIM_HEADER, claim(1)),
        "head_period_is_a_month/上报.csv": csv("报送单位：阳谷县,报送期间：2020年3月", CLAIM_HEADER, claim(1)),
        "head_period_is_no_day/上报.csv": csv("报送单位：阳谷县,报送期间：三月上旬", CLAIM_HEADER, claim(1)),
        "head_version_is_no_number/上报.csv": csv(
            "报送单位：阳谷县,报送期间：2020-03-05,报送版本：最终版", CLAIM_HEADER, claim(1)
        ),
        "head_says_two_senders/上报.csv": csv("报送单位：阳谷县", "报送单位：莘县", CLAIM_HEADER, claim(1)),
        f"two_line_header/{HEADCOUNT}": csv(
            "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末,欠缴,缓缴标志",
            ",,,,,参保人数,月数,",
            headcount(1),
            headcount(2),
        ),
        f"repeated_header/{CLAIM}": csv(CLAIM_HEADER, claim(1), CLAIM_HEADER, claim(2)),
        f"column_numbers/{HEADCOUNT}": csv(HEADCOUNT_HEADER, "甲,乙,丙,丁,1,2,3,4", headcount(1)),
        f"example_row_left_in/{HEADCOUNT}": csv("," + HEADCOUNT_HEADER, "示例," + headcount(7), "," + headcount(1)),
        f"totals_and_signatures/{HEADCOUNT}": cut,
        f"total_differs/{HEADCOUNT}": csv(HEADCOUNT_HEADER, headcount(1, "12"), headcount(2, "30"), "合计,,,,,40,,"),
        f"subtotals/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER, headcount(1, "12"), "小 计,,,,,12,,", headcount(2, "30"), "小计,,,,,30,,", "总计,,,,,42,,"
        ),
        f"total_behind_a_serial_number/{HEADCOUNT}": csv(
            "序号," + HEADCOUNT_HEADER, "1," + headcount(1, "12"), "2,合计,,,,,13,,", "审核："
        ),
        f"empty_columns_at_the_end/{CLAIM}": csv(
            CLAIM_HEADER + ",,", claim(1) + ",,", claim(2) + ",", claim(3), ",,,,,,,,,,"
        ),
        f"more_commas_than_headers/{CLAIM}": csv(CLAIM_HEADER, claim(1) + ",,", claim(2) + ",,", claim(3)),
        f"a_comma_too_many/{CLAIM}": csv(CLAIM_HEADER, claim(1), claim(2) + ",多", claim(3)),
        f"quoted_newline/{CLAIM}": csv(CLAIM_HEADER, claim(1, name='"虚构\n人"'), claim(2, area="379999")),
        f"unclosed_quote/{CLAIM}": csv(CLAIM_HEADER, claim(1), claim(2, name='"虚构'), claim(3), claim(4)),
        f"single_carriage_return/{CLAIM}": csv(CLAIM_HEADER, claim(1), claim(2, name="虚构\r人")),
        f"bom_inside/{CLAIM}": csv(CLAIM_HEADER, claim(1)) + csv(CLAIM_HEADER, claim(2)),
        f"missing_column/{CLAIM}": csv(CLAIM_HEADER.replace("失业原因", "原因说明"), claim(1)),
        f"column_twice/{CLAIM}": csv(CLAIM_HEADER + ",姓名", claim(1) + ",虚构"),
        f"columns_nobody_asked_for/{CLAIM}": csv(
            "序号," + CLAIM_HEADER + ",备注", f"1,{claim(1)},无", f"2,{claim(2)},"
        ),
        f"marks_in_headers/{CLAIM}": csv(
            CLAIM_HEADER.replace("身份证号", "＊身份证号（必填）").replace("姓名", " 姓 名 "), claim(1)
        ),
    }


def writings() -> dict[str, bytes]:
    """Cells as people and spreadsheets write them."""
    return {
        f"days_in_every_writing/{CLAIM}": csv(
            CLAIM_HEADER,
            claim(1, lost="2020-02-20", filed="2020/3/5"),
            claim(2, lost="2020.2.20", filed="2020年3月5日"),
            claim(3, lost="20200220", filed="43895"),
            claim(4, lost="2020/2/20 0:00:00", filed="2020-03-05 00:00:00"),
            claim(5, lost="２０２０－０２－２０", filed="2020 年 3 月 5 日"),
            claim(6, lost="2020-02-30"),
            claim(7, lost="43881.0", filed="2020-03-05T08:30"),
            claim(8, lost="二月二十日"),
        ),
        f"months_in_every_writing/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER,
            headcount(1, month="202003"),
            headcount(2, month="2020年3月"),
            headcount(3, month="2020/3"),
            headcount(4, month="2020.03"),
            headcount(5, month="2020-03-01"),
            headcount(6, month="43891"),
            headcount(7, month="２０２０年０３月份"),
            headcount(8, month="2020年13月"),
            headcount(9, month="2020-04"),
        ),
        f"figures_in_every_writing/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER,
            headcount(1, '"1,234"'),
            headcount(2, "１２"),
            headcount(3, "12.0"),
            headcount(4, "0.5万"),
            headcount(5, "300人"),
            headcount(6, "1.2万人"),
            headcount(7, "+7"),
            headcount(8, "'8"),
            headcount(9, "12", arrears="３"),
        ),
        f"figures_nobody_can_read/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER,
            headcount(1, "12.5"),
            headcount(2, '"1,23"'),
            headcount(3, "3%"),
            headcount(4, "约20"),
            headcount(5, "-1"),
            headcount(6, "1.23456万"),
            headcount(7, "1.2E+05"),
            headcount(8, "8元"),
            headcount(9, "12"),
        ),
        f"unit_in_the_header/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER.replace("人数", "人数（万人）"),
            headcount(1, "0.12"),
            headcount(2, "1"),
            headcount(3, "0.00001"),
            headcount(4, "40人"),
        ),
        f"unit_above_the_header/{HEADCOUNT}": csv(
            "单位参保人数,,,,,,,单位：百人", HEADCOUNT_HEADER, headcount(1, "1.2"), headcount(2, "3")
        ),
        f"the_agreed_unit_in_the_header/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER.replace("参保人数", "参保人数（人）"), headcount(1, "12")
        ),
        f"a_unit_that_cannot_be_converted/{HEADCOUNT}": csv(
            HEADCOUNT_HEADER.replace("参保人数", "参保人数（万元）"), headcount(1, "12")
        ),
        f"a_unit_above_that_fits_nothing/{HEADCOUNT}": csv("单位：万元", HEADCOUNT_HEADER, headcount(1, "12")),
        f"invisible_characters/{CLAIM}": csv(
            CLAIM_HEADER,
            claim(1, area="371521\u200b"),
            claim(2, person=person(2) + "\u00a0"),
            claim(3, reason="\ufeff11"),
            claim(4, area="　阳谷县 "),
            claim(5, filed="2020-03-05\t"),
        ),
        f"apostrophes_and_formula_texts/{CLAIM}": csv(
            CLAIM_HEADER,
            claim(1, person="'" + person(1)),
            claim(2, person=f'="{person(2)}"'),
            claim(3, reason="‘11"),
            claim(4, filed="'2020-03-05"),
            claim(5, person=f"{person(5)[:6]} {person(5)[6:14]} {person(5)[14:]}"),
        ),
        f"full_width_signs/{CLAIM}": csv(
            CLAIM_HEADER,
            claim(1, person="".join(chr(ord(c) + 0xFEE0) for c in person(1))),
            claim(2, reason="１１"),
            claim(3, area="３７１５２１"),
            claim(4, employer="".join(chr(ord(c) + 0xFEE0) for c in EMPLOYER)),
            claim(5, industry="Ｃ"),
        ),
        f"numbers_excel_has_spoilt/{CLAIM}": csv(
            CLAIM_HEADER,
            claim(1, person="3.71521E+17"),
            claim(2, area="371521.0"),
            claim(3, reason="11.0"),
            claim(4, employer="9.13501E+17"),
            claim(5, person=person(5)[:15] + "000"),
        ),
        f"repeated_rows/{VACANCY}": csv(VACANCY_HEADER, vacancy(1), vacancy(2), vacancy(1), "'" + vacancy(2)),
        f"posts_out_of_bounds/{VACANCY}": csv(
            VACANCY_HEADER, vacancy(1, "0"), vacancy(2, "20万"), vacancy(3, ""), vacancy(4, "2")
        ),
    }
