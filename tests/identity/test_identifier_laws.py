"""Rules on identifiers as evidence: weights, limits of a profile, what gives way to what."""

from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from cdp.identity.laws import LAW, Law, governed
from cdp.identity.model_files import read_model, write_model
from cdp.identity.records import RECORD_SCHEMA, conform
from cdp.identity.resolution import Resolution
from cdp.identity.resolve import Decisions, resolve
from cdp.identity.rules import IdentityFile
from cdp.store import scratch
from identity_crowd import KEY, crowd, crowd_model

USER = Law("user_id", 8.0, None, 1)


def resolved(
    frame: pl.DataFrame, laws: tuple[Law, ...], decisions: Decisions | None = None
) -> Resolution:
    with closing(scratch()) as connection:
        return resolve(frame, connection, model=governed(crowd_model(), laws), decisions=decisions)


def with_ids(ids: dict[str, list[str]], *, own: bool = False) -> pl.DataFrame:
    """Return the crowd with these identifiers claimed, or owned, by records."""
    frame = conform(crowd()[0])
    column = "own_ids" if own else "other_ids"
    lists = [ids.get(record) for record in frame["record_id"]]
    return frame.with_columns(pl.Series(column, lists, dtype=RECORD_SCHEMA[column]))


def weight(found: Resolution, left: str, right: str) -> float:
    pair = (pl.col("record_l") == left) & (pl.col("record_r") == right)
    return float(found.edges.filter(pair)["match_weight"].item())


def are_one(found: Resolution, left: str, right: str) -> bool:
    of = dict(found.clusters.select("record_id", "cluster").iter_rows())
    return bool(of[left] == of[right])


def test_a_shared_identifier_adds_its_weight_and_says_so() -> None:
    frame = with_ids({"crm:001": ["user_id:U1"], "shop:001": ["user_id:u1"]})
    before, after = resolved(frame, ()), resolved(frame, (USER,))
    gained = weight(after, "crm:001", "shop:001") - weight(before, "crm:001", "shop:001")
    assert gained == pytest.approx(8.0, abs=1e-3)
    told = after.edges.filter(pl.col("weights").str.contains(LAW))
    assert told.select("record_l", "record_r").rows() == [("crm:001", "shop:001")]
    assert '"comparison":"identifier_rule","level":"user_id","weight":8.0' in told["weights"][0]


def test_an_own_key_meets_who_claims_it_and_contradicts_nobody() -> None:
    claimed = with_ids({"crm:001": ["user_id:u1"]})
    owned = with_ids({"shop:001": ["user_id:u1"], "shop:002": ["user_id:u2"]}, own=True)
    frame = claimed.with_columns(owned["own_ids"])
    plain = resolved(claimed, ())
    found = resolved(frame, (USER,))
    gained = weight(found, "crm:001", "shop:001") - weight(plain, "crm:001", "shop:001")
    assert gained == pytest.approx(8.0, abs=1e-3)
    assert weight(resolved(frame, ()), "crm:002", "shop:002") == pytest.approx(
        weight(plain, "crm:002", "shop:002"), abs=1e-3
    )


def test_who_shares_an_identifier_that_weighs_is_compared_even_with_nothing_else_in_common() -> (
    None
):
    ids = {"other_ids": ["user_id:u1"]}
    sparse = [
        {"record_id": "crm:900", "source": "crm", "given_name": "zoe", **ids},
        {"record_id": "shop:900", "source": "shop", "phones": ["0305559999"], **ids},
    ]
    frame = pl.concat([crowd()[0], pl.DataFrame(sparse)], how="diagonal_relaxed")
    assert not are_one(resolved(frame, ()), "crm:900", "shop:900")
    heavy = (Law("user_id", 20.0, None, 1),)
    assert are_one(resolved(frame, heavy), "crm:900", "shop:900")
    apart = Decisions(cannot_link=pl.DataFrame({"record_l": ["crm:900"], "record_r": ["shop:900"]}))
    assert not are_one(resolved(frame, heavy, apart), "crm:900", "shop:900")


def test_a_profile_has_no_more_values_than_it_may_unless_a_decision_or_a_better_kind_says() -> None:
    ids = {
        "crm:001": ["loyalty_id:a", "user_id:u"],
        "shop:001": ["loyalty_id:b", "user_id:u"],
        "crm:002": ["loyalty_id:c"],
        "shop:002": ["loyalty_id:d"],
    }
    frame = with_ids(ids)
    one_card = Law("loyalty_id", None, 1, 3)
    assert are_one(resolved(frame, ()), "crm:002", "shop:002")
    found = resolved(frame, (one_card, Law("user_id", 12.0, None, 1)))
    assert not are_one(found, "crm:002", "shop:002")
    assert are_one(found, "crm:001", "shop:001")
    later = resolved(frame, (one_card, Law("user_id", 12.0, None, 4)))
    assert not are_one(later, "crm:001", "shop:001")
    must = Decisions(must_link=pl.DataFrame({"record_l": ["crm:002"], "record_r": ["shop:002"]}))
    assert are_one(resolved(frame, (one_card,), must), "crm:002", "shop:002")


@pytest.mark.parametrize("kind", ["email", "phone", "national_id"])
def test_every_column_of_identifiers_can_be_limited(kind: str) -> None:
    frame = crowd()[0].with_columns(
        pl.Series("emails", [[f"x{n}@post.example"] for n in range(120)]),
        pl.Series("phones", [[f"03055{n:05d}"] for n in range(120)]),
        national_id=pl.Series([f"A{n:05d}" for n in range(120)]),
    )
    found = resolved(frame, (Law(kind, None, 1, 5),))
    assert found.clusters["cluster"].n_unique() == len(frame)
    assert resolved(frame, (Law("tax_id", None, 1, 5),)).clusters["cluster"].n_unique() < 90


def test_a_model_keeps_its_laws_and_takes_others_without_a_trace(tmp_path: Path) -> None:
    ruled = governed(crowd_model(), IdentityFile.model_validate({}).laws())
    write_model(ruled, tmp_path)
    read = read_model(tmp_path, KEY)
    assert read.laws == ruled.laws
    assert read.parts["person"].plan == ruled.parts["person"].plan
    assert LAW in {c.name for c in read.parts["person"].latent.comparisons}
    back = governed(governed(read, (USER,)), ())
    assert back.parts["person"].plan == crowd_model().parts["person"].plan
    assert (
        back.parts["person"].latent.comparisons == crowd_model().parts["person"].latent.comparisons
    )


def test_a_kind_keeps_the_defaults_that_are_not_named() -> None:
    rules = IdentityFile.model_validate({"identifiers": {"user_id": {"per_profile": 1}}})
    assert Law("user_id", 8.0, 1, 1) in rules.laws()
    assert ("user_id", 6) in rules.limits()
    none = {"weight": None, "per_profile": None, "limit": None}
    without = IdentityFile.model_validate({"identifiers": {"user_id": none}})
    assert "user_id" not in {law.kind for law in without.laws()}
    windows = IdentityFile.model_validate({"identifiers": {"phone": {"window_days": 730}}})
    assert windows.windows() == [("phone", 730)]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("domain", {"weight": 3}),
        ("anonymous_id", {"window_days": 7}),
        ("source", {"per_profile": 1}),
        ("email", {"weight": 41}),
        ("email", {"priority": 0}),
    ],
)
def test_what_means_nothing_is_refused(kind: str, rule: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        IdentityFile.model_validate({"identifiers": {kind: rule}})
