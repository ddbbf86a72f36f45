"""Whose webhooks are believed: for each source of the registry its tenant and its secrets, from a file.

``{"billing": {"tenant": "acme", "secrets": ["whsec_..."]}}``; several secrets while one takes the place of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from operations_api.domain.errors import SettingsError
from operations_api.domain.incoming import WebhookSource, is_secret


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a source starts operations, and what it signs with."""

    tenant: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    secrets: Annotated[list[Annotated[str, msgspec.Meta(min_length=8)]], msgspec.Meta(min_length=1)]


def accounts_in(file: Path | None) -> Mapping[str, Account]:
    """By name of the source. Raises ``SettingsError``, which repeats nothing of what is in the file."""
    if file is None:
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Account])
    except OSError as error:
        raise SettingsError(f"OPERATIONS_WEBHOOK_SOURCES: {file} cannot be read: {error.strerror}.") from None
    except msgspec.MsgspecError as error:
        raise SettingsError(
            f"OPERATIONS_WEBHOOK_SOURCES: {file} is not as docs/webhooks-in.md says: {error}."
        ) from None


def faults(sources: Mapping[str, WebhookSource], accounts: Mapping[str, Account]) -> Iterator[str]:
    """What of the file does not fit the registry's sources, one sentence each, and without any secret."""
    for name in sorted(accounts.keys() - sources.keys()):
        yield f'"{name}" is no source of the registry: correct its name, or remove it.'
    for name in sorted(sources.keys() - accounts.keys()):
        yield f'"{name}" has no tenant and secrets in the file, so what it sends is answered with 404.'
    for name in sorted(sources.keys() & accounts.keys()):
        scheme = sources[name].scheme
        if not all(is_secret(scheme, secret) for secret in accounts[name].secrets):
            yield f'"{name}" has a secret that nothing can be signed with: copy it again, whsec_ and what follows.'
