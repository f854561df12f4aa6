"""The commands a user starts with, as the user would type them."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdp import cli
from cdp.settings import Workspace


def _cdp(*args: str) -> Result:
    return CliRunner().invoke(cli.root, args, catch_exceptions=False)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "shop"
    assert _cdp("init", str(folder)).exit_code == 0
    assert _cdp("run", str(folder), "--as-of", "2026-07-01").exit_code == 0
    return folder


def test_a_new_workspace_runs_as_it_is(started: Path) -> None:
    done = _cdp(
        "sql", "--workspace", str(started), "--format", "json", "select * from customer_360"
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    people = {row["full_name"]: row["record_count"] for row in rows}
    assert people == {"Nora Quint": 2, "Thomas Verhoeve": 2, "Ilse Marenko": 1}


def test_a_second_run_says_that_nothing_changed(started: Path) -> None:
    done = _cdp("run", str(started), "--as-of", "2026-07-01", "--json")
    found = json.loads(done.stdout)
    assert found["outcome"] == "unchanged"
    assert [s["stage"] for s in found["stages"] if not s["unchanged"]] == ["ingest"]
    assert "canonical  unchanged" in done.stderr


def test_status_tells_what_is_served_and_what_came_in(started: Path) -> None:
    done = _cdp("status", "--workspace", str(started), "--json")
    found = json.loads(done.stdout)
    assert found["served"]["generation"] == 1
    assert [(s["source"], s["accepted"]) for s in found["sources"]] == [("customers", 5)]
    assert "customers" in _cdp("status", "--workspace", str(started)).stdout


def test_a_source_that_cannot_be_read_blocks_no_other_and_is_told(
    started: Path, tmp_path: Path
) -> None:
    shop = shutil.copytree(started, tmp_path / "shop")
    (shop / "sources" / "till.yaml").write_text(
        "type: csv_file\npath: till\nmapping: customers\n", encoding="utf-8"
    )
    done = _cdp("run", str(shop), "--as-of", "2026-07-01")
    assert (done.exit_code, "1 source was not read" in done.stderr) == (3, True)
    status = _cdp("status", "--workspace", str(shop)).stdout
    assert re.search(r"(?s)source till FAILED; .*cannot be read .*sources/till.yaml", status)
    told = json.loads(_cdp("status", "--workspace", str(shop), "--json").stdout)
    assert [(each["source"], each["partly"]) for each in told["failed"]] == [("till", False)]
    assert [(s["source"], s["accepted"]) for s in told["sources"]] == [("customers", 5)]


def test_training_again_keeps_ids_and_rollback_serves_the_generation_before(
    started: Path, tmp_path: Path
) -> None:
    shop = shutil.copytree(started, tmp_path / "shop")
    query = "select profile_id from customer_360 order by profile_id"
    ask = ("sql", "--workspace", str(shop), "--format", "json", query)
    before = _cdp(*ask).stdout
    assert _cdp("train", "identity", "--workspace", str(shop)).exit_code == 0
    assert _cdp(*ask).stdout == before
    done = _cdp("rollback", "--workspace", str(shop), "--json")
    assert json.loads(done.stdout)["generation"] == 1


def test_demo_shows_what_happened(demo_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (demo_copy.root / "cdp.yaml").read_text(encoding="utf-8")
    data = f"data: {demo_copy.data_dir}"
    lines = [data if line.startswith("data:") else line for line in text.splitlines()]
    (demo_copy.root / "cdp.yaml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("CDP_MEMORY_LIMIT", "2GB")
    done = _cdp("demo", "--no-serve", "--workspace", str(demo_copy.root))
    said = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert {"rows", "profiles", "one", "gold", "profile", "key"} <= set(said)
    assert "match weight" in done.stdout
    assert "one segment:" in done.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "nowhere"], "cdp init"),
        (["run", "--as-of", "yesterday"], "ISO 8601"),
        (["rollback", "--workspace", "nowhere"], "cdp init"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_mistake_is_one_clear_message(
    args: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        cli.main(args)
    said = capsys.readouterr().err
    assert stopped.value.code not in {0, None}
    assert message in said
    assert "Traceback" not in said


def test_a_folder_that_holds_something_is_not_overwritten(started: Path) -> None:
    result = CliRunner().invoke(cli.root, ["init", str(started)])
    assert result.exit_code != 0
    assert "not empty" in str(result.exception)


def test_a_defect_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "out of luck"
        raise RuntimeError(message)

    monkeypatch.setattr(cli.root, "main", broken)
    monkeypatch.delenv("CDP_DEBUG", raising=False)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["status"])
    assert stopped.value.code == 70
    assert "unexpected RuntimeError: out of luck" in capsys.readouterr().err
