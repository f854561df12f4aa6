"""Where segments can go: one file per type of destination, found by `DESTINATIONS`.

Invariant: a destination gets rows that may leave and a path of its own to write to; who may be
in them, names, parts, encryption, atomic renaming and book-keeping are decided in `cdp.activation`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from cdp.registry import Registry
from cdp.settings import Strict
from cdp.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyRelation

Channel = Literal["email", "sms", "phone", "post"]
INTERNAL = "internal"
OP: Final = "op"
"""Heading of what became of a row, in exports of differences."""

ADDRESSES: Final = ("s3", "gs", "az")
_NAMING: Final = (
    "profile_id",
    "contact",
    "email",
    "phone",
    "given_name",
    "family_name",
    "birth_date",
)
_IDENTIFYING: Final = {*_NAMING, "full_name", "middle_name", "street", "house_number"}
_HASHED: Final = {*_NAMING, "gender", "city", "state", "postcode", "country"}
_GOOGLE_PLAIN: Final = frozenset({"country", "postcode"})


class ExportColumn(Strict):
    """One column of an export under a name of its own, hashed where a platform wants it so."""

    field: str = Field(description="what is in it: email, feature.orders, score.rfm, contact, ...")
    name: str = Field(pattern=r"^\w[\w .-]*$", description="its heading")
    hash: Literal["sha256"] | None = Field(
        None, description="sha256: the value is brought into its one form, then hashed"
    )
    form: Literal["plain", "meta", "google"] = Field(
        "plain", alias="as", description="whose rules bring the value into its one form"
    )
    gmail_dots: bool | None = Field(
        None,
        description="whether dots before @gmail.com are kept; default: as the platform asks, "
        "which Google does not",
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if (self.hash or self.form != "plain") and self.field not in _HASHED:
            msg = f"{self.field} cannot be hashed; these can: {', '.join(sorted(_HASHED))}"
            raise ValueError(msg)
        if self.hash and self.form == "google" and self.field in _GOOGLE_PLAIN:
            msg = f"Google wants {self.field} in plain words; leave hash: out and keep as: google"
            raise ValueError(msg)
        return self


def _called_as_it_is(given: object) -> object:
    if isinstance(given, str):
        return {"field": given, "name": given}
    if isinstance(given, dict) and "field" in given and "name" not in given:
        return {"name": given["field"], **given}
    return given


NamedColumn = Annotated[
    ExportColumn, BeforeValidator(_called_as_it_is, json_schema_input_type=str | ExportColumn)
]


class Encryption(Strict):
    """For whom files are encrypted with age (age-encryption.org); nobody else can read them."""

    recipients: tuple[str, ...] = Field(
        min_length=1, description="public keys: age1... or ssh-ed25519 ..., ssh-rsa ..."
    )
    armored: bool = Field(default=False, description="as text (PEM) instead of bytes")


class ObjectStore(Strict):
    """How an object store is reached, where its vendor's own ways do not say it."""

    endpoint: str | None = Field(
        None, pattern=r"^https?://", description="address of a store that is not the vendor's own"
    )
    region: str | None = Field(None, description="region of the bucket; s3:// only")
    virtual_hosted: bool = Field(
        default=False, description="name the bucket in the host instead of the path; s3:// only"
    )
    user: Secret | None = Field(None, description="where the access key id or account name is")
    password: Secret | None = Field(None, description="where the secret access key is")
    token: Secret | None = Field(None, description="where a bearer token is; gs:// and az:// only")


class DestinationDefinition(Strict):
    """What every destination declares, whatever its type."""

    type: str = Field(description="name of a destination type: csv_file, parquet_file, ...")
    description: str = Field("", description="one sentence: who gets it, and what for")
    segments: tuple[str, ...] = Field(min_length=1, description="segments that go there")
    purpose: str = Field(
        description="purpose that members must have permitted: marketing, service, ...; "
        "`internal`: nobody is contacted, so no permission is needed"
    )
    channel: Channel | None = Field(
        None, description="channel that members will be contacted through"
    )
    category: str | None = Field(None, description="communication category, where there is one")
    campaign: str | None = Field(
        None, description="campaign of the segment; who is held out of it is held back"
    )
    contact_points: Literal["permitted", "best"] = Field(
        "permitted",
        description="permitted: where the best contact point may not be used, another one of the "
        "member's that may; best: the best one or none",
    )
    regions: tuple[str, ...] | None = Field(
        None, description="regions whose members may go there; those of no region may"
    )
    minimum_age: int | None = Field(
        None, ge=1, le=120, description="years; who is known to be younger is held back"
    )
    unknown_age: Literal["send", "hold"] = Field(
        "send", description="what minimum_age does with whoever has no date of birth"
    )
    mode: Literal["full", "difference"] = Field(
        "full",
        description="difference: rows added, changed and removed since the last export, with a "
        "first column `op`",
    )
    columns: tuple[NamedColumn, ...] = Field(
        (
            ExportColumn.model_validate({"field": "profile_id", "name": "profile_id"}),
            ExportColumn.model_validate({"field": "contact", "name": "contact"}),
        ),
        min_length=1,
        description="columns in order: names of fields, or {field, name, hash, as}",
    )
    path: str | None = Field(
        None,
        description="folder, relative to the workspace, or s3://, gs://, az://bucket/folder; "
        "default .cdp/exports/<destination>",
    )
    store: ObjectStore | None = Field(None, description="how the object store of path: is reached")
    partition_by: str | None = Field(
        None, description="heading of a column; a folder for each of its values"
    )
    rows_per_file: int | None = Field(None, ge=1, description="rows of a file at most")
    encrypt: Encryption | None = Field(None, description="encrypt files with age")
    when: Literal["each_run"] = Field(
        "each_run", description="after each run in which something changed"
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for problem in (self._of_purpose(), self._of_columns(), self._of_place()):
            if problem is not None:
                raise ValueError(problem)
        return self

    @property
    def is_contacting(self) -> bool:
        """Whether members are contacted, so that permissions are needed."""
        return self.purpose != INTERNAL

    def _of_purpose(self) -> str | None:
        if self.is_contacting and self.channel is None:
            return f"purpose {self.purpose!r} needs a channel: email, sms, phone or post"
        return None

    def _of_columns(self) -> str | None:
        headings = [column.name for column in self.columns]
        doubled = sorted({name for name in headings if headings.count(name) > 1})
        if doubled:
            return f"two columns are called {doubled[0]!r}; give one another name"
        if self.mode == "difference":
            return self._of_difference(headings)
        return None

    def _of_difference(self, headings: list[str]) -> str | None:
        if OP in headings:
            return f"in mode difference {OP!r} says what became of a row; rename that column"
        if not any(c.field == "profile_id" or c.hash for c in self.columns):
            return "mode difference needs profile_id or a hashed column to tell removed rows by"
        return None

    def _of_place(self) -> str | None:
        scheme, is_address, _ = (self.path or "").partition("://")
        if is_address and scheme not in ADDRESSES:
            return "path: a folder in an object store is s3://, gs:// or az://bucket/folder"
        if self.store is not None and not is_address:
            return "store: goes with a path: in an object store"
        named = {c.name: c for c in self.columns}.get(self.partition_by or "")
        if self.partition_by is not None and named is None:
            return f"partition_by: no column is called {self.partition_by!r}"
        if named is not None and (named.hash or named.field in _IDENTIFYING):
            return f"partition_by: {named.field} tells who somebody is, and would name folders"
        return None


D = TypeVar("D", bound=DestinationDefinition)


@dataclass(frozen=True, slots=True)
class Destination(Generic[D]):
    """One type of destination.

    Attributes:
        name: what a definition writes under `type`.
        suffix: how its files end.
        definition: the pydantic model of such a definition.
        write: puts the rows, in their order, into a new file at the path.
    """

    name: str
    suffix: str
    definition: type[D]
    write: "Callable[[DuckDBPyRelation, Path, D], None]"

    def ending(self, definition: DestinationDefinition) -> str:
        """Return how files of this definition end: `.csv`, `.csv.gz`, `.csv.gz.age`."""
        packed = ".gz" if getattr(definition, "compression", "none") == "gzip" else ""
        return f"{self.suffix}{packed}{'.age' if definition.encrypt else ''}"


DESTINATIONS: Registry[Destination[Any]] = Registry("destination type", "cdp.destinations")
