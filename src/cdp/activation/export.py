"""One segment into its files, with a manifest beside them that says what left and what did not.

Invariants: the manifest is written after the files, so an export with a manifest is complete; the
rows are those that the gate let through, and no others; an export that was killed goes on with the
files that it has, or begins anew, and is never half there under its final names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cdp.activation import leaving, manifest, sealing
from cdp.activation.checkpoint import Checkpoint
from cdp.activation.files import Sum, summed
from cdp.activation.gate import GATE, Gated, Moment, gate
from cdp.activation.parts import Part, parts
from cdp.activation.place import Place, place_of
from cdp.activation.selection import Selection, also, select
from cdp.destinations import DESTINATIONS, INTERNAL
from cdp.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cdp.destinations import Destination, DestinationDefinition
    from cdp.store import Warehouse

_SUPPRESSED: Final = (
    "select profile_id, reason from temp.gate where reason is not null order by profile_id"
)
_BESIDE: Final = ("description", "when", "path", "store", "segments")
"""What a definition says that makes no difference to what is in the files."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and from what something is exported; generation 0 when none is published yet."""

    run_id: int
    generation: int
    as_of: datetime
    home: Path


@dataclass(frozen=True, slots=True)
class Export:
    """A segment that is to leave for a destination.

    Attributes:
        destination: name of the destination.
        definition: how it is declared.
        segment: name of the segment.
        version: hash of the segment's own definition, where it is known.
    """

    destination: str
    definition: DestinationDefinition
    segment: str
    version: str | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of how is exported, wherever to."""
        said = self.definition.model_dump(mode="json", by_alias=True, exclude=set(_BESIDE))
        return manifest.digest(said)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An export whose members are judged and whose rows are chosen; nothing is written.

    Attributes:
        content_hash: of what would leave, and how.
        before: of a difference, what was sent until now.
    """

    export: Export
    gated: Gated
    rows: leaving.Rows
    content_hash: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes, under which name, as which one.

    Attributes:
        folder: where its files go if the definition names no object store.
        stem: how the names of its files begin.
        previous: id of the export before, None for the first.
        name: name of its file, where somebody wishes one and there is one file.
    """

    folder: Path
    stem: str
    activation_id: str
    previous: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file."""

    name: str
    rows: int
    sum: Sum
    holds: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export; `files` are below `location`, the manifest and the suppressed too."""

    activation_id: str
    gated: Gated
    location: str
    files: tuple[Written, ...]
    manifest: str
    document: dict[str, object] = field(repr=False)

    @property
    def rows(self) -> tuple[Written, ...]:
        """The files with rows of members."""
        return tuple(file for file in self.files if file.holds == "rows")


def prepare(
    warehouse: Warehouse,
    export: Export,
    stamp: Stamp,
    before: pl.DataFrame | None = None,
    *,
    is_hashed: bool = True,
) -> Prepared:
    """Judge the members, choose the rows, and return a hash of what would leave.

    `before` is what was sent until now, for a difference. Where the hash need not tell every
    change (`is_hashed` false), a full export is not held in memory on its way.

    Raises:
        ConfigError: a column names a field that is not there, or a recipient no key.
        InputError: there is a difference to be made from nothing that is known.
    """
    wish = export.definition
    if wish.encrypt is not None:
        sealing.recipients(wish.encrypt)
    moment = Moment(stamp.home, stamp.as_of)
    gated = gate(warehouse, export.segment, wish, moment, also(wish))
    selection = select(wish, of_accounts=_has_accounts(warehouse))
    if wish.mode == "full" and not is_hashed:
        rows = _directly(selection, gated.sent)
        content = f"{stamp.generation}:{gated.content}"
        return Prepared(export, gated, rows, manifest.digest([content, export.fingerprint]))
    content = leaving.keep(warehouse, selection, export.fingerprint)
    if wish.mode == "full":
        rows = leaving.everything(wish, gated.sent)
    elif before is None:
        msg = "a difference is made for a destination of the workspace; name it with --to"
        raise InputError(msg)
    else:
        rows = leaving.changes(warehouse, wish, before)
    return Prepared(export, gated, rows, manifest.digest([content, export.fingerprint]))


def write(warehouse: Warehouse, prepared: Prepared, target: Target, stamp: Stamp) -> Exported:
    """Write the files, who was suppressed, and the manifest; take up what was begun before.

    Raises:
        InputError: the folder cannot be written to.
        UnreachableError: the object store cannot.
    """
    export, wish = prepared.export, prepared.export.definition
    destination = DESTINATIONS.get(wish.type)
    kept = Checkpoint.of(stamp.home, target.activation_id, prepared.content_hash)
    place = place_of(export.destination, wish, target.folder, kept.folder)
    ending = destination.ending(wish)
    found = parts(warehouse, prepared.rows, wish, target.stem, ending)
    if target.name is not None and len(found) == 1 and "/" not in found[0].name:
        found = [Part(target.name, found[0].rows, found[0].sql, found[0].values)]
    out = _Out(warehouse, wish, place, kept)
    files = [out.file(part, destination, "rows") for part in found]
    held = prepared.gated.members - prepared.gated.sent
    stem = found[0].name.removesuffix(ending) if len(found) == 1 else target.stem
    files.append(out.suppressed(stem if "/" not in stem else target.stem, held))
    document = _document(prepared, target, stamp, files)
    single = len(found) == 1 and "/" not in found[0].name
    name = f"{found[0].name if single else target.stem}{manifest.SUFFIX}"
    out.manifest(name, document)
    kept.forget()
    gated = prepared.gated
    return Exported(target.activation_id, gated, place.location, tuple(files), name, document)


@dataclass(frozen=True, slots=True)
class _Out:
    """Writes files of one export, each once, however often the export is begun."""

    warehouse: Warehouse
    wish: DestinationDefinition
    place: Place
    kept: Checkpoint

    def file(
        self, part: Part, destination: Destination[DestinationDefinition], holds: str
    ) -> Written:
        """Write one file of rows, unless it is there from before."""
        done = self.kept.done.get(part.name)
        if done is not None and self.place.holds(part.name, done):
            return Written(part.name, part.rows, done, holds)
        draft = self.place.draft(part.name)
        plain = draft if self.wish.encrypt is None else self._plain(draft)
        try:
            destination.write(part.relation(self.warehouse), plain, self.wish)
            if self.wish.encrypt is not None:
                sealing.seal(plain, draft, self.wish.encrypt)
            sum_ = summed(draft)
            self.place.take(draft, part.name)
        except OSError as error:
            msg = f"{draft} cannot be written: {error.strerror or error}; nothing was exported"
            raise InputError(msg) from error
        finally:
            plain.unlink(missing_ok=True)
            draft.unlink(missing_ok=True)
        self.kept.finished(part.name, sum_)
        return Written(part.name, part.rows, sum_, holds)

    def suppressed(self, stem: str, rows: int) -> Written:
        """Write who was held back, and why: ids and reasons, nothing else."""
        csv = DESTINATIONS.get("csv_file")
        wish = csv.definition.model_validate(
            {"type": csv.name, "segments": self.wish.segments, "purpose": INTERNAL}
        ).model_copy(update={"encrypt": self.wish.encrypt})
        name = f"{stem}.suppressed{csv.ending(wish)}"
        return _Out(self.warehouse, wish, self.place, self.kept).file(
            Part(name, rows, _SUPPRESSED, {}), csv, "suppressed"
        )

    def manifest(self, name: str, document: dict[str, object]) -> None:
        """Write the manifest."""
        draft = self.place.draft(name)
        try:
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
            draft.write_text(text, "utf-8")
            self.place.take(draft, name)
        finally:
            draft.unlink(missing_ok=True)

    def _plain(self, draft: Path) -> Path:
        """Return where a file lies before it is encrypted: in the workspace's own folder."""
        self.kept.folder.mkdir(parents=True, exist_ok=True)
        return self.kept.folder / f"{draft.name}.plain.tmp"


def _has_accounts(warehouse: Warehouse) -> bool:
    sql = f"select 1 from {GATE} semi join gold.account on account_id = profile_id limit 1"  # noqa: S608 - ours
    return warehouse.query(sql).height > 0


def _directly(selection: Selection, count: int) -> leaving.Rows:
    return leaving.Rows(selection.keyed().sql("duckdb", identify=True), selection.values, count)


def _document(
    prepared: Prepared, target: Target, stamp: Stamp, files: list[Written]
) -> dict[str, object]:
    export, gated, rows = prepared.export, prepared.gated, prepared.rows
    wish = export.definition
    encryption = wish.encrypt
    document: dict[str, object] = {
        "format": manifest.FORMAT,
        "activation_id": target.activation_id,
        "previous_activation_id": target.previous,
        "destination": export.destination,
        "type": wish.type,
        "segment": export.segment,
        "segment_definition": export.version,
        "destination_definition": export.fingerprint,
        "purpose": wish.purpose,
        "channel": wish.channel,
        "category": wish.category,
        "campaign": wish.campaign,
        "mode": wish.mode,
        "run_id": stamp.run_id,
        "generation": stamp.generation,
        "as_of": stamp.as_of.isoformat(),
        "members": gated.members,
        "sent": gated.sent,
        "suppressed": gated.members - gated.sent,
        "suppressed_by_reason": gated.suppressed,
        "rows": rows.count,
    }
    if wish.mode == "difference":
        document |= {**rows.by_op, "unchanged": rows.unchanged}
    return document | {
        "columns": manifest.shown(wish),
        "encryption": encryption and {"kind": "age", **encryption.model_dump(mode="json")},
        "files": [
            {
                "name": file.name,
                "holds": file.holds,
                "rows": file.rows,
                "bytes": file.sum.size,
                "sha256": file.sum.sha256,
            }
            for file in files
        ],
    }
