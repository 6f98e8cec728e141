"""Files of rows: CSV, JSON lines and workbooks, their columns, and cells as values of fields."""
