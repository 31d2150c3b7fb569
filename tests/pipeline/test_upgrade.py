"""Published files of the first form are shown by the program of today, and the next edition goes on from them."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from flask.testing import FlaskClient

from dashboard.web.app import create_app
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.audit_trail import publication
from pipelines.published import schema
from pipelines.published.read import close, edition_in_force
from tests.faults.watcher import PAGE, edition_of_page
from tests.house import House
from tests.pipeline.tier_house import AREA, DAY, LAST, house_of, put_night

pytestmark = pytest.mark.xdist_group("backup")
FIRST = Path(__file__).parent / "first_schema"  # tables as they were in the first published form
ORIGIN = {"Origin": "http://localhost"}
WARNING = "select episode_id from episode where known_to is null and status = 'open' order by all limit 1"


def first_form(place: House) -> None:
    """Make the published files of a house what the first program would have written of the same data."""
    for path in place.restricted.parent.glob("*.duckdb"):
        now = path.rename(path.with_suffix(".now"))
        with duckdb.connect(str(path)) as con:
            con.execute(f"attach '{now}' as now (read_only)")
            for table in sorted(there(con)):
                if (FIRST / f"{table}.sql").exists():
                    con.execute((FIRST / f"{table}.sql").read_text(encoding="utf-8"))
                    shared = ", ".join(sorted(columns(con, table) & columns(con, f"now.{table}")))
                    con.execute(f"insert into {table} by name select {shared} from now.{table}")
            con.execute("update manifest set value = '1' where key = 'schema_version'")
            con.execute("delete from manifest where key = 'disclosure'")
        now.unlink()
    enter_as_published(place)


def enter_as_published(place: House) -> None:
    """Enter the published files as they are now: as if another program had written them."""
    ledger = open_ledger(Settings(data=place.data, keys=place.folder / "keys"))
    folder = place.restricted.parent
    publication.enter_publication(ledger, folder.name, publication.hashes(folder), 0, datetime.now(UTC))
    ledger.close()


def there(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables of the file as it is now."""
    rows = con.execute("select table_name from duckdb_tables() where database_name = 'now'").fetchall()
    return {row[0] for row in rows}


def columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {table}").fetchall()}


def of_first_columns(place: House) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every table of the first form, in its columns, of both files; the clock and the manifest left out."""
    told = {}
    for path in sorted(place.restricted.parent.glob("*.duckdb")):
        with duckdb.connect() as con:
            con.execute(f"attach '{path}' as now (read_only)")
            for first in sorted(FIRST.glob("*.sql")):
                table = first.stem
                con.execute(first.read_text(encoding="utf-8"))
                if table in there(con) - {"manifest"}:
                    shared = ", ".join(sorted(columns(con, table) & columns(con, f"now.{table}") - {"p_max"}))
                    rows = con.execute(f"select {shared} from now.{table} order by all").fetchall()
                    told[f"{path.stem}.{table}"] = rows
    return told


def pages(place: House) -> dict[str, str]:
    """The edition each page and download of a leader shows, or what it shows instead."""
    settings = Settings(data=place.data, keys=place.folder / "keys")
    ledger = open_ledger(settings)
    client: FlaskClient = create_app(settings, ledger).server.test_client()
    link = place.gangshao("link", "city_leader").stdout.strip()
    assert client.post(link[link.index("/sign-in/") :], json={}, headers=ORIGIN).get_json() == {"to": "/"}
    ((episode,),) = place.ask(WARNING)
    shown = {}
    for address in ("/", f"/area/{AREA}", f"/warning/{episode}"):
        inputs = [{**given, "value": address if given["property"] == "pathname" else ""} for given in PAGE["inputs"]]
        answer = client.post("/_dash-update-component", json={**PAGE, "inputs": inputs}, headers=ORIGIN)
        shown[address.split("/")[1]] = edition_of_page(answer.get_data(as_text=True))
    for name in ("warnings.csv", f"readings.csv?area={AREA}&grain=day"):
        shown[name] = str(client.get(f"/download/{name}").status_code)
    shown["figure"] = str(client.get(f"/figure?indicator=benefit_claim&area={AREA}&industry=ALL&days=7").status_code)
    ledger.close()
    close()
    return shown


def test_files_of_the_first_form_are_shown_and_the_next_edition_goes_on_from_them(
    request: pytest.FixtureRequest, house: Callable[[House], House]
) -> None:
    """Only this finds a page or an edition that needs a column which old published files do not have."""
    undisturbed = house(house_of(request))
    (undisturbed.data / "DEMONSTRATION").touch()  # a link lets a leader in
    put_night(request, undisturbed)
    place = house(undisturbed)
    first_form(place)
    assert tables()["nowcast"].is_published
    assert place.ask("select count(*) from duckdb_tables() where table_name in ('nowcast', 'revision')") == [(0,)]
    wanted = dict.fromkeys(("", "area", "warning"), LAST)
    downloads = {"warnings.csv": "200", f"readings.csv?area={AREA}&grain=day": "200", "figure": "200"}
    assert pages(place) == wanted | downloads == pages(undisturbed)
    for one in (place, undisturbed):
        one.gangshao("ingest", "--backfill")
        one.gangshao("run", "--day", DAY)
    assert pages(place) == dict.fromkeys(wanted, f"{DAY}.1") | downloads
    assert place.ask("select value from manifest where key = 'schema_version'") == [(str(schema.VERSION),)]
    found, expected = of_first_columns(place), of_first_columns(undisturbed)
    assert len(expected) > 15
    assert [name for name in expected if found[name] != expected[name]] == []
    assert place.ask("select count(*) from revision") == undisturbed.ask(
        f"select count(*) from revision where edition_id = '{DAY}.1'"
    )
    place.gangshao("run", "--rebuild")
    assert pages(place) == dict.fromkeys(wanted, f"{DAY}.1") | downloads


def test_files_of_a_newer_program_are_refused_and_left_alone(small: House, house: Callable[[House], House]) -> None:
    place = house(small)
    for path in place.restricted.parent.glob("*.duckdb"):
        shutil.copyfile(path, path.with_suffix(".own"))
        path.with_suffix(".own").replace(path)
        with duckdb.connect(str(path)) as con:
            con.execute("update manifest set value = '99' where key = 'schema_version'")
    enter_as_published(place)
    with pytest.raises(UserError, match=r"99.*请先升级程序"):
        edition_in_force(place.data / "published")
    before = place.restricted.read_bytes()
    assert "请先升级程序" in place.gangshao("publish", status=2).stderr.replace("\n", "")
    assert place.restricted.read_bytes() == before
    close()
