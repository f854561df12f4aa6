"""An issuer of bearer tokens: a process that serves its public keys, and tokens signed by them."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from published import NOW

AUDIENCE = "cdp-test"
SERVE = """
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@dataclass
class Issuer:
    """A running issuer; `rotate` publishes another key, `token` signs claims with the newest."""

    url: str
    folder: Path
    keys: list[RSAKey | ECKey] = field(default_factory=list)

    def rotate(self, key: RSAKey | ECKey, *, keep: bool = True) -> None:
        self.keys = [*(self.keys if keep else []), key]
        self.publish(KeySet(list(self.keys)).as_dict(private=False))

    def publish(self, jwks: Any) -> None:
        (self.folder / "jwks.json").write_text(json.dumps(jwks), encoding="utf-8")

    def claims(self, **others: Any) -> dict[str, Any]:
        now = int(NOW.timestamp())
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "u-7", "exp": now + 300, "iat": now}
        merged = given | {"realm_access": {"roles": ["crm-agents"]}} | others
        return {name: value for name, value in merged.items() if value is not None}

    def token(self, algorithm: str = "RS256", **others: Any) -> str:
        key = self.keys[-1]
        return jwt.encode({"alg": algorithm, "kid": key.kid}, self.claims(**others), key)

    def declared(self, **others: Any) -> dict[str, object]:
        """Return what `access.yaml` says of it."""
        return {
            "issuer": self.url,
            "audience": AUDIENCE,
            "jwks_url": f"{self.url}/jwks.json",
            "roles_claim": "realm_access.roles",
            "roles": {"crm-agents": "agent", "europe": "europe"},
        } | others


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """Run an issuer that publishes one RSA key."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        issuer = Issuer(f"http://127.0.0.1:{port}", folder)
        issuer.rotate(rsa())
        urllib.request.urlopen(f"{issuer.url}/jwks.json").close()  # noqa: S310 - our own
        yield issuer
    finally:
        process.terminate()
        process.communicate()


def rsa() -> RSAKey:
    """Return a new key of 2,048 bits with a name."""
    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key


def elliptic() -> ECKey:
    """Return a new key on P-256 with a name."""
    key = ECKey.generate_key("P-256")
    key.ensure_kid()
    return key
