"""The OpenAPI 3.1 document, made from a registry, and the pages that show it.

Written by hand rather than taken from the framework: one documented path per registered type, open words, results
typed by operation, the headers and problems that the framework knows nothing of.
"""

from operations_api.http.openapi.document import document, rendered
from operations_api.http.openapi.pages import routes

__all__ = ["document", "rendered", "routes"]
