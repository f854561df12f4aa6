"""Read XML exports of customers and orders.

What a file holds is said by its name, and has to be what its outermost element says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, tostring

from cdp.sources.remote.sfcc import words
from cdp.sources.remote.sfcc.options import SHAPES
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.markup import Broken, Records, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_CUSTOMERS: Final = ("customer", words.customer)
_RECORDS: Final[dict[str, dict[str, tuple[str, Callable[[Element], words.Row]]]]] = {
    "customers": {"customers": _CUSTOMERS, "customer-list": _CUSTOMERS},
    "orders": {"orders": ("order", words.order)},
}
"""By object: how its documents begin, what a record in them is called and how it is read."""
_INSTRUMENTS: Final = b"/impex/customerpaymentinstrument/"
"""What an export of payment instruments says beside `customers`: of a customer it has no more, and
would take the place of all that is known of one."""
_HEADERS: Final = ("header",)
"""What stands before the records and is none: settings of a customer list."""


def exports(part: Part, task: Task) -> Iterator[Batch]:
    """Yield the records of an export.

    Raises:
        InputError: the file declares a document type.
    """
    collector = Collector(task.shape, task.zone)
    known = _RECORDS["orders" if task.shape == SHAPES["orders"] else "customers"]
    root = root_of(part)
    if isinstance(root, Broken):
        _reject(collector, part.label, root)
    elif root is not None and (root.name not in known or _INSTRUMENTS in root.tag):
        held = "payment instruments" if root.name in known else root.name
        message = f"this holds {held}, and its name says {' or '.join(known)}"
        shown = root.tag.decode()
        _reject(collector, part.label, Broken(1, "unexpected_document", message, shown))
    elif root is not None:
        name, read = known[root.name]
        for index, found in enumerate(Records(part, root, name)):
            locator = f"{part.label}#{index}"
            if isinstance(found, Broken):
                _reject(collector, locator, found)
            else:
                _add(collector, locator, found, name, read)
            yield from collector.full()
    yield from collector.rest()


def _add(
    collector: Collector,
    locator: str,
    found: Element,
    name: str,
    read: Callable[[Element], words.Row],
) -> None:
    said = found.tag.rpartition("}")[2]
    if said == name:
        try:
            collector.mapping(locator, read(found))
        except RecursionError:
            collector.reject(locator, "too_deep", f"the {name} is nested too deep", None)
    elif said not in _HEADERS:
        message = f"this is no {name}"
        collector.reject(locator, "unexpected_element", message, tostring(found, "unicode"))


def _reject(collector: Collector, locator: str, broken: Broken) -> None:
    message = f"line {broken.line}: {broken.message}"
    collector.reject(locator, broken.reason, message, broken.original)
