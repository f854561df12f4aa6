"""How rows lie in files: pages, lines, tables; knows formats and no vendor."""
