"""Every source type that is no file, behind one small adaptor each, for tests that run over all."""

from contract.databases import SqlPeer
from contract.hubspot import Account
from contract.libraries import DltPeer
from contract.odata import (
    Leads,
    Orders,
    Origins,
    Partners,
    Products,
    Things,
    Tracked,
    Version4,
)
from contract.peer import Peer
from contract.sap_commerce import Integrated
from contract.services import BulkPeer, QueryPeer, RestPeer, WholeRestPeer
from contract.sfcc import Shoppers
from contract.sfmc import DatedRows, WholeRows
from contract.shopify import BulkShop, PagedShop

PEERS: dict[str, type[Peer]] = {
    "sap_c4c": Leads,
    "sap_s4 orders": Orders,
    "sap_s4 partners": Partners,
    "sap_s4 products": Products,
    "sap_marketing_cloud": Origins,
    "sap_commerce": Integrated,
    "salesforce query": QueryPeer,
    "salesforce bulk": BulkPeer,
    "shopify pages": PagedShop,
    "shopify bulk": BulkShop,
    "hubspot": Account,
    "sfcc": Shoppers,
    "sfmc": DatedRows,
    "sfmc whole": WholeRows,
    "rest_api": RestPeer,
    "rest_api whole": WholeRestPeer,
    "odata 2": Things,
    "odata 4": Version4,
    "odata 4 tracked": Tracked,
    "sql_database": SqlPeer,
    "dlt": DltPeer,
}
