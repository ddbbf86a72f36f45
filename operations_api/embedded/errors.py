"""What can go wrong with the embedded servers."""

from operations_api.domain.errors import OperationsError


class EmbeddedError(OperationsError):
    """An embedded server cannot run; the message is one sentence, with the end of the server's log if it has one."""


class AlreadyRunning(EmbeddedError):
    """Another process runs the servers of this data directory."""
