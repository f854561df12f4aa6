"""Records of invented customers in three systems, with the truth, at any size in seconds.

Invariant: the same size and seed give the same records; 1.95 records a person; no Python is run
per record. What happens to a person on the way into a system (nicknames, initials, typing errors,
swapped or maiden names, old addresses, second contacts, shared ones, placeholders, gaps, notation)
depends on the system; see `SYSTEMS` and the shares below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scale_names import Pools, pools
from scale_people import people

RECORDS_A_PERSON: Final = 1.95
NICKNAMED: Final = 0.12
INITIAL: Final = 0.04
TYPO_GIVEN: Final = 0.02
TYPO_FAMILY: Final = 0.03
TYPO_EMAIL: Final = 0.007
TYPO_STREET: Final = 0.04
TYPO_BIRTH: Final = 0.02
SWAPPED: Final = 0.01
SHARED_MAILBOX: Final = 0.5
SHARED_LANDLINE: Final = 0.4
SWITCHBOARD: Final = 0.4
PLACEHOLDER_EMAIL: Final = 0.01
PLACEHOLDER_PHONE: Final = 0.008
PLACEHOLDER_EMAILS: Final = ("none@none.com", "noreply@shop.example", "test@test.com")
PLACEHOLDER_PHONES: Final = ("0700000001", "0123456789", "0800123123")


@dataclass(frozen=True, slots=True)
class System:
    """A source: how many of the people it knows, and the share of records that fill a field."""

    share: float
    email: float
    phone: float
    birth: float
    address: float
    firm: float


SYSTEMS: Final = {
    "crm": System(0.72, email=0.62, phone=0.70, birth=0.70, address=0.90, firm=0.9),
    "shop": System(0.62, email=0.95, phone=0.50, birth=0.15, address=0.80, firm=0.0),
    "app": System(0.40, email=0.97, phone=0.55, birth=0.45, address=0.12, firm=0.0),
}


def generate(records: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return records (columns of the engine's schema) and truth (`record_id`, `entity`)."""
    rng = np.random.default_rng(seed)
    pool = pools()
    count = max(1, round(records / RECORDS_A_PERSON))
    persons = people(count, pool, rng).with_row_index("entity")
    drawn = _appearances(count, records, rng)
    parts, first = [], 0
    for name, system in SYSTEMS.items():
        rows = drawn.filter(pl.col("system") == name)["person"]
        seen = persons[rows.to_numpy()]
        parts.append(_written(name, system, _recorded(seen, system, pool, rng), first))
        first += len(seen)
    table = pl.concat(parts)
    truth = table.select("record_id", entity=pl.col("entity").cast(pl.String))
    return table.drop("entity"), truth


def _appearances(count: int, records: int, rng: np.random.Generator) -> pl.DataFrame:
    """Return (`person`, `system`), exactly `records` rows, every person at least once."""
    shares = np.array([system.share for system in SYSTEMS.values()])
    shares = shares / shares.sum()
    extra = rng.choice(count, max(0, records - count))
    person = np.concatenate([np.arange(count), extra])[:records]
    system = rng.choice(len(SYSTEMS), len(person), p=shares)
    names = pl.Series(list(SYSTEMS))
    shuffled = rng.permutation(len(person))
    return pl.DataFrame({"person": person[shuffled], "system": names.gather(system[shuffled])})


def _recorded(
    seen: pl.DataFrame, system: System, pool: Pools, rng: np.random.Generator
) -> pl.DataFrame:
    """Return what the system holds of the people, in its own values but not yet its notation."""

    def chance(share: float) -> pl.Series:
        return pl.Series(rng.random(len(seen)) < share)

    known = seen.join(pool.familiar, on="given", how="left", maintain_order="left")
    maiden, old = chance(0.5), chance(0.5)
    given = pl.when(chance(NICKNAMED)).then(pl.coalesce("familiar", "given")).otherwise("given")
    named = known.with_columns(
        given=given,
        family=pl.when(maiden).then("family_before").otherwise("family"),
        street=pl.when(old).then("old_street").otherwise("street"),
        postcode=pl.when(old).then("old_postcode").otherwise("postcode"),
        city=pl.when(old).then("old_city").otherwise("city"),
        email=_email(chance, rng, len(seen)),
        phone=_phone(chance, rng, len(seen)),
    )
    for column, share in (
        ("given", TYPO_GIVEN),
        ("family", TYPO_FAMILY),
        ("email", TYPO_EMAIL),
        ("street", TYPO_STREET),
    ):
        named = named.with_columns(_mistyped(named[column], share, rng))
    swap, initial = chance(SWAPPED), chance(INITIAL)
    named = named.with_columns(
        given=pl.when(initial).then(pl.col("given").str.slice(0, 1)).otherwise("given"),
        born=_misdated(named["born"], rng),
    ).with_columns(
        given=pl.when(swap).then("family").otherwise("given"),
        family=pl.when(swap).then("given").otherwise("family"),
    )
    gaps = {
        "email": chance(system.email),
        "phone": chance(system.phone),
        "born": chance(system.birth),
        "firm": chance(system.firm),
    }
    has_address = chance(system.address)
    gaps |= {"street": has_address, "city": has_address, "postcode": has_address & chance(0.93)}
    return named.with_columns(pl.when(has).then(name).alias(name) for name, has in gaps.items())


def _email(chance, rng: np.random.Generator, count: int) -> pl.Expr:  # noqa: ANN001
    nobody = pl.Series(PLACEHOLDER_EMAILS).gather(rng.integers(0, len(PLACEHOLDER_EMAILS), count))
    return (
        pl.when(chance(PLACEHOLDER_EMAIL))
        .then(nobody)
        .when(chance(SHARED_MAILBOX) & pl.col("mailbox").is_not_null())
        .then("mailbox")
        .when(chance(0.5) & pl.col("email_2").is_not_null())
        .then("email_2")
        .otherwise("email")
    )


def _phone(chance, rng: np.random.Generator, count: int) -> pl.Expr:  # noqa: ANN001
    nobody = pl.Series(PLACEHOLDER_PHONES).gather(rng.integers(0, len(PLACEHOLDER_PHONES), count))
    return (
        pl.when(chance(PLACEHOLDER_PHONE))
        .then(nobody)
        .when(chance(SWITCHBOARD) & pl.col("switchboard").is_not_null())
        .then("switchboard")
        .when(chance(SHARED_LANDLINE) & pl.col("landline").is_not_null())
        .then("landline")
        .when(chance(0.5) & pl.col("phone_2").is_not_null())
        .then("phone_2")
        .otherwise("phone")
    )


def _mistyped(column: pl.Series, share: float, rng: np.random.Generator) -> pl.Series:
    """Return the text with one letter lost, replaced or moved in this share of the rows."""
    rows = np.flatnonzero(rng.random(len(column)) < share)
    frame = pl.DataFrame(
        {
            "text": column.gather(rows),
            "at": rng.random(len(rows)),
            "kind": rng.integers(0, 3, len(rows)),
            "letter": np.array(list("abcdefghijklmnopqrstuvwxyz"))[rng.integers(0, 26, len(rows))],
        }
    )
    text = pl.col("text")
    at = (pl.col("at") * text.str.len_chars()).cast(pl.Int64)
    head, rest = text.str.slice(0, at), text.str.slice(at + 1)
    moved = head + text.str.slice(at + 1, 1) + text.str.slice(at, 1) + text.str.slice(at + 2)
    wrong = (
        pl.when(pl.col("kind") == 0)
        .then(head + rest)
        .when(pl.col("kind") == 1)
        .then(head + pl.col("letter") + rest)
        .otherwise(moved)
    )
    return column.scatter(rows, frame.select(wrong).to_series())


def _misdated(born: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Return the dates with day and month exchanged, or another day, in this share of the rows."""
    rows = np.flatnonzero(rng.random(len(born)) < TYPO_BIRTH)
    frame = pl.DataFrame({"born": born.gather(rows), "day": rng.integers(1, 29, len(rows))})
    date = pl.col("born")
    exchanged = date.str.slice(0, 5) + date.str.slice(8, 2) + "-" + date.str.slice(5, 2)
    is_exchangeable = (date.str.slice(8, 2).cast(pl.Int32) <= 12) & (pl.col("day") % 2 == 0)  # noqa: PLR2004
    other = date.str.slice(0, 8) + pl.col("day").cast(pl.String).str.zfill(2)
    wrong = frame.select(pl.when(is_exchangeable).then(exchanged).otherwise(other)).to_series()
    return born.scatter(rows, wrong)


def _written(name: str, system: System, seen: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return the records in the notation of the system, numbered from `first`."""
    numbered = seen.with_row_index("number", first).with_columns(
        record_id=name + ":" + pl.col("number").cast(pl.String).str.zfill(8)
    )
    given, family = pl.col("given").str.to_titlecase(), pl.col("family").str.to_titlecase()
    phone, born = pl.col("phone"), pl.col("born")
    nothing = pl.lit(None, dtype=pl.String)
    columns = {
        "record_id": pl.col("record_id"),
        "source": pl.lit(name),
        "given_name": given,
        "family_name": family,
        "full_name": nothing,
        "birth_date": born,
        "street": pl.col("street"),
        "city": pl.col("city"),
        "postcode": pl.col("postcode"),
        "company": pl.col("firm") if system.firm else nothing,
    }
    if name == "shop":
        short = pl.col("street").str.replace("Street$", "St").str.replace("Avenue$", "Ave.")
        columns |= {"street": short, "postcode": pl.col("postcode").str.replace_all(" ", "")}
        phone = "+44 " + phone.str.slice(1)
    elif name == "app":
        slashed = (born.str.slice(8, 2), born.str.slice(5, 2), born.str.slice(0, 4))
        columns |= {
            "full_name": given + " " + family,
            "given_name": nothing,
            "family_name": nothing,
            "birth_date": pl.concat_str(slashed, separator="/"),
        }
    else:
        columns |= {"family_name": pl.col("family").str.to_uppercase()}
        phone = phone.str.slice(0, 5) + " " + phone.str.slice(5)
    lists = {
        "emails": pl.concat_list(pl.col("email")).list.drop_nulls(),
        "phones": pl.concat_list(phone).list.drop_nulls(),
    }
    return numbered.select(entity="entity", **columns, **lists)
