"""`cdp forecast`: who will buy, how often and for how much, from any purchase log."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import json_option

if TYPE_CHECKING:
    from datetime import datetime


@click.command("forecast")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--until",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day that is read (UTC); the forecast begins the day after.",
)
@click.option(
    "--horizon-days", required=True, type=int, help="Days ahead that the forecast is for."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file to write, one line per customer.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes."
)
@json_option
def COMMAND(  # noqa: N802 - contract of cdp.cli
    file: Path, until: datetime, horizon_days: int, out: Path, seed: int, as_json: bool
) -> None:
    """Say for every customer of the purchase log FILE whether, how often and how much they buy.

    FILE is a CSV, JSON lines or Parquet table with the columns customer_id, ts and, if known,
    amount, or names people commonly give them; negative amounts are refunds, cancelled rows
    and repeated ones are left out. Nothing later than --until is read. It writes customer_id,
    p_buy, expected_purchases, expected_spend, p_alive, next_purchase_from, next_purchase_to,
    status, and prints what the forecast is worth: how it did on the past of the same log. Where
    that is too little or no better than a naive forecast, the numbers are the naive ones and
    status says so.
    """
    from cdp.scores.predict.door import forecast_file  # noqa: PLC0415 - slow to import
    from cdp.scores.predict.wording import card  # noqa: PLC0415

    report = forecast_file(
        file,
        out,
        until=until.date(),
        horizon_days=horizon_days,
        seed=seed,
        tell=lambda line: click.echo(line, err=True),
    )
    if as_json:
        click.echo(json.dumps(_plain(asdict(report)), default=str))
        return
    for line in card(report):
        click.echo(line)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the value with null for numbers that are none, as JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
