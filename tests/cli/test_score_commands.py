"""`cdp score`: list, train, card and rollback, where too few customers allow no model."""

import json
from pathlib import Path

import pytest

from builders import opened, workspace
from cdp.cli import main
from purchase_world import fill, orders

FILES: dict[str, object] = {
    "cdp.yaml": {"name": "test", "as_of": "2026-07-01"},
    "scores/leaving.yaml": {"method": "churn"},
    "scores/worth.yaml": {"method": "rfm"},
}


def cdp(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    return int(str(ended.value.code))


def test_a_score_is_trained_shown_and_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace(tmp_path, FILES)
    monkeypatch.setenv("CDP_WORKSPACE", str(tmp_path))
    with opened(tmp_path) as warehouse:
        fill(warehouse, orders(15))
    assert cdp("score", "list") == 0
    assert "not trained yet" in capsys.readouterr().out
    assert cdp("score", "card", "leaving") == 1
    assert "`cdp score train leaving` makes one" in capsys.readouterr().err
    assert cdp("score", "train", "leaving") == 0
    talk = capsys.readouterr().err
    assert "leaving: trained" in talk
    assert "(asked for)" in talk
    assert cdp("score", "list", "--json") == 0
    rows = {row["score"]: row for row in json.loads(capsys.readouterr().out)}
    model = rows["leaving"]["model"]
    assert (model["status"], model["scored"]) == ("insufficient_data", 15)
    assert rows["worth"]["model"] is None
    assert cdp("score", "card", "leaving") == 0
    assert "15 customers, 200 needed" in capsys.readouterr().out
    assert cdp("score", "card", "leaving", "--json") == 0
    assert json.loads(capsys.readouterr().out)["card"]["status"] == "insufficient_data"
    assert cdp("score", "rollback", "leaving") == 1
    assert "has no version before" in capsys.readouterr().err
    assert cdp("score", "train", "leaving", "--as-of", "2026-06-20") == 0
    assert cdp("score", "rollback", "leaving") == 0
    assert cdp("score", "list") == 0
    told = capsys.readouterr().out
    assert f"{model['model_version']} (pinned)" in told
    assert (place.home / "models" / "leaving" / model["model_version"] / "card.md").exists()


@pytest.mark.parametrize("command", ["train", "rollback", "card"])
def test_a_score_without_a_model_and_one_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    workspace(tmp_path, FILES)
    assert cdp("score", command, "worth", "--workspace", str(tmp_path)) == 1
    assert "is computed by the method rfm, which has no model" in capsys.readouterr().err
    assert cdp("score", command, "none", "--workspace", str(tmp_path)) == 1
    assert "unknown score 'none'; known: leaving, worth" in capsys.readouterr().err
