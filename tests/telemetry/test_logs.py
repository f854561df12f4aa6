"""What is logged holds nothing personal, whatever was asked and however it ended."""

import json
import logging
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from cdp.api.call import Call
from cdp.privacy import keys
from cdp.telemetry import logs
from live_server import running
from published import NOW, copied
from served_process import asked, serving

PERSONAL = ("ada@example.org", "ada%40example.org", "+4915112345678", "Lovelace", "4711-PLANTED")


class _Kept(logging.Handler):
    """Keeps the lines as the process would write them, in both forms."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = logs.Json().format(record)
        self.lines += [line, logs.Text().format(record)]
        self.said.append(json.loads(line))


@pytest.fixture
def kept() -> Iterator[_Kept]:
    handler, root = _Kept(), logging.getLogger()
    before = [
        (logging.getLogger(name), logging.getLogger(name).level)
        for name in ("cdp", "cdp.requests", "uvicorn")
    ]
    for logger, _ in before:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for logger, level in before:
        logger.setLevel(level)


def test_requests_that_succeed_fail_and_crash_leave_nothing_personal(
    base: Path, tmp_path: Path, kept: _Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(base, tmp_path)

    def crashes(call: Call) -> str:
        try:
            known: dict[str, str] = {}
            return known[f"{call.path('ref')} Lovelace"]
        except KeyError as error:
            msg = f"cannot show {PERSONAL}"
            raise RuntimeError(msg) from error

    key, token = keys.create(
        place.home, "x", ["profiles:read", "profiles:resolve", "pii:read"], at=NOW
    )
    with running(place) as live:
        live.get("/v1/profiles/email:ada@example.org", token, **{"x-purpose": "Lovelace"})
        live.get("/v1/profiles/phone:%2B4915112345678?view=Lovelace", token)
        live.get("/v1/profiles/email:ada@example.org", "4711-PLANTED")
        live.get("/ada@example.org/Lovelace?phone=+4915112345678", token)
        live.ask(
            "POST",
            "/v1/resolve",
            token,
            {},
            {"email": "ada@example.org", "full_name": ["Lovelace"]},
        )
        live.ask("POST", "/v1/resolve", token, {}, b'{"email": "ada@example.org", Lovelace')
        with monkeypatch.context() as broken:
            broken.setattr("cdp.publish.served.Generation.read", lambda *_: crashes(_Broken()))  # type: ignore[arg-type]  # it has what is asked of it
            assert live.get("/v1/profiles/email:ada@example.org", token).status_code == 500
    text = "\n".join(kept.lines)
    assert not [value for value in (*PERSONAL, token) if value in text], text
    lines = [line for line in kept.said if line["logger"] == "cdp.requests"]
    assert {line["status"] for line in lines} >= {200, 400, 401, 500}
    assert lines[0]["route"] == "/v1/profiles/{ref}"
    assert lines[0]["key_id"] == key.key_id
    assert lines[0]["ms"] > 0
    crash = next(line for line in kept.said if "exception" in line)
    assert crash["exception"] == "RuntimeError < KeyError"
    assert any("crashes" in place for place in crash["at"])
    assert crash["request_id"] in {line["request_id"] for line in lines if line["status"] == 500}


class _Broken:
    def path(self, _: str) -> str:
        return "email:ada@example.org"


@pytest.mark.long
def test_a_server_says_every_line_as_json_its_own_and_those_of_its_parts(
    base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    asks = {"CDP_LOG_FORMAT": "json", "CDP_LOG_REQUESTS": "true"}
    with serving(place, **asks) as server:
        asked(server.url, "/v1/profiles/email:ada@example.org", "4711-PLANTED")
        assert server.stop() == 0
    # At the very end DuckDB's own library counts what Python has not given back.
    own = takewhile(lambda line: not line.startswith("nanobind"), server.said)
    said = [json.loads(line) for line in own]
    assert {line["logger"] for line in said} >= {"cdp.requests", "uvicorn.error"}
    assert {line["status"] for line in said if line["message"] == "request"} == {401}
    assert not [value for value in PERSONAL if value in "".join(server.said)]


def test_a_level_that_nobody_knows_tells_more_not_less() -> None:
    told = logs.configuration("text", "trace", requests=False)["loggers"]
    assert told["cdp"]["level"] == "DEBUG"
    assert told["uvicorn"]["level"] == "INFO"
