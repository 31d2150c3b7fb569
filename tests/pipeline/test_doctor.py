"""The doctor's findings: areas nobody would be told of, an edition in force that is old; its times are the region's."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.cli.demo import mark_demonstration
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.operations.doctor import CheckResult, run_checks
from tests.faults.storm import queue_mails
from tests.pipeline.mail_city import REGION, City, edition


def answer(settings: Settings, what: str) -> CheckResult:
    return next(one for one in run_checks(settings) if one.what == what)


@pytest.mark.parametrize(("office", "named"), [("dongchangfu", "东昌府区"), ("liaocheng", "聊城市")])
def test_an_area_nobody_would_be_told_of_is_a_finding(tmp_path: Path, office: str, named: str) -> None:
    region = tmp_path / "liaocheng"
    shutil.copytree(REGION.folder, region)
    settings = Settings(data=tmp_path / "var", region=region)
    assert answer(settings, "通知路线").is_well
    path = region / "recipients.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"{office},")), encoding="utf-8")
    found = answer(settings, "通知路线")
    assert not found.is_well
    assert found.sentence.startswith(f"{named} 的预警没有人会收到")


def test_an_old_edition_in_force_is_a_finding_unless_its_data_are_invented(city: City) -> None:
    settings = city.settings
    city.publish([edition(date(2026, 1, 5))], [])
    found = answer(settings, "已发布文件")
    assert not found.is_well
    assert found.sentence.startswith("现行版次 2026-01-05.1，数据截止 2026-01-05 07:00；应有 ")
    settings.demonstration_mark.touch()
    assert answer(settings, "已发布文件").is_well
    settings.demonstration_mark.unlink()
    city.publish([edition(REGION.edition_due(datetime.now(UTC)))], [])
    assert answer(settings, "已发布文件").is_well


@pytest.mark.parametrize(("ago", "is_well"), [(timedelta(days=7, minutes=-10), False), (timedelta(days=7), True)])
def test_a_mail_that_was_refused_for_good_is_a_finding_for_a_week(
    tmp_path: Path, ago: timedelta, is_well: bool
) -> None:
    settings = Settings(data=tmp_path)
    ledger = open_ledger(settings)
    queue_mails(ledger, 1)
    with ledger.writing() as connection:
        at = f"{datetime.now(UTC) - ago:%Y-%m-%d %H:%M:%S.%f}"
        connection.exec_driver_sql("update notice set state = 'bounced', smtp_reply = '550', decided_at = ?", (at,))
    ledger.close()
    assert answer(settings, "邮件").is_well is is_well


def test_a_folder_open_to_others_and_a_full_disk_are_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path / "var")
    settings.data.mkdir(mode=0o755)
    settings.data.chmod(0o755)
    assert "chmod 750" in answer(settings, "数据文件夹").sentence
    settings.data.chmod(0o750)
    assert answer(settings, "数据文件夹").is_well
    monkeypatch.setattr("pipelines.operations.doctor._LEAST_FREE", 10**18)
    assert "请腾出空间" in answer(settings, "数据文件夹").sentence
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gangshao.env").touch(0o644)
    assert "chmod 640" in answer(settings, "数据文件夹").sentence


def test_invented_files_in_the_inbox_mark_the_folder_and_never_join_real_ones(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    mark_demonstration(settings)
    assert settings.demonstration_mark.exists()
    settings.demonstration_mark.unlink()
    settings.raw.mkdir()
    with pytest.raises(UserError, match="已有正式数据"):
        mark_demonstration(settings)
