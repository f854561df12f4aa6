"""How a system signs the messages that it sends, and what they hold."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from cdp.settings import Strict
from cdp.settings.secret import Secret
from cdp.sources.wire.sent import SentObject


class Signature(Strict):
    """How a request proves where it comes from: an HMAC over what was sent."""

    header: str = Field(min_length=1, description="header that holds the signature")
    part: str | None = Field(
        None, description="name of the part that it is, in a header such as t=1,v1=abc"
    )
    algorithm: Literal["sha256", "sha512", "sha1"] = Field("sha256", description="hash of the HMAC")
    encoding: Literal["hex", "base64"] = Field("hex", description="how the signature is written")
    prefix: str = Field("", description="what stands before it, such as sha256=")
    signed: str = Field(
        "{body}",
        description="what is signed, with {body} and {timestamp}: {timestamp}.{body}, or with "
        "method and address, written out, before it",
    )

    @field_validator("signed")
    @classmethod
    def _signs_the_body(cls, value: str) -> str:
        if value.count("{body}") != 1 or value.count("{timestamp}") > 1:
            msg = "name {body} once, and {timestamp} at most once"
            raise ValueError(msg)
        return value


class Timestamp(Strict):
    """When a request was signed, so that an old one cannot be sent once more."""

    header: str = Field(min_length=1, description="header that holds it")
    part: str | None = Field(
        None, description="name of the part that it is, in a header t=1,v1=abc"
    )
    tolerance: int = Field(300, ge=1, description="seconds that it may be off")


class Topic(Strict):
    """What tells the kind of a message: a header, or a field of its body."""

    header: str | None = Field(None, description="header that says it")
    path: str | None = Field(None, description="field of the body that says it, as in event.type")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.header is None) == (self.path is None):
            msg = "give either header or path"
            raise ValueError(msg)
        return self


class HookObject(SentObject):
    """An object that messages tell of."""

    topics: tuple[str, ...] = Field((), description="topics that tell of it; default: all")
    gone: tuple[str, ...] = Field((), description="topics that tell that it is deleted")
    payload: str | None = Field(
        None,
        description="field of the body that holds the row, or a list of rows; default: the body",
    )

    def row(self, said: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a message says of a row, as rows of this object are otherwise.

        Raises:
            ValueError: it is nothing that a row can be made of.
        """
        return said

    def rows(self, said: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
        """Return the rows of this object that a message makes of what it says of one; none: none.

        Raises:
            ValueError: it is nothing that a row can be made of.
        """
        return [self.row(said)]


class WebhookOptions(Strict):
    """How messages are signed, and what they hold."""

    signature: Signature = Field(description="how a message proves where it comes from")
    secrets: tuple[Secret, ...] = Field(
        min_length=1, description="where the secret is; several while it is being changed"
    )
    timestamp: Timestamp | None = Field(
        None, description="when a message was signed; default: it does not say"
    )
    topic: Topic | None = Field(
        None, description="what tells the kind of a message; default: there is one kind"
    )
    batched: bool = Field(
        default=False,
        description="a message is a list of several, each with a topic and a payload of its own",
    )
    objects: dict[str, HookObject] = Field(min_length=1, description="objects by name")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "{timestamp}" in self.signature.signed and self.timestamp is None:
            msg = "signed names {timestamp}: say in timestamp where it is"
            raise ValueError(msg)
        if self.timestamp is not None and "{timestamp}" not in self.signature.signed:
            msg = "timestamp proves nothing that is not signed: name {timestamp} in signed"
            raise ValueError(msg)
        if self.topic is None and len(self.objects) > 1:
            msg = "several objects: say in topic what tells them apart"
            raise ValueError(msg)
        if self.topic is None and any(o.topics or o.gone for o in self.objects.values()):
            msg = "topics and gone need topic, which says where a message has it"
            raise ValueError(msg)
        return self


class HookedOptions(Strict):
    """Options of a system that is read, and may send signed messages here beside that."""

    @property
    def hook(self) -> WebhookOptions | None:
        """How its messages are signed, and what they hold; None: none are taken of it."""
        return None
