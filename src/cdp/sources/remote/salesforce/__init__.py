"""Reading a Salesforce org: queries in the order of change, bulk jobs, change events."""
