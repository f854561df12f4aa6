"""Reading Marketing Cloud: rows of data extensions, and what the SOAP API has of subscribers."""
