from tests.worker.conftest import crew

__all__ = ["crew"]
