"""What the product is about, without any I/O: states, definitions, records, keys, errors."""
