"""`cdp segment`: what it lists, tries out and exports from the published generation."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from builders import Value, add, opened, workspace
from cdp.cli import main, root
from published import publish

SEGMENTS = {
    "segments/germans.yaml": {
        "description": "who lives in Germany",
        "where": {"attribute": "country", "is": "DE"},
    },
    "segments/companies.yaml": {
        "of": "organisation",
        "where": {"attribute": "name", "exists": True},
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    with opened(folder) as warehouse:
        for name, country in (("ann", "DE"), ("bob", "DE"), ("cid", "FR")):
            person: dict[str, Value] = {"profile_id": f"P-{name}", "profile_type": "person"}
            shown = {"country": country, "full_name": name.title(), "email": f"{name}@example.com"}
            add(warehouse, "gold.profile", person | shown)
        add(
            warehouse, "gold.account", {"account_id": "A-1", "name": "Acme", "email": "a@b.example"}
        )
        add(
            warehouse,
            "gold.segment_member",
            {"segment": "germans", "profile_id": "P-ann"},
            {"segment": "germans", "profile_id": "P-cid"},
            {"segment": "companies", "profile_id": "A-1"},
        )
        add(
            warehouse,
            "gold.consent",
            {
                "profile_id": "P-ann",
                "contact_value": "ann@example.com",
                "channel": "email",
                "purpose": "marketing",
                "category": "any",
                "state": "granted",
                "losers": "[]",
            },
        )
        publish(workspace(folder, SEGMENTS), warehouse)
    return folder


def run(*arguments: str, at: Path) -> tuple[str, str]:
    found = CliRunner().invoke(root, ["segment", *arguments, "--workspace", str(at)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout, found.stderr


def test_segments_are_listed_with_their_published_sizes(place: Path) -> None:
    listed = json.loads(run("list", "--json", at=place)[0])
    assert listed == [
        {
            "segment": "companies",
            "of": "organisation",
            "members": 1,
            "origin": "file",
            "description": "",
        },
        {
            "segment": "germans",
            "of": "person",
            "members": 2,
            "origin": "file",
            "description": "who lives in Germany",
        },
    ]
    assert "who lives in Germany" in run("list", at=place)[0]


def test_a_preview_shows_size_change_and_sample(place: Path) -> None:
    found = json.loads(run("preview", "germans", "--json", "--unmask", at=place)[0])
    assert {key: found[key] for key in ("members", "entering", "leaving", "overlap")} == {
        "members": 2,
        "entering": 1,
        "leaving": 1,
        "overlap": {},
    }
    assert sorted(one["name"] for one in found["sample"]) == ["Ann", "Bob"]
    (part,) = found["conditions"]
    assert (part["pointer"], part["members"], part["cumulative"]) == ("/where", 2, 2)
    text = run("preview", "germans", "--sample", "1", at=place)[0]
    assert "germans: 2 members of" in text
    assert "against the published segment: 1 enter, 1 leave" in text
    assert "Ann" not in text
    assert "Bob" not in text
    assert '"country" IN ($v' in run("preview", "germans", "--sql", at=place)[0]


def test_an_export_holds_back_whom_it_must(place: Path) -> None:
    out, told = run("export", "germans", at=place)
    file, manifest = (Path(line) for line in out.splitlines())
    assert file == place / ".cdp/exports/on-demand/germans-generation-1.csv"
    assert file.read_text() == "profile_id,contact,full_name\nP-ann,ann@example.com,Ann\n"
    assert json.loads(manifest.read_text())["suppressed_by_reason"] == {"no_permission": 1}
    assert told == "germans: 2 members, 1 sent, held back: 1 no_permission\n"


def test_an_export_goes_where_it_is_told(place: Path, tmp_path: Path) -> None:
    wish = ["--format", "csv", "--out", str(tmp_path / "x.csv"), "--columns", "name, profile_id"]
    out, told = run("export", "companies", *wish, "--purpose", "internal", at=place)
    assert out.splitlines()[0] == str(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "name,profile_id\nAcme,A-1\n"
    assert told == "companies: 1 members, 1 sent\n"
    out, _ = run("export", "companies", "--format", "parquet", at=place)
    assert out.splitlines()[0].endswith("companies-generation-1.parquet")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "nobody"], "unknown segment 'nobody'; known: companies, germans"),
        (["export", "germans", "--columns", "emial"], "unknown column 'emial'; known: profile_id"),
        (["export", "germans", "--columns", "email,email"], "two columns are called 'email'"),
    ],
)
def test_a_wrong_wish_is_one_clear_message(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["segment", *arguments, "--workspace", str(place)])
    assert stopped.value.code == 1
    assert message in capsys.readouterr().err


def test_nothing_published_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace(tmp_path, SEGMENTS)
    with pytest.raises(SystemExit):
        main(["segment", "preview", "germans", "--workspace", str(tmp_path)])
    assert "run `cdp run` first" in capsys.readouterr().err
