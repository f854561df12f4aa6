"""A shop of Shopify, read in pages and by a bulk operation."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from contract.peer import Row, Simulator, moment
from simulators.shopify import serving
from simulators.shopify_shop import Shop, wire


class PagedShop(Simulator):
    """A shop, read page after page."""

    type = "shopify"
    pages: ClassVar[tuple[int, int]] = (20, 2)
    method: ClassVar[str] = "pages"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        token = "contract"  # noqa: S105 - of a shop that is none
        self.system = Shop(token=token, extra={"Product": ("Name", "City")})

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        steps = {"page_size": self.pages[slowly], "bulk_bytes": 300 if slowly else 1 << 20}
        options = {
            "fields": {"products": ["Name", "City", "Shoe"]},
            "method": self.method,
            "compare_days": 0 if compares else None,
            "inner_size": 1,
            "poll_seconds": 0.001,
            **steps,
        }
        return {
            "type": "shopify",
            "url": self.system.url,
            "auth": {"kind": "bearer", "token": {"env": "CONTRACT_USER"}},
            "limits": self.limits,
            "objects": ["products"],
            "options": options,
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        told: Row = {
            "title": "t",
            "handle": "h",
            "productType": "",
            "vendor": "",
            "status": "ACTIVE",
        }
        price = {"minVariantPrice": {"amount": "1.0", "currencyCode": "EUR"}}
        self.system.now = max(self.system.now, moment(minute))
        stamps = {"createdAt": wire(moment(minute)), "updatedAt": wire(moment(minute))}
        told |= {"tags": [], "priceRangeV2": price, **stamps, **self.values(name)}
        self.system.put("products", number, **told)

    def delete(self, number: int) -> None:
        del self.system.tables["products"][f"gid://shopify/Product/{number}"]

    def spoil(self) -> None:
        self.put(0, 3)
        rows = self.system.tables["products"]
        rows[""] = rows.pop("gid://shopify/Product/0") | {"id": ""}

    def drift(self) -> None:
        super().drift()
        self.system.extra = {"Product": ("Name", "Shoe")}


class BulkShop(PagedShop):
    """A shop, read by a bulk operation at first."""

    method = "bulk"
    breaks_after = 20
