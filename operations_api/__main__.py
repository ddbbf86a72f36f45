"""`python -m operations_api` is `operations-api`."""

from operations_api.cli import main

if __name__ == "__main__":
    main()
