"""Files that cannot be read are told with what to do."""

from pathlib import Path

import pytest

from cdp.errors import InputError
from cdp.sources import SOURCES, Opening, SourceInstance
from source_files import find, read, write


def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"people.csv": "a\n1\n"})
    (delivery,) = find(tmp_path, "csv_file").deliveries
    (tmp_path / "people.csv").unlink()
    with pytest.raises(InputError, match=r"source it: .*people.csv cannot be read \(No such file"):
        list(delivery.batches())


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "people.csv").symlink_to(tmp_path / "people.csv")
    with pytest.raises(InputError, match=r"source it: .*people.csv cannot be read"):
        find(tmp_path, "csv_file", "people.csv")


@pytest.mark.parametrize("content", [b"\xff\xfe" + "id\nä\n".encode("utf-16-le") + b"\x00"])
def test_a_file_cut_inside_a_character(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"people.csv": content})
    with pytest.raises(InputError, match="does not fit its encoding"):
        read(tmp_path, "csv_file")


def test_a_file_outside_the_data_folder_is_labelled_by_its_name(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"people.csv": "a\n1\n"})
    place = str(tmp_path / "elsewhere")
    instance = SourceInstance.model_validate({"type": "csv_file", "path": place})
    (tmp_path / "data").mkdir()
    found = SOURCES.get("csv_file").find(Opening("it", instance, tmp_path / "data"))
    assert [delivery.label for delivery in found.deliveries] == ["people.csv"]


def test_other_options_are_worth_another_reading(tmp_path: Path) -> None:
    write(tmp_path, {"people.csv": "id\n1\n"})
    cursors = read(tmp_path, "csv_file").cursors
    again = find(tmp_path, "csv_file", cursors=cursors, options={"id_column": "id"})
    assert len(again.deliveries) == 1


def test_only_the_changed_page_is_read_again(tmp_path: Path) -> None:
    pages = {f"LeadCollection.page-000{n}.json": f'{{"d":{{"ID":"{n}"}}}}' for n in (1, 2, 3)}
    write(tmp_path, pages)
    cursors = read(tmp_path, "sap_c4c").cursors
    (delivery,) = find(tmp_path, "sap_c4c").deliveries
    assert delivery.label == "LeadCollection.page-0001.json to LeadCollection.page-0003.json"
    write(tmp_path, {"LeadCollection.page-0002.json": '{"d":{"ID":"5"}}'})
    assert read(tmp_path, "sap_c4c", cursors=cursors).ids == ["5"]


def test_names_are_read_in_one_order_on_every_system(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.csv": f"id\n{name}\n" for name in ("b", "a", "c")})
    everything = read(tmp_path, "csv_file", options={"id_column": "id"})
    assert everything.ids == ["a", "b", "c"]


def test_a_link_to_nowhere_in_the_folder_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"people.csv": "id\n1\n"})
    (tmp_path / "more.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "archive").mkdir()
    with pytest.raises(InputError, match=r"more.csv cannot be read .*move it out of the folder"):
        find(tmp_path, "csv_file")
