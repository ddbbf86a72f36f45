"""The conformance suite: what `docs/contract.md` promises, asked of a running service over real sockets.

It is a client like any other. It knows the contract and what the service says of itself (``/service-info``,
``/openapi.json``), and imports nothing of the server. ``cases`` holds the guarantees, one module for each part of the
contract; ``run.py`` asks for all of them at once; ``report.py`` says what came of it. ``docs/conformance.md`` tells how
to point it at a service.
"""
