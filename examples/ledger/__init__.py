"""Everything the examples keep in Postgres: start reading at ``schema.sql``."""
