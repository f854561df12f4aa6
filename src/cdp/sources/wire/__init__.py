"""How rows lie in files: pages, lines, tables. Knows formats; which vendor uses one, it does not."""
