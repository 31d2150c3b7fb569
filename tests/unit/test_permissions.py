"""Who may do what stands in permissions.csv: each act has somebody, and what the file says is what counts."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from dashboard.web.security import current_permissions, may_open
from dashboard.web.security.session import PERMISSIONS as FOLDER
from pipelines.core.domain import Role, UserError, Viewer
from pipelines.core.region.load import load
from pipelines.core.region.permissions import Permissions, PermittedAct, Scope, read_permissions
from tests.house import LIAOCHENG
from tests.permitted import PERMISSIONS

OWN, OTHER, CITY = "371503", "371502", "371500"
OFFICE = {Role.COUNTY_CLERK, Role.COUNTY_HEAD}
BUREAU = {Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY}
# Whose each act is: about the own area, about another county's, about the whole city (domain.md §6, point 9).
EXPECTED = {
    PermittedAct.ACKNOWLEDGE: ({*OFFICE, Role.CITY_DUTY}, {Role.CITY_DUTY}, {Role.CITY_DUTY, Role.CITY_ANALYST}),
    PermittedAct.ASSIGN_MEASURE: (
        {Role.COUNTY_HEAD, Role.CITY_DUTY, Role.CITY_LEADER},
        {Role.CITY_DUTY, Role.CITY_LEADER},
        {Role.CITY_DUTY, Role.CITY_LEADER},
    ),
    PermittedAct.REPORT_MEASURE: ({*OFFICE, Role.CITY_DUTY}, {Role.CITY_DUTY}, {Role.CITY_DUTY}),
    PermittedAct.SEND_FILE: (
        {*OFFICE, Role.CITY_DUTY, Role.CITY_ANALYST},
        {Role.CITY_DUTY, Role.CITY_ANALYST},
        {Role.CITY_DUTY, Role.CITY_ANALYST},
    ),
}
OPENED_BY = {
    "/audit": {Role.AUDITOR},
    "/download/audit.csv": {Role.AUDITOR},
    "/download/audit.xlsx": {Role.AUDITOR},
    "/accounts": {Role.ADMINISTRATOR},
    "/accounts/new": {Role.ADMINISTRATOR},
    "/rules": BUREAU,
    "/delivery": {Role.ADMINISTRATOR, Role.CITY_DUTY},
    "/data/upload": {*OFFICE, Role.CITY_DUTY, Role.CITY_ANALYST},
    "/data/template/vacancy": {*OFFICE, Role.CITY_DUTY, Role.CITY_ANALYST},
    "/employers": {*OFFICE, *BUREAU},
    "/": set(Role),
    "/auditors": set(Role),
}


def viewer(role: Role) -> Viewer:
    return Viewer(role, frozenset({OWN}) if role in OFFICE else frozenset(), role.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "permissions.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize("act", list(EXPECTED))
def test_each_role_does_what_is_its_own_and_nothing_else(act: PermittedAct) -> None:
    for area, expected in zip((OWN, OTHER, CITY), EXPECTED[act], strict=True):
        may = {role for role in Role if PERMISSIONS.may_for(viewer(role), act, area, is_city=area == CITY)}
        assert may == expected, area
    assert not PERMISSIONS.may(Viewer(), act)


@pytest.mark.parametrize("path", list(OPENED_BY))
def test_pages_are_opened_by_whose_they_are(path: str) -> None:
    assert {role for role in Role if may_open(PERMISSIONS, viewer(role), path)} == OPENED_BY[path]


def test_rules_and_accounts_are_decided_and_watched_by_whose_they_are() -> None:
    assert PERMISSIONS.roles(PermittedAct.DECIDE_RULE) == {Role.CITY_LEADER, Role.CITY_ANALYST}
    assert PERMISSIONS.roles(PermittedAct.CONFIRM_ACCOUNT) == {Role.ADMINISTRATOR, Role.CITY_LEADER}
    assert PERMISSIONS.roles(PermittedAct.WATCH_ACCOUNTS) == {Role.CITY_LEADER, Role.AUDITOR}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("acknowledge,county_clerk,own", "acknowledge,county_clerk,all", "第 2 行.*应为 own"),
        ("acknowledge,city_duty,all", "acknowledge,city_duty,own", "第 4 行.*city 或 all"),
        ("acknowledge,city_duty,all", "acknowledge,auditor,all", "第 4 行.*不办理预警"),
        ("acknowledge,city_duty,all\nacknowledge,city_analyst,city\n", "", "全市的事没有岗位.*acknowledge"),
        ("see_audit,auditor,all\n", "", "没有可以办理 see_audit"),
        ("see_audit,auditor,all\n", "see_audit,auditor,all\nsee_audit,auditor,all\n", "重复"),
        ("see_audit,auditor,all", "see_audits,auditor,all", "“act”"),
    ],
)
def test_a_table_that_leaves_an_act_to_nobody_or_reaches_too_far_is_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        load(changed(folder, old, new))


def test_units_without_anybody_are_refused(folder: Path) -> None:
    changed(folder, "assign_measure,county_head,own\n", "")
    changed(folder, "assign_measure,city_leader,all\n", "")
    with pytest.raises(UserError, match=r"各区县的事没有岗位.*assign_measure"):
        load(changed(folder, "assign_measure,city_duty,all", "assign_measure,city_duty,city"))


def test_a_region_whose_warnings_are_handled_must_say_who_may_do_what(folder: Path) -> None:
    (folder / "permissions.csv").unlink()
    with pytest.raises(UserError, match=r"缺少文件 permissions\.csv"):
        load(folder)
    (folder / "transition.csv").unlink()
    assert load(folder).permissions == Permissions()
    assert not load(folder).permissions.may(viewer(Role.AUDITOR), PermittedAct.SEE_AUDIT)


def test_the_file_as_it_is_now_counts(folder: Path) -> None:
    clerk = viewer(Role.COUNTY_CLERK)
    assert read_permissions(folder).scope(clerk, PermittedAct.ASSIGN_MEASURE) is None
    changed(folder, "assign_measure,county_head,own", "assign_measure,county_head,own\nassign_measure,county_clerk,own")
    assert read_permissions(folder).scope(clerk, PermittedAct.ASSIGN_MEASURE) is Scope.OWN
    assert load(folder).permissions.may_for(clerk, PermittedAct.ASSIGN_MEASURE, OWN, is_city=False)


def test_a_file_that_cannot_be_read_opens_nothing(folder: Path) -> None:
    server = Flask(__name__)
    server.config[FOLDER] = changed(folder, "see_audit,auditor,all", "see_audit,auditor")
    with server.app_context():
        assert not may_open(current_permissions(), viewer(Role.AUDITOR), "/audit")
        assert may_open(current_permissions(), viewer(Role.AUDITOR), "/")
