"""The engine from records to clusters: laws, decisions, frozen models, tiny and odd tables."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.errors import NotFoundError
from cdp.identity.artefact import Model
from cdp.identity.artefact_files import save, splink_dictionary
from cdp.identity.explain import explain
from cdp.identity.model_files import read_model
from cdp.identity.records import RecordsError, conform
from cdp.identity.resolution import Resolution
from cdp.identity.resolve import Decisions, resolve
from cdp.store import scratch
from identity_crowd import crowd


@pytest.fixture(scope="module")
def records() -> pl.DataFrame:
    return crowd()[0]


@pytest.fixture(scope="module")
def resolution(records: pl.DataFrame) -> Resolution:
    return resolve(records, scratch(), model=Model(key=b"secret"))


def pairs(*ids: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(ids, schema=["record_l", "record_r"], orient="row")


def clusters(found: Resolution) -> dict[str, str]:
    return dict(found.clusters.select("record_id", "cluster").iter_rows())


def test_the_same_persons_are_found_in_both_systems(resolution: Resolution) -> None:
    _, truth = crowd()
    found = clusters(resolution)
    assert found.keys() == truth.keys()
    apart = [r for r, who in truth.items() if found[r] != f"crm:{who:03d}"]
    assert len(apart) <= 2


def test_clusters_are_a_partition_named_after_their_smallest_record(
    resolution: Resolution,
) -> None:
    frame = resolution.clusters
    assert frame["record_id"].is_unique().all()
    smallest = frame.group_by("cluster").agg(pl.col("record_id").min())
    assert (smallest["cluster"] == smallest["record_id"]).all()


@pytest.mark.long
@given(st.integers(0, 2**31))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_row_order_is_irrelevant(records: pl.DataFrame, resolution: Resolution, seed: int) -> None:
    shuffled = records.sample(fraction=1, shuffle=True, seed=seed)
    again = resolve(shuffled, scratch(), model=Model(key=b"secret"))
    assert again.clusters.equals(resolution.clusters)
    assert again.edges.equals(resolution.edges)


def test_a_frozen_model_decides_alike_on_unchanged_records(
    records: pl.DataFrame, resolution: Resolution, tmp_path: Path
) -> None:
    save(resolution.model, tmp_path / "model")
    loaded = read_model(tmp_path / "model", b"secret")
    again = resolve(records, scratch(), model=loaded)
    assert again.edges.equals(resolution.edges)
    assert again.clusters.equals(resolution.clusters)
    assert again.model.data_hash == resolution.model.data_hash
    assert "train" in again.report.seconds


def test_a_saved_model_shows_no_value_of_a_record(resolution: Resolution, tmp_path: Path) -> None:
    save(resolution.model, tmp_path)
    text = "".join(
        path.read_text() for path in tmp_path.iterdir() if path.suffix in {".json", ".md"}
    )
    assert "mail.example" not in text
    assert "springfield" not in text.lower()
    assert "| given | exact |" in text


def test_the_splink_settings_hold_m_and_u(resolution: Resolution) -> None:
    settings_document = splink_dictionary(resolution.model.parts["person"])
    level = settings_document["comparisons"][0]["comparison_levels"][1]
    assert 0 < level["u_probability"] < level["m_probability"] < 1
    assert "linker_uid" not in settings_document


def test_weights_add_up_to_the_match_weight(resolution: Resolution) -> None:
    for edge in resolution.edges.iter_rows(named=True):
        terms = json.loads(edge["weights"])
        total = sum(term["weight"] for term in terms)
        assert total == pytest.approx(edge["match_weight"], abs=0.01)
        assert (terms[0]["comparison"], terms[-1]["comparison"]) == ("prior", "innocent")
        assert terms[-1]["weight"] <= 0
        assert all(term["level"] for term in terms[1:-1])
        assert 0 < edge["innocent_share"] <= 1
        odds = 2 ** edge["match_weight"]
        assert edge["probability"] == pytest.approx(odds / (1 + odds), abs=1e-9)


def test_a_level_says_how_rare_the_value_is(resolution: Resolution) -> None:
    told = {
        (term["comparison"], term["level"])
        for edge in resolution.edges.iter_rows(named=True)
        for term in json.loads(edge["weights"])
    }
    assert {("family", "near"), ("family", "exact")} <= told
    assert any(level and level.endswith("rare value") for _, level in told)


def test_decisions_hold_whatever_the_model_says(
    records: pl.DataFrame, resolution: Resolution
) -> None:
    decided = Decisions(
        must_link=pairs(("crm:001", "crm:002"), ("crm:001", "unknown:1")),
        cannot_link=pairs(("shop:003", "crm:003")),
    )
    found = resolve(records, scratch(), model=resolution.model, decisions=decided)
    names = clusters(found)
    assert names["crm:001"] == names["crm:002"]
    assert names["crm:003"] != names["shop:003"]
    assert explain(found, "crm:001", "crm:002").decision == "must_link"
    assert found.report.conflicts == ()


def test_a_conflict_of_decisions_is_reported_and_keeps_apart(
    records: pl.DataFrame, resolution: Resolution
) -> None:
    decided = Decisions(
        must_link=pairs(("crm:001", "crm:002"), ("crm:002", "crm:005")),
        cannot_link=pairs(("crm:005", "crm:001")),
    )
    found = resolve(records, scratch(), model=resolution.model, decisions=decided)
    names = clusters(found)
    assert names["crm:001"] != names["crm:005"]
    assert len(found.report.conflicts) == 1


def test_an_explanation_is_complete(resolution: Resolution) -> None:
    told = explain(resolution, "shop:001", "crm:001")
    total = told.prior + sum(told.weights.values()) + told.innocent
    assert total == pytest.approx(told.match_weight, abs=0.01)
    text = "\n".join(told.sentences())
    assert "are one" in text
    assert told.innocent_class in text
    with pytest.raises(NotFoundError, match="not compared"):
        explain(resolution, "crm:001", "nobody")


@pytest.mark.parametrize("count", [0, 1])
def test_almost_no_records_stay_alone(records: pl.DataFrame, count: int) -> None:
    found = resolve(records.head(count), scratch())
    assert len(found.clusters) == count
    assert found.edges.is_empty()


def test_two_equal_records_are_one_and_two_different_ones_two() -> None:
    row = {"given_name": "Anna", "family_name": "Petrova", "emails": ["a.p@mail.example"]}
    equal = pl.DataFrame([{"record_id": "1", **row}, {"record_id": "2", **row}])
    assert clusters(resolve(equal, scratch())) == {"1": "1", "2": "1"}
    other = {"given_name": "John", "family_name": "Doe", "emails": ["j@mail.example"]}
    different = pl.DataFrame([{"record_id": "1", **row}, {"record_id": "2", **other}])
    assert clusters(resolve(different, scratch())) == {"1": "1", "2": "2"}


def test_one_column_is_enough_to_run() -> None:
    frame = pl.DataFrame({"record_id": ["1", "2", "3"], "emails": [["a@x.de"], ["a@x.de"], []]})
    found = clusters(resolve(frame, scratch()))
    assert set(found) == {"1", "2", "3"}
    assert found["3"] == "3"


def test_records_without_evidence_stay_alone_unless_a_person_decided() -> None:
    frame = pl.DataFrame({"record_id": ["1", "2", "3"]})
    assert clusters(resolve(frame, scratch())) == {"1": "1", "2": "2", "3": "3"}
    decided = Decisions(must_link=pairs(("3", "1")))
    found = resolve(frame, scratch(), decisions=decided)
    assert clusters(found) == {"1": "1", "2": "2", "3": "1"}
    assert found.edges["weights"].to_list() == ["[]"]


def test_organisations_never_meet_persons() -> None:
    frame = pl.DataFrame(
        {
            "record_id": ["1", "2", "3", "4"],
            "given_name": ["Anna", None, None, None],
            "family_name": ["Acme", None, None, None],
            "company": ["Acme", "Acme GmbH", "ACME", "Zebra Ltd"],
            "phones": [["0301234567"]] * 4,
            "emails": [["info@acme.example"]] * 3 + [["z@zebra.example"]],
        }
    )
    found = resolve(frame, scratch())
    kinds = dict(found.clusters.select("record_id", "party_type").iter_rows())
    assert kinds == {"1": "person", "2": "organisation", "3": "organisation", "4": "organisation"}
    names = clusters(found)
    assert names["1"] == "1"
    assert names["2"] == names["3"] != names["4"]


def test_a_claimed_id_of_another_system_is_strong_evidence() -> None:
    frame, _ = crowd(40)
    frame = frame.with_columns(
        other_ids=pl.when(pl.col("source") == "shop")
        .then(pl.concat_list(pl.col("record_id").str.replace("shop", "crm")))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    found = resolve(frame, scratch())
    told = explain(found, "crm:007", "shop:007")
    assert told.weights["other_ids"] > 3
    assert told.decided


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"name": ["x"]}), "no column record_id"),
        (pl.DataFrame({"record_id": ["1", "1"]}), "not unique"),
        (pl.DataFrame({"record_id": ["1", None]}), "no record_id"),
        (pl.DataFrame({"record_id": ["1"], "emails": ["a@b.c"]}), "column emails is String"),
    ],
)
def test_records_of_another_shape_are_refused(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(RecordsError, match=message):
        conform(frame)


def test_lenient_joins_at_least_as_much(records: pl.DataFrame, resolution: Resolution) -> None:
    lenient = resolve(records, scratch(), model=resolution.model, mode="lenient")
    joined = int(np.sum(lenient.edges["decided"].to_numpy()))
    assert joined >= int(np.sum(resolution.edges["decided"].to_numpy()))


def test_the_same_graph_is_read_at_two_cuts_and_says_what_is_in_doubt(
    resolution: Resolution,
) -> None:
    frame = resolution.clusters
    assert (frame.group_by("cluster").agg(pl.col("possible").n_unique())["possible"] == 1).all()
    each = frame.unique("cluster")
    report = resolution.report
    assert each["expected_wrong"].sum() == pytest.approx(report.expected_wrong_pairs, abs=0.1)
    assert each["expected_missed"].sum() / 2 == pytest.approx(report.expected_missed_pairs, abs=0.1)
    assert report.expected_wrong_pairs < len(frame)
