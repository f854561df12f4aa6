"""Reading SQL databases: tables and queries in the order of their changes, page after page.

Every page is one read-only transaction, streamed from the server, so that neither this machine nor
the database holds more than a page open; the place where it ended is kept with its rows.
"""
