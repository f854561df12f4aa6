"""Reading a Shopify shop: connections page after page, bulk operations, and how it is paced."""
