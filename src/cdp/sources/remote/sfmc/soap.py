"""Retrieve of the SOAP API: an object page after page, as rows in lower case.

There is one request, so it is written here and not by a library for services: its parts stand in
the order that the WSDL has them. Moments are asked for in UTC with a Z; answers have them without
offset, in the zone of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, cast
from xml.etree.ElementTree import ParseError, XMLPullParser
from xml.sax.saxutils import escape

from cdp.errors import UnreachableError
from cdp.sources.remote.sfmc.tokens import TOKEN
from cdp.sources.remote.walk import instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from xml.etree.ElementTree import Element

    import httpx

    from cdp.sources.remote.client import Client

PATH: Final = "Service.asmx"
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_API: Final = "http://exacttarget.com/wsdl/partnerAPI"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_ENVELOPE: Final = (
    f'<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="{_SOAP}" xmlns:xsi="{_XSI}"><Header>'
    f'<fueloauth xmlns="http://exacttarget.com">{TOKEN.decode()}</fueloauth></Header><Body>'
    f'<RetrieveRequestMsg xmlns="{_API}"><RetrieveRequest>{{}}</RetrieveRequest>'
    "</RetrieveRequestMsg></Body></Envelope>"
)
_MORE: Final = "MoreDataAvailable"
_OK: Final = ("OK", _MORE)
_EMPTY: Final = ("PartnerKey", "ObjectID")
"""What stands in every row, mostly with nothing in it."""
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Between:
    """A filter: a property from a moment on (UTC), and before another."""

    property: str
    start: datetime
    end: datetime | None = None

    def written(self) -> str:
        """Return it as an element."""
        first = self._part("Filter" if self.end is None else "LeftOperand", "greaterThanOrEqual")
        if self.end is None:
            return first
        last = self._part("RightOperand", "lessThan", self.end)
        return (
            f'<Filter xsi:type="ComplexFilterPart">{first}'
            f"<LogicalOperator>AND</LogicalOperator>{last}</Filter>"
        )

    def _part(self, tag: str, operator: str, moment: datetime | None = None) -> str:
        return (
            f'<{tag} xsi:type="SimpleFilterPart"><Property>{self.property}</Property>'
            f"<SimpleOperator>{operator}</SimpleOperator>"
            f"<DateValue>{instant(moment or self.start)}</DateValue></{tag}>"
        )


@dataclass(frozen=True, slots=True)
class Soap:
    """Asks one account.

    Attributes:
        size: rows to ask for at once; the API gives 2,500 at most.
    """

    client: Client
    size: int

    def retrieve(
        self, name: str, properties: tuple[str, ...], where: Between | None
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of an object, page after page; the last may be empty.

        Raises:
            UnreachableError: Marketing Cloud does not answer, or refuses.
        """
        asked = f"<ObjectType>{name}</ObjectType>"
        asked += "".join(f"<Properties>{each}</Properties>" for each in properties)
        options = f"<Options><BatchSize>{self.size}</BatchSize></Options>"
        request = f"{options}{asked}{'' if where is None else where.written()}"
        before = None
        for number in count(1):
            answer = self._answer(name, request)
            status = _text(answer, "OverallStatus")
            if status not in _OK:
                raise self._refusal(name, status or "no OverallStatus")
            rows = [_row(each) for each in answer.findall(f"{{{_API}}}Results")]
            # told by its rows: the RequestID may be that of the first page on all of them
            if rows == before and status == _MORE:
                raise self._refusal(name, f"page {number - 1} again when asked for the next one")
            before = rows
            yield rows
            if status != _MORE:
                return
            token = _text(answer, "RequestID")
            if not token:
                raise self._refusal(name, f"{_MORE} on page {number}, but no RequestID")
            request = f"{options}{asked}<ContinueRequest>{escape(token)}</ContinueRequest>"

    def _answer(self, name: str, request: str) -> Element:
        body = _ENVELOPE.format(request).encode()
        response = self.client.send("POST", PATH, body=body, accept="text/xml; charset=utf-8")
        body_of = self._body(name, response)
        if body_of is None:
            if not response.is_success:
                raise self.client.refusal(response)
            raise self._refusal(name, "what is no SOAP envelope; look at options.soap_url")
        fault = body_of.find(f"{{{_SOAP}}}Fault")
        if fault is not None:
            raise self._refusal(name, (fault.findtext("faultstring") or "a fault").strip())
        answer = body_of.find(f"{{{_API}}}RetrieveResponseMsg")
        if answer is None:
            raise self._refusal(name, "what is no answer to Retrieve; look at options.soap_url")
        return answer

    def _body(self, name: str, response: httpx.Response) -> Element | None:
        if b"<!DOCTYPE" in response.content:
            raise self._refusal(name, "a document type, which SOAP has none of")
        parser: XMLPullParser[Element] = XMLPullParser(("start",))
        try:
            parser.feed(response.content)
            parser.close()
            _, root = cast("tuple[str, Element]", next(parser.read_events()))
        except (ParseError, StopIteration):
            return None
        return root.find(f"{{{_SOAP}}}Body")

    def _refusal(self, name: str, said: str) -> UnreachableError:
        told = self.client.secrets.hide(said)[:_SHOWN]
        return UnreachableError(
            f"source {self.client.source}: Retrieve of {name} answered {told}; give the package "
            "the permission, correct options.properties, or leave the object out of objects:"
        )


def _text(answer: Element, name: str) -> str:
    return (answer.findtext(f"{{{_API}}}{name}") or "").strip()


def _row(element: Element) -> dict[str, Any]:
    """Return what an element holds, by names in lower case; nothing of what is nil.

    What stands there several times is a list.
    """
    found: dict[str, list[Any]] = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        value: Any = _row(child) if len(child) else (child.text or "").strip()
        if child.get(f"{{{_XSI}}}nil") == "true" or (name in _EMPTY and not value) or value == {}:
            continue
        found.setdefault(name.lower(), []).append(value)
    return {name: said[0] if len(said) == 1 else said for name, said in found.items()}
