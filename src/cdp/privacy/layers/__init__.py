"""The layers of a workspace that are no tables: served files, models, exports, texts, back-ups.

Each module knows one kind of file and how a person is taken out of it. This is the named exception
to the rule that rooms do not know each other: privacy knows the files of all.
"""
