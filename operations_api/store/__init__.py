"""The only caller of SQL. Every statement has a name and a sentence in ``sql/*.sql``."""
