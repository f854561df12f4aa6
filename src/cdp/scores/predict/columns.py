"""The names people give the columns of a purchase log, and what each one means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anyascii import anyascii

from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final[dict[str, str]] = {
    "customer": "customerid customer custid cust customernumber customerno customerkey clientid "
    "client clientnumber userid user memberid member membernumber buyerid buyer shopperid shopper "
    "householdkey householdid household contactid personid profileid accountid loyaltyid "
    "cardnumber cardno kundennummer kundennr kundenid kunde kdnr idclient numeroclient "
    "idcliente cliente clienteid klantnummer klantid klant visitorid customeremail email uid id",
    "day": "ts timestamp datetime date orderdate ordertimestamp ordertime orderts orderedat "
    "purchasedate purchasetime purchasets purchasedat purchaseday invoicedate transactiondate "
    "transactiontime transactionts transdate saledate salesdate paymentdate paidat boughtat "
    "processedat completedat placedat createdat created occurredat eventtime eventtimestamp "
    "eventdate datetimeutc time day datum zeit zeitpunkt bestelldatum kaufdatum rechnungsdatum "
    "auftragsdatum belegdatum datecommande dateachat fecha fechacompra fechapedido data dataordine "
    "orderdatum besteldatum",
    "amount": "amount totalamount orderamount netamount grossamount orderamounteur amounteur "
    "amountusd amountgbp amountchf transactionamount salesamount saleamount paidamount total "
    "ordertotal grandtotal totalprice totalvalue ordervalue purchaseamount purchasevalue revenue "
    "salesvalue sales sale spend spent turnover value monetary nettotal net gross subtotal paid "
    "betrag gesamtbetrag rechnungsbetrag umsatz summe gesamtsumme bestellwert warenwert "
    "nettobetrag bruttobetrag montant montanttotal prixtotal importe importetotal importo "
    "totale bedrag totaalbedrag",
    "price": "unitprice price itemprice einzelpreis stueckpreis preis prix prixunitaire precio "
    "precounitario prezzo prijs",
    "quantity": "quantity qty units count menge anzahl stueck quantite cantidad quantita aantal",
    "status": "status orderstatus state orderstate transactionstatus financialstatus paymentstatus "
    "bestellstatus auftragsstatus statut estado stato",
    "kind": "type transactiontype ordertype kind rowtype movementtype doctype documenttype "
    "belegart vorgangsart",
    "cancelled": "cancelled canceled iscancelled iscanceled cancelledflag canceledflag storniert "
    "storno annule voided isvoid void",
    "cancelled_day": "cancelledat canceledat cancelleddate canceleddate canceldate cancelledon "
    "voidedat storniertam stornodatum",
    "order": "orderid ordernumber orderno order invoiceno invoice invoiceid invoicenumber "
    "transactionid transactionno transid basketid receiptid receiptno receipt bestellnummer "
    "bestellnr rechnungsnummer rechnungsnr belegnummer auftragsnummer lineid rowid eventid "
    "messageid saleid purchaseid",
}
"""What a column means, then its names: letters and digits only; the likeliest first."""
_NEEDED: Final = {"customer": "customer_id", "day": "ts"}


class LogError(InputError):
    """A purchase log cannot be read."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file means what; None: the file has none."""

    customer: str
    day: str
    amount: str | None
    price: str | None
    quantity: str | None
    status: str | None
    kind: str | None
    cancelled: str | None
    cancelled_day: str | None
    order: str | None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(name).lower())


def columns_of(path: str, names: Sequence[str]) -> Columns:
    """Return which of these columns mean what.

    Raises:
        LogError: none says whose a purchase is, or when it was.
    """
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(_plain(name), name)
    found = {
        meaning: next((by_name[w] for w in words.split() if w in by_name), None)
        for meaning, words in _NAMES.items()
    }
    customer, day = (_found(path, names, meaning, found[meaning]) for meaning in _NEEDED)
    if found["amount"] is not None or found["price"] is None:
        found["price"] = found["quantity"] = None
    rest = {name: column for name, column in found.items() if name not in _NEEDED}
    return Columns(customer=customer, day=day, **rest)


def _found(path: str, names: Sequence[str], meaning: str, column: str | None) -> str:
    if column is None:
        what = {"customer": "the customer", "day": "the time of purchase"}[meaning]
        msg = (
            f"{path}: no column names {what}; it has {', '.join(names)}. "
            f"Name that column {_NEEDED[meaning]}"
        )
        raise LogError(msg)
    return column
