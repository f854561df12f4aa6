"""The part of the Admin GraphQL API that a shop is read by, under Shopify's own names."""

from functools import cache

from graphql import GraphQLSchema, build_schema

_CONNECTED = (
    *("Customer", "Order", "AbandonedCheckout", "Product", "ProductVariant", "LineItem"),
    *("AbandonedCheckoutLineItem", "MailingAddress", "Metafield"),
)
_SORTED = ("Customer", "Order", "Product")
_TYPES = """
scalar DateTime
scalar Decimal
scalar JSON
scalar UnsignedInt64
scalar URL
interface Node { id: ID! }
enum AbandonedCheckoutSortKeys { CREATED_AT ID TOTAL_PRICE }
enum BulkOperationStatus { CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING }
enum CustomerMarketingOptInLevel { CONFIRMED_OPT_IN SINGLE_OPT_IN UNKNOWN }
enum CustomerEmailAddressMarketingState { INVALID NOT_SUBSCRIBED PENDING SUBSCRIBED UNSUBSCRIBED }
enum OrderDisplayFinancialStatus {
  AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED
}
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Count { count: Int! precision: String! }
type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type Metafield implements Node {
  id: ID! namespace: String! key: String! value: String! jsonValue: JSON!
}
type CustomerEmailAddress {
  emailAddress: String!
  marketingState: CustomerEmailAddressMarketingState!
  marketingOptInLevel: CustomerMarketingOptInLevel
  marketingUpdatedAt: DateTime
}
type CustomerPhoneNumber {
  phoneNumber: String!
  marketingState: CustomerEmailAddressMarketingState!
  marketingOptInLevel: CustomerMarketingOptInLevel
  marketingUpdatedAt: DateTime
}
type MailingAddress implements Node {
  id: ID! firstName: String lastName: String company: String address1: String address2: String
  city: String zip: String provinceCode: String countryCodeV2: String phone: String
}
type Customer implements Node {
  id: ID! createdAt: DateTime! updatedAt: DateTime! firstName: String lastName: String
  locale: String! state: String! verifiedEmail: Boolean! note: String tags: [String!]!
  numberOfOrders: UnsignedInt64! amountSpent: MoneyV2!
  defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber
  defaultAddress: MailingAddress
  addressesV2(first: Int, after: String): MailingAddressConnection!
  metafields(first: Int, after: String): MetafieldConnection!
}
type LineItem implements Node {
  id: ID! title: String! sku: String quantity: Int! currentQuantity: Int!
  originalTotalSet: MoneyBag! discountedTotalSet: MoneyBag!
}
type Refund implements Node {
  id: ID! createdAt: DateTime note: String totalRefundedSet: MoneyBag!
}
type Order implements Node {
  id: ID! name: String! createdAt: DateTime! updatedAt: DateTime! processedAt: DateTime!
  closedAt: DateTime cancelledAt: DateTime cancelReason: String test: Boolean! sourceName: String
  email: String phone: String note: String tags: [String!]! discountCodes: [String!]!
  displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: String!
  customer: Customer billingAddress: MailingAddress
  totalPriceSet: MoneyBag! totalDiscountsSet: MoneyBag totalRefundedSet: MoneyBag!
  refunds(first: Int): [Refund!]!
  lineItems(first: Int, after: String): LineItemConnection!
  metafields(first: Int, after: String): MetafieldConnection!
}
type AbandonedCheckoutLineItem implements Node {
  id: ID! title: String sku: String quantity: Int!
  originalTotalPriceSet: MoneyBag! discountedTotalPriceSet: MoneyBag!
}
type AbandonedCheckout implements Node {
  id: ID! name: String! createdAt: DateTime! updatedAt: DateTime! completedAt: DateTime
  abandonedCheckoutUrl: URL! discountCodes: [String!]! customer: Customer totalPriceSet: MoneyBag!
  lineItems(first: Int, after: String): AbandonedCheckoutLineItemConnection!
}
type ProductVariant implements Node { id: ID! title: String! sku: String price: Decimal! }
type ProductPriceRangeV2 { minVariantPrice: MoneyV2! maxVariantPrice: MoneyV2! }
type Product implements Node {
  id: ID! title: String! handle: String! productType: String! vendor: String! status: String!
  tags: [String!]! createdAt: DateTime! updatedAt: DateTime! priceRangeV2: ProductPriceRangeV2!
  variants(first: Int, after: String): ProductVariantConnection!
  metafields(first: Int, after: String): MetafieldConnection!
}
type BulkOperation implements Node {
  id: ID! status: BulkOperationStatus! errorCode: String createdAt: DateTime! completedAt: DateTime
  objectCount: UnsignedInt64! url: URL partialDataUrl: URL
}
type BulkOperationUserError { code: String field: [String!] message: String! }
type BulkOperationRunQueryPayload {
  bulkOperation: BulkOperation
  userErrors: [BulkOperationUserError!]!
}
type AccessScope { handle: String! }
type AppInstallation { accessScopes: [AccessScope!]! }
type Shop { name: String! }
type Query {
  shop: Shop!
  node(id: ID!): Node
  currentAppInstallation: AppInstallation!
  customersCount(query: String, limit: Int = 10000): Count
  ordersCount(query: String, limit: Int = 10000): Count
  productsCount(query: String, limit: Int = 10000): Count
  abandonedCheckoutsCount(query: String, limit: Int = 10000): Count
  customers(ARGUMENTS, sortKey: CustomerSortKeys = ID): CustomerConnection!
  orders(ARGUMENTS, sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection!
  products(ARGUMENTS, sortKey: ProductSortKeys = ID): ProductConnection!
  abandonedCheckouts(ARGUMENTS, sortKey: AbandonedCheckoutSortKeys = ID):
    AbandonedCheckoutConnection!
}
type Mutation {
  bulkOperationRunQuery(query: String!, groupObjects: Boolean! = false):
    BulkOperationRunQueryPayload
}
"""
_ARGUMENTS = "first: Int, after: String, reverse: Boolean = false, query: String"


@cache
def schema(extra: tuple[tuple[str, tuple[str, ...]], ...]) -> GraphQLSchema:
    """Return the schema, its types with these fields more, all texts."""
    parts = [_TYPES.replace("ARGUMENTS", _ARGUMENTS)]
    parts += [
        f"type {name}Edge {{ cursor: String! node: {name}! }}\n"
        f"type {name}Connection {{ edges: [{name}Edge!]! nodes: [{name}!]! pageInfo: PageInfo! }}"
        for name in _CONNECTED
    ]
    keys = "CREATED_AT ID PROCESSED_AT UPDATED_AT"
    parts += [f"enum {name}SortKeys {{ {keys} }}" for name in _SORTED]
    for name, fields in extra:
        told = " ".join(f"{each}: String" for each in fields)
        parts.append(f"extend type {name} {{ {told} }}")
    return build_schema("\n".join(parts))
