"""A small seeded crowd with households, typos and several contact points, for engine tests."""

from contextlib import closing
from functools import cache

import numpy as np
import polars as pl

from cdp.identity.artefact import Model
from cdp.identity.records import RECORD_SCHEMA
from cdp.identity.resolve import resolve
from cdp.store import scratch

GIVEN = (
    *("anna", "robert", "maria", "james", "linda", "peter", "susan", "thomas"),
    *("helen", "george", "laura", "daniel", "emma", "oscar", "clara", "victor"),
)
FAMILY = (
    *("smith", "jones", "miller", "davis", "wilson", "moore", "taylor", "anderson"),
    *("jackson", "white", "harris", "martin", "garcia", "clark", "lewis", "walker"),
    *("hall", "young", "king", "wright"),
)
STREETS = ("oak street", "main road", "church lane", "mill avenue", "park drive")


KEY = b"secret"


@cache
def crowd_model() -> Model:
    """Return the model that is learned from the crowd, with KEY for its hashes."""
    with closing(scratch()) as connection:
        return resolve(crowd()[0], connection, model=Model(key=KEY)).model


def crowd(persons: int = 60, seed: int = 5) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return records of persons seen by two systems, and who each record is."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    truth: dict[str, int] = {}
    for person in range(persons):
        given, family = GIVEN[rng.integers(len(GIVEN))], FAMILY[rng.integers(len(FAMILY))]
        mail = f"{given}.{family}{person}@mail.example"
        phone = f"0305{rng.integers(10**6, 10**7)}"
        born = f"{rng.integers(1940, 2000)}-{rng.integers(1, 13):02d}-{rng.integers(2, 29):02d}"
        street = f"{rng.integers(1, 90)} {STREETS[rng.integers(len(STREETS))]}"
        base = {
            "given_name": given,
            "family_name": family,
            "birth_date": born,
            "street": street,
            "city": "Springfield",
            "postcode": f"{rng.integers(10000, 10020)}",
        }
        seen = {"emails": [mail], "phones": [phone]}
        other = {"emails": [f"x{person}@post.example", mail.upper()], "phones": []}
        misspelt = {"family_name": family[:-1]} if person % 4 == 0 else {}
        for system, extra in (("crm", seen), ("shop", other | misspelt)):
            name = f"{system}:{person:03d}"
            truth[name] = person
            rows.append({"record_id": name, "source": system, **base, **extra})
    frame = pl.DataFrame(rows, schema_overrides=RECORD_SCHEMA)
    return frame, truth
