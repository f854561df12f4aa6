"""What `consent.yaml` may say."""

from pathlib import Path

import pytest
import yaml

from cdp.errors import ConfigError
from cdp.golden.permission import CONSENT, ConsentFile
from cdp.settings import Workspace


def test_opt_in_regime_without_a_file(tmp_path: Path) -> None:
    assert Workspace(tmp_path).one(CONSENT).defaults().is_empty()


def test_defaults_are_listed_by_channel() -> None:
    file = ConsentFile.model_validate({"purposes": {"service": {"absence": "granted"}}})
    assert file.defaults().rows() == [
        ("email", "email", "service"),
        ("phone", "sms", "service"),
        ("phone", "phone", "service"),
        ("post", "post", "service"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"purposes": {"service": {"absence": "maybe"}}}, "'denied' or 'granted'"),
        ({"channels": {"pigeon": ["post"]}}, "'email', 'phone' or 'post'"),
        ({"purpose": {}}, "line 1, purpose"),
    ],
)
def test_a_wrong_file_is_explained(content: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "consent.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Workspace(tmp_path).one(CONSENT)
