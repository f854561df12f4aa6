from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from cdp.errors import ConfigError
from cdp.settings import Declared, Settings, Strict, Workspace


class Rule(Strict):
    """A rule."""

    name: Literal["recency", "frequency"]
    weight: float = 1.0


class Rules(Strict):
    """Rules."""

    rules: list[Rule] = Field(default_factory=list)


RULES = Declared("rules.yaml", Rules)
OPTIONAL = Declared("optional.yaml", Rules, required=False)
MANY = Declared("rules/*.yaml", Rules)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "cdp.yaml").write_text("name: test\ndata: in\n", encoding="utf-8")
    return Workspace(tmp_path)


def test_paths_of_a_workspace(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.home == tmp_path / ".cdp"
    assert workspace.data_dir == tmp_path / "in"
    assert Workspace(tmp_path, tmp_path / "other").data_dir == tmp_path / "other"


def test_files_are_read_into_their_models(workspace: Workspace) -> None:
    (workspace.root / "rules.yaml").write_text("rules:\n- name: recency\n", encoding="utf-8")
    assert workspace.one(RULES).rules == [Rule(name="recency")]
    assert workspace.one(OPTIONAL).rules == []
    assert workspace.many(MANY) == {}
    (workspace.root / "rules").mkdir()
    for name in ("b", "a"):
        (workspace.root / "rules" / f"{name}.yaml").write_text("", encoding="utf-8")
    assert list(workspace.many(MANY)) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            b"rules:\n- name: recency\n- name: loudest\n",
            r"line 3, rules\.1\.name: .*'recency' or 'frequency'.*'loudest'",
        ),
        (b"rules:\n- name: recency\n  wait: 3\n", r"line 3, rules\.0\.wait: Extra inputs"),
        (
            b"rules:\n- name: recency\n  weight: heavy\n",
            r"line 3, rules\.0\.weight: .*number.*'heavy'",
        ),
        (b"rules:\n- weight: 2\n", r"line 2, rules\.0\.name: Field required"),
        (b"rules: [", "not valid YAML"),
        (b"rules: \xff\xfe", "not UTF-8"),
        (b"- 1\n", "line 1"),
    ],
)
def test_a_bad_file_names_file_line_field_and_what_is_allowed(
    workspace: Workspace, text: bytes, message: str
) -> None:
    (workspace.root / "rules.yaml").write_bytes(text)
    with pytest.raises(ConfigError, match=message) as caught:
        workspace.one(RULES)
    assert "rules.yaml" in str(caught.value)


def test_a_missing_file_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match="cdp init"):
        workspace.one(RULES)


def test_the_fingerprint_follows_the_bytes(workspace: Workspace) -> None:
    before = workspace.fingerprint([RULES, MANY])
    (workspace.root / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    after = workspace.fingerprint([RULES, MANY])
    assert before != after
    assert after == workspace.fingerprint([RULES, MANY])


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_PORT", "9000")
    monkeypatch.setenv("CDP_MEMORY_LIMIT", "1GB")
    settings = Settings()
    assert (settings.port, settings.memory_limit) == (9000, "1GB")


@pytest.mark.parametrize("written", ["2026-07-01", "'2026-07-01'"])
def test_a_date_may_stand_with_or_without_quotes(tmp_path: Path, written: str) -> None:
    (tmp_path / "cdp.yaml").write_text(f"name: test\nas_of: {written}\n", encoding="utf-8")
    assert Workspace(tmp_path).about.as_of == "2026-07-01"
