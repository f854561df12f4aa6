"""The command line: translate, call, return. Talk goes to stderr, data to stdout.

Each module beside this one holds one command (or group) in `COMMAND`, named after the module.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

import cdp
from cdp.errors import CdpError

_NO_COMMAND = {"options", "segment_commands", "table"}


class Commands(click.Group):
    """Finds commands by listing the folder, and imports only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every command's name, sorted."""
        package = import_module("cdp.cli")
        names = {module.name for module in iter_modules(package.__path__)} - _NO_COMMAND
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"cdp.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.COMMAND
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(cdp.__version__, prog_name="cdp")
def root() -> None:
    """Customer data platform: records in, golden profiles served."""


def main(args: list[str] | None = None) -> None:
    """Run a command; a failure is one clear message and a non-zero exit code, no traceback."""
    sys.exit(_run(args))


def _run(args: list[str] | None) -> int:
    try:
        outcome: Any = root.main(args=args, prog_name="cdp", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CdpError as error:
        click.echo(f"error: {error}", err=True)
        return 1
    except BrokenPipeError:
        return 141
    except Exception as error:
        if os.environ.get("CDP_DEBUG"):
            raise
        click.echo(
            f"error: unexpected {type(error).__name__}: {error}. This is a defect of cdp; "
            "run again with CDP_DEBUG=1 for the details and report them",
            err=True,
        )
        return 70
    return outcome if isinstance(outcome, int) else 0
