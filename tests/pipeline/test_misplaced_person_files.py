"""A file about persons in the folder of a feed about none is not kept in the clear, and its sender learns where to."""

import io
import zipfile

import pytest

from pipelines.core.region.load import Region
from pipelines.formcheck.form_check import check
from pipelines.ingest import arrivals, inbox
from pipelines.warehouse import store
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv, person
from tests.pipeline.test_poison_files import FINE

SECRETS = [person(1), "虚构人001"]
VACANCY = "vacancy_371500_20200306"


def packed(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


MISPLACED = {
    "named as it should be elsewhere": ("benefit_claim_371521_20200305.csv", claims([1, 2])),
    "in the sender's encoding": ("benefit_claim_371521_20200305.csv", claims([1, 2], "gb18030")),
    "named as this feed": (f"{VACANCY}.csv", claims([1, 2])),
    "under a name of the sender's": ("三月.csv", claims([1, 2])),
    "a workbook": (f"{VACANCY}.xlsx", FINE),
    "in an archive": ("三月.zip", packed("benefit_claim_371521_20200305.csv", claims([1, 2]))),
    "numbers that are no numbers": (f"{VACANCY}.csv", csv(CLAIM_HEADER, claim(1, person="37152219850215"))),
}


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(("name", "content"), MISPLACED.values(), ids=MISPLACED)
def test_a_person_file_in_another_feeds_folder_is_not_kept(name: str, content: bytes, place: Place) -> None:
    place.drop("vacancy", "2020-03-06", name, content)
    report = place.ingest()
    assert (report.refused, place.files()) == (1, set())
    kept = [path.read_bytes() for path in place.settings.data.rglob("*") if path.is_file()]
    for secret in SECRETS:
        assert not [one for one in kept if secret.encode() in one or secret.encode("gb18030") in one]
    assert not list((place.settings.raw / "vacancy").rglob("*.csv"))
    ((reason, english),) = place.rows("select reason, reason_en from drop_register")
    assert "放入 inbox/benefit_claim/ 重新报送" in str(reason)
    assert "内容不予保留" in str(reason)
    assert "inbox/benefit_claim/" in str(english)
    before = place.hashes()
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, place.region, warehouse)
    assert place.hashes() == before


HEADCOUNT = "统一社会信用代码,单位名称,参保地区,行业代码,所属月份,期末参保人数,欠缴月数,缓缴标志"
ROW = "91350100M000100Y43,示例单位,371521,C,202001,12,0,否"


@pytest.mark.parametrize(
    ("header", "row", "status"),
    [
        (f"{HEADCOUNT},经办人身份证号", f"{ROW},{person(5)}", "refused"),
        (HEADCOUNT, ROW.replace("示例单位", f"示例单位{person(5)}"), "refused"),
        (f"{HEADCOUNT},填报人姓名", f"{ROW},虚构人", "accepted"),
        (HEADCOUNT, ROW, "accepted"),
    ],
    ids=["a number in a column of its own", "a number within a text", "a name beside counts", "nobody"],
)
def test_a_file_of_counts_may_hold_no_identity_number(header: str, row: str, status: str, region: Region) -> None:
    content = csv(header, row)
    (outcome,) = check("insured_headcount", "insured_headcount_371521_202001.csv", content, region).outcomes
    assert outcome.status == status
    assert status == "accepted" or "第 2 行有身份证号" in str(outcome.reason)
    assert person(5) not in str(outcome)


def test_a_file_of_another_feed_is_told_its_folder_and_kept(place: Place) -> None:
    place.drop("vacancy", "2020-03-06", "insured_headcount_371521_202001.csv", csv(HEADCOUNT, ROW))
    report = place.ingest()
    assert report.refused == 1
    assert any("inbox/insured_headcount/" in sentence for sentence in report.sentences)
    assert len(list((place.settings.raw / "vacancy").rglob("*.csv"))) == 1


def test_a_large_person_file_is_found_as_well(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (arrivals, inbox):
        monkeypatch.setattr(module, "MOST_BYTES", -1)
    monkeypatch.setattr(arrivals, "_PIECE", 100)
    content = csv(HEADCOUNT, *[ROW] * 30, ROW.replace("示例单位", f"示例单位{person(5)}"))
    place.drop("insured_headcount", "2020-03-06", "insured_headcount_371521_202001.csv", content)
    assert place.ingest().refused == 1
    assert not list((place.settings.raw / "insured_headcount").rglob("*.csv"))
