"""An S3-compatible store: moto's server, a process of its own on a free port.

It asks for credentials as Amazon's does: a reader is made with its own access key, and any other
key is refused. What it does not imitate: slowness, throttling, versions that come late.
"""

import os
import re
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from obstore.store import S3Store

SERVER = Path(__file__).parents[2] / ".peers" / "bin" / "moto_server"
BUCKET = "lake"
_POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
_SETTING_UP = "4"  # requests that are made before anybody can have a key


@dataclass(frozen=True)
class Store:
    """A running store with one bucket, and the key of its reader."""

    url: str
    key_id: str
    secret: str

    @property
    def bucket(self) -> S3Store:
        """A client that may do everything in the bucket."""
        return S3Store(
            BUCKET,
            config={
                "endpoint": self.url,
                "region": "us-east-1",
                "access_key_id": self.key_id,
                "secret_access_key": self.secret,
            },
            client_options={"allow_http": True},
        )

    def put(self, files: Mapping[str, str | bytes]) -> None:
        """Write these objects."""
        bucket = self.bucket

        def write(file: tuple[str, str | bytes]) -> None:
            key, content = file
            bucket.put(key, content.encode() if isinstance(content, str) else content)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, files.items()))


@contextmanager
def serving(*, is_open: bool = False) -> Iterator[Store]:
    """Serve a store with an empty bucket until the end; an open one takes any key, and is fast."""
    server = subprocess.Popen(
        [SERVER, "-H", "127.0.0.1", "-p", "0"],
        env={**os.environ, **({} if is_open else {"INITIAL_NO_AUTH_ACTION_COUNT": _SETTING_UP})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server, ThreadPoolExecutor(1) as reading:
        assert server.stderr is not None
        try:
            url = _listening(server.stderr)
            # It says a line of each request, and stops when nobody reads them.
            reading.submit(deque[str], server.stderr, maxlen=0)
            yield _set_up(url)
        finally:
            server.terminate()


def _set_up(url: str) -> Store:
    _asked(url, Action="CreateUser", UserName="reader")
    _asked(url, Action="PutUserPolicy", UserName="reader", PolicyName="p", PolicyDocument=_POLICY)
    answer = _asked(url, Action="CreateAccessKey", UserName="reader")
    httpx.put(f"{url}/{BUCKET}").raise_for_status()
    key_id, secret = (
        re.findall(rf"<{name}>(.*?)</{name}>", answer)[0]
        for name in ("AccessKeyId", "SecretAccessKey")
    )
    return Store(url, key_id, secret)


def _listening(lines: Iterable[str]) -> str:
    """Return the address that the server says it listens at; say what it said if it ended."""
    said = ""
    for line in lines:
        said += line
        if found := re.search(r"Running on (http://\S+)", line):
            return found[1]
    problem = f"{SERVER} ended before it listened, and said: {said}"
    raise RuntimeError(problem)


def _asked(url: str, **form: str) -> str:
    scope = "Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x"
    headers = {"authorization": f"AWS4-HMAC-SHA256 {scope}"}
    answer = httpx.post(url, data={**form, "Version": "2010-05-08"}, headers=headers)
    return answer.raise_for_status().text
