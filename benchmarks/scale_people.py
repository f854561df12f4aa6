"""Invented people in their households: who there is, before any system has written them down.

Invariant: row i is person i; the same seed and size give the same people. Twins share household,
family name and birth date, juniors household and both names with the person before them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from scale_names import Pools

HOUSEHOLD_SIZES: Final = (0.38, 0.32, 0.14, 0.12, 0.04)
LANDLINE: Final = 0.35
MAILBOX: Final = 0.09
OWN_SURNAME: Final = 0.12
TWINS: Final = 0.012
JUNIORS: Final = 0.012
MARRIED: Final = 0.05
MOVED: Final = 0.10
SECOND_EMAIL: Final = 0.15
SECOND_PHONE: Final = 0.12
EMPLOYED: Final = 0.10
STAFF: Final = 40
"""Employees of one firm, who share its switchboard."""


def people(count: int, pools: Pools, rng: np.random.Generator) -> pl.DataFrame:
    """Return one row per person with everything that is true of him or her."""
    household, homes = _households(count, pools, rng)
    same_house = np.append(False, household[1:] == household[:-1])
    twin = np.flatnonzero(same_house & (rng.random(count) < 2 * TWINS))
    junior = np.flatnonzero(same_house & (rng.random(count) < 2 * JUNIORS))
    family = np.where(
        rng.random(count) < OWN_SURNAME,
        pools.family.draw(rng, count).to_numpy(),
        homes["family"].gather(household).to_numpy(),
    )
    given = pools.given.draw(rng, count).to_numpy()
    days = rng.integers(0, 27_000, count)
    for rows, column in ((twin, family), (twin, days), (junior, family), (junior, given)):
        column[rows] = column[rows - 1]
    days[junior] = (days[junior - 1] + 9_900 + rng.integers(0, 2_500, len(junior))) % 29_000
    moved_to = np.where(rng.random(count) < MOVED, rng.integers(0, len(homes), count), household)
    born = pl.select(
        pl.date(1930, 1, 1) + pl.duration(days=pl.Series(days))
    ).to_series().cast(pl.String)  # fmt: skip
    base = pl.DataFrame(
        {
            "given": given,
            "family": family,
            "family_before": np.where(
                rng.random(count) < MARRIED, pools.family.draw(rng, count).to_numpy(), family
            ),
            "born": born,
        }
    )
    return pl.concat(
        [
            base,
            homes.select("street", "postcode", "city", "landline", "mailbox")[household],
            homes.select(
                old_street="street", old_postcode="postcode", old_city="city"
            )[moved_to],
            _contacts(base, pools, rng),
            _employers(count, pools, rng),
        ],
        how="horizontal",
    )  # fmt: skip


def _households(
    count: int, pools: Pools, rng: np.random.Generator
) -> tuple[np.ndarray, pl.DataFrame]:
    """Return the household of every person, and the households."""
    sizes = rng.choice(np.arange(1, 6), count, p=HOUSEHOLD_SIZES)
    number = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    household = np.repeat(np.arange(number), sizes[:number])[:count]
    city = pools.city.draw(rng, number)
    area = rng.integers(1, 40, number)
    family = pools.family.draw(rng, number)
    digits = pl.Series(rng.integers(0, 10**8, number)).cast(pl.String).str.zfill(8)
    has_line = pl.Series(rng.random(number) < LANDLINE)
    has_mailbox = pl.Series(rng.random(number) < MAILBOX)
    suffix = pl.Series(rng.integers(1, 1_000_000, number)).cast(pl.String)
    homes = pl.DataFrame(
        {
            "family": family,
            "city": city,
            "house": rng.integers(1, 120, number),
            "lane": pools.street.draw(rng, number),
            "area": area,
        }
    ).with_columns(
        street=pl.col("house").cast(pl.String) + " " + pl.col("lane"),
        postcode=pl.col("city").str.slice(0, 2).str.to_uppercase()
        + (pl.col("city").hash(1) % 90 + 10).cast(pl.String)
        + " "
        + pl.col("area").cast(pl.String).str.zfill(2),
        landline=pl.when(has_line).then("01" + digits),
        mailbox=pl.when(has_mailbox).then(
            "family." + pl.col("family") + suffix + "@" + pools.domain.draw(rng, number)
        ),
    )
    return household, homes


def _contacts(base: pl.DataFrame, pools: Pools, rng: np.random.Generator) -> pl.DataFrame:
    count = len(base)
    contacts = {}
    for name, share in (("email", 1.0), ("email_2", SECOND_EMAIL)):
        has = pl.Series(rng.random(count) < share)
        address = _addresses(base, pools, rng)
        contacts[name] = pl.select(pl.when(has).then(address)).to_series()
    for name, share in (("phone", 1.0), ("phone_2", SECOND_PHONE)):
        has = pl.Series(rng.random(count) < share)
        number = "07" + pl.Series(rng.integers(0, 10**9, count)).cast(pl.String).str.zfill(9)
        contacts[name] = pl.select(pl.when(has).then(number)).to_series()
    return pl.DataFrame(contacts)


def _addresses(base: pl.DataFrame, pools: Pools, rng: np.random.Generator) -> pl.Series:
    """Return an e-mail address a person, most made of the name, all different."""
    count = len(base)
    number = pl.Series(rng.integers(1, 1000, count)).cast(pl.String)
    number = pl.select(
        pl.when(pl.Series(rng.random(count) < 0.6)).then(number).otherwise(pl.lit(""))  # noqa: PLR2004
    ).to_series()
    style = pl.Series(rng.choice(4, count, p=(0.45, 0.25, 0.1, 0.2)))
    given, family = pl.col("given"), pl.col("family")
    handle = pools.street.draw(rng, count).str.to_lowercase().str.replace_all(" ", "")
    local = (
        pl.when(style == 0)
        .then(given + "." + family + number)
        .when(style == 1)
        .then(given.str.slice(0, 1) + family + number)
        .when(style == 2)  # noqa: PLR2004
        .then(given + pl.col("born").str.slice(0, 4))
        .otherwise(handle + number)
    )
    made = base.select(address=local, domain=pools.domain.draw(rng, count))
    nth = pl.int_range(pl.len()).over("address", "domain")
    return made.select(
        pl.col("address")
        + pl.when(nth > 0).then("_" + nth.cast(pl.String)).otherwise(pl.lit(""))
        + "@"
        + pl.col("domain")
    ).to_series()


def _employers(count: int, pools: Pools, rng: np.random.Generator) -> pl.DataFrame:
    """Return firm and switchboard of those employed; a firm has forty employees or so."""
    firms = max(1, int(count * EMPLOYED / STAFF))
    names = pools.firm.draw(rng, firms)
    boards = "020" + pl.Series(rng.integers(0, 10**8, firms)).cast(pl.String).str.zfill(8)
    of = rng.integers(0, firms, count)
    is_employed = pl.Series(rng.random(count) < EMPLOYED)
    return pl.select(
        firm=pl.when(is_employed).then(names.gather(of)),
        switchboard=pl.when(is_employed).then(boards.gather(of)),
    )
