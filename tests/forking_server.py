"""The whole application, begun anew at once when it is killed: warmed up once, then forked.

`python forking_server.py WORKSPACE` prints its URL, and the process id of each server it begins.
"""

import asyncio
import gc
import os
import socket
import sys

import uvicorn

from cdp.server import _PLACE, application  # of the same process that serves


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def warm_up() -> None:
    """Begin and end the application once: what the first one imports and makes is there then."""
    app = application()
    async with app.router.lifespan_context(app):
        pass


def main(place: str) -> None:
    os.environ[_PLACE] = place
    asyncio.run(warm_up())
    gc.freeze()  # nothing of it is looked through, and so copied, in each process
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        say(f"http://127.0.0.1:{listening.getsockname()[1]}")
        while True:
            child = os.fork()
            if child == 0:
                config = uvicorn.Config(application, factory=True, log_level="critical")
                uvicorn.Server(config).run(sockets=[listening])
                os._exit(0)
            say(str(child))
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1])
