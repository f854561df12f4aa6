"""Read XML element by element, whatever the size of the file: one record in memory at a time.

A document that breaks off in a record costs that record: reading goes on with the next one, found
by how its tag begins. What declares a document type is refused as a whole, since entities that
expand without end, and files of this machine that they name, come in no other way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast
from xml.etree.ElementTree import ParseError, XMLPullParser
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from cdp.sources.wire.batch import LONGEST_ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

    from cdp.sources.wire.delivery import Part

LONGEST: Final = 1 << 26
"""Bytes that one record may have: 64 MB."""
_CHUNK: Final = 1 << 16
_LOOK: Final = 1 << 20
_TAG: Final = 256  # bytes of a tag that may stand at the end of what was read
_RECORD: Final = 2
"""How deep records are: right below the outermost element."""
_BESIDE_ASCII: Final = ("utf-16", "utf16", "utf-32", "ucs", "iso-10646")


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of a file that is no element.

    Attributes:
        line: the line, from 1, that this became apparent on.
        reason: a word for why.
        message: what the reader said.
        original: what stands there, shortened.
    """

    line: int
    reason: str
    message: str
    original: str


@dataclass(frozen=True, slots=True)
class Root:
    """The outermost element of a document: its name, its tag, and how its text is encoded."""

    name: str
    tag: bytes
    encoding: str

    @property
    def holds_ascii(self) -> bool:
        """Whether tags are found in its bytes as they are written."""
        return not self.encoding.lower().startswith(_BESIDE_ASCII)


class _StopError(Exception):
    """What was looked for is found; parsers run on to the end of what they were given."""


@dataclass(slots=True)
class _Prolog:
    """What stands before the first element of a document."""

    part: Part
    encoding: str = "utf-8"
    root: Root | None = None

    def declared(self, _: str, encoding: str | None, __: int) -> None:
        """Take what the declaration of the document says."""
        self.encoding = encoding or self.encoding

    def refuse(self, *_: object) -> None:
        """Refuse a document type."""
        problem = (
            "declares a document type (<!DOCTYPE), which no export does, and by which a file can "
            "fill the memory or name other files"
        )
        remedy = "look at where it comes from, and take it out of the folder"
        raise self.part.failure(problem, remedy)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Take the outermost element."""
        said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        tag = f"<{name}{said}>".encode("ascii", "xmlcharrefreplace")
        self.root = Root(name.rpartition(":")[2], tag, self.encoding)
        raise _StopError


def root_of(part: Part) -> Root | Broken | None:
    """Return the outermost element of a file, None where nothing is in the file.

    Raises:
        InputError: the file declares a document type.
    """
    prolog = _Prolog(part)
    parser = expat.ParserCreate()
    parser.XmlDeclHandler = prolog.declared
    parser.StartDoctypeDeclHandler = prolog.refuse
    parser.StartElementHandler = prolog.begin
    with part.path.open("rb") as file:
        head = file.read(_LOOK)
        if not head.strip():
            return None
        try:
            parser.Parse(head, False)  # noqa: FBT003 - it takes no name
            parser.ParseFile(file)
        except _StopError:
            return prolog.root
        except expat.ExpatError as error:
            shown = head[:LONGEST_ORIGINAL].decode("utf-8", "replace")
            return Broken(error.lineno, "broken_xml", expat.ErrorString(error.code), shown)
    msg = "an XML parser found neither an element nor an error"
    raise AssertionError(msg)


@dataclass(slots=True)
class Records:
    """The elements right below the outermost one.

    Attributes:
        root: the outermost one.
        name: name of the elements that are records, by which the next one is found again.
        line: the line that begins at the byte `at`, where reading stands.
    """

    part: Part
    root: Root
    name: str
    line: int = 1
    at: int = 0

    def __iter__(self) -> Iterator[Element | Broken]:
        """Yield every element and every piece that is none, in order.

        An element holds until the next one is asked for.
        """
        with self.part.path.open("rb") as file:
            while (yield from self._until_broken(file)):
                gap = _Gap(self, file)
                yield gap.piece()
                following = gap.following()
                if following is None:
                    return
                self.line += _line_ends(file, self.at, following)
                self.at = following

    def head(self) -> bytes:
        """Return what a parser has to be told before it goes on in the middle of the file."""
        if not self.at:
            return b""
        declared = f'<?xml version="1.0" encoding="{self.root.encoding}"?>'
        return declared.encode() + self.root.tag

    def _until_broken(self, file: BinaryIO) -> Generator[Element, None, bool]:
        """Yield elements from where reading stands; return whether something was in the way."""
        parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        file.seek(self.at)
        try:
            parser.feed(self.head())
            yield from self._elements(file, parser)
            parser.close()
        except (ParseError, _StopError):
            return True
        return False

    def _elements(self, file: BinaryIO, parser: XMLPullParser[Element]) -> Iterator[Element]:
        root: Element | None = None
        depth, since = 0, 0
        while chunk := file.read(_CHUNK):
            parser.feed(chunk)
            since += len(chunk)
            events = cast("Iterator[tuple[str, Element]]", parser.read_events())
            for event, element in events:
                if event == "start":
                    depth += 1
                    root = element if root is None else root
                    if depth == _RECORD + 1 and element.tag.rpartition("}")[2] == self.name:
                        raise _StopError
                    continue
                depth -= 1
                if depth == _RECORD - 1:
                    yield element
                    assert root is not None  # noqa: S101 - it began first
                    root.clear()
                    since = 0
            if since > LONGEST:
                raise _StopError


class _Gap:
    """A place where a file cannot be read on: found by parsing it once more, with every byte known.

    Attributes:
        begins: byte that the record begins at in which this is, None: it is between two.
        at: byte where it became apparent.
    """

    def __init__(self, records: Records, file: BinaryIO) -> None:
        self._records, self._file = records, file
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._depth, self._head = 0, len(records.head())
        self._reason, self._message = "broken_xml", ""
        self.begins: int | None = None
        self.at = self._found()

    def piece(self) -> Broken:
        """Return what stands there, up to where reading goes on."""
        self._file.seek(self.at if self.begins is None else self.begins)
        raw = self._file.read(LONGEST_ORIGINAL)
        following = self.following()
        if following is not None:
            raw = raw[: following - (self.at if self.begins is None else self.begins)]
        line = self._records.line + _line_ends(self._file, self._records.at, self.at)
        shown = raw.decode(self._records.root.encoding, "replace")
        return Broken(line, self._reason, self._message, shown)

    def following(self) -> int | None:
        """Return the byte at which the next record begins, None where there is none."""
        records = self._records
        if not records.root.holds_ascii:
            return None
        tag = re.compile(rb"<(?:[\w.-]+:)?" + records.name.encode() + rb"[\s/>]")
        at = self.at + 1 if self.begins is None else max(self.at, self.begins + 1)
        self._file.seek(at)
        seen = b""
        while chunk := self._file.read(_CHUNK):
            seen += chunk
            found = tag.search(seen)
            if found is not None:
                return at + found.start()
            at += max(0, len(seen) - _TAG)
            seen = seen[-_TAG:]
        return None

    def _found(self) -> int:
        """Return the byte where it became apparent."""
        self._file.seek(self._records.at)
        try:
            self._parser.Parse(self._records.head(), False)  # noqa: FBT003 - it takes no name
            while chunk := self._file.read(_CHUNK):
                self._parser.Parse(chunk, False)  # noqa: FBT003 - as above
                self._check_length()
            self._parser.Parse(b"", True)  # noqa: FBT003 - as above
        except expat.ExpatError as error:
            self._message = expat.ErrorString(error.code)
            return self._place(self._parser.ErrorByteIndex)
        except _StopError as stopped:
            return int(stopped.args[0])
        return self._place(self._parser.CurrentByteIndex)

    def _place(self, index: int) -> int:
        return self._records.at + index - self._head

    def _begin(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == _RECORD:
            self.begins = self._place(self._parser.CurrentByteIndex)
        elif self._depth == _RECORD + 1 and name.rpartition(" ")[2] == self._records.name:
            self._message = f"<{self._records.name}> begins before the last one has ended"
            raise _StopError(self._place(self._parser.CurrentByteIndex))

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._depth == _RECORD - 1:
            self.begins = None

    def _check_length(self) -> None:
        now = self._place(self._parser.CurrentByteIndex)
        if self.begins is not None and now - self.begins > LONGEST:
            self._reason = "too_long"
            self._message = f"it has more than {LONGEST >> 20} MB"
            raise _StopError(now)


def _line_ends(file: BinaryIO, begin: int, end: int) -> int:
    """Return how many lines end between two bytes of a file."""
    file.seek(begin)
    count = 0
    while begin < end and (chunk := file.read(min(_LOOK, end - begin))):
        count += chunk.count(b"\n")
        begin += len(chunk)
    return count
