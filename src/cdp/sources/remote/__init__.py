"""Reading systems over the network: connections, politeness, paging, deltas.

A remote object is walked page by page in the order of its changes; some pages together are a
delivery, which is landed with the position it reached, so that a walk that was cut short goes on
where it stood.
"""
