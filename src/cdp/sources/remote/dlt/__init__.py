"""Reading what dlt can read: its resources and sources, without its loader, pipelines and news.

dlt is imported where a source of this type is opened, and not before: it need not be installed.
"""
