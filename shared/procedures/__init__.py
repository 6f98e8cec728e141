"""The procedure language: its model, its checks, the reader of field values, and the library of procedures."""
