"""Ask a shop with ShopifyAPI: `ask.py URL VERSION TOKEN`, and the question on standard input.

Run by the Python of the peers. It writes what the shop answered.
"""

import json
import sys

import shopify  # type: ignore[import-not-found] # lives in .peers

if __name__ == "__main__":
    url, version, token = sys.argv[1:4]
    shopify.ShopifyResource.site = f"{url}/admin/api/{version}"
    shopify.ShopifyResource.headers = {"X-Shopify-Access-Token": token}
    asked = json.load(sys.stdin)
    sys.stdout.write(shopify.GraphQL().execute(asked["query"], asked["variables"]))
