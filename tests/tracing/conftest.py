from tests.webhooks.conftest import open_inbox, secret
from tests.worker.conftest import crew

__all__ = ["crew", "open_inbox", "secret"]
