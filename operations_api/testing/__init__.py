"""A test kit for definitions of your own."""
