"""Sends each message once: the file in the spool is the record that it was sent.

Without SMTP_URL the spool is all there is, and stands in for a mail server. With SMTP_URL
(``smtp://user:password@host:587``, or ``smtps://`` for TLS from the start) the message is sent first and filed then.
A crash in between sends it again, under the same Message-ID: SMTP is at least once, and nothing can change that.
"""

from __future__ import annotations

import hashlib
import os
import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from operations_api import Reject

SMTP_TIMEOUT_SECONDS: Final = 10
"""Well below a step's own time-out, so that a dead server is noticed here."""


class Message(msgspec.Struct, frozen=True):
    """A message; two with the same ``token`` are the same message."""

    token: str
    to: str
    subject: str
    text: str


class Mailbox(msgspec.Struct, frozen=True):
    """Where messages go: a folder, and a server if there is one."""

    spool: Path
    smtp_url: str | None = None
    sender: str = "orders@example.com"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Mailbox:
        """EXAMPLES_SPOOL_DIR (``mail`` in the data directory), SMTP_URL, EXAMPLES_MAIL_FROM."""
        data_dir = Path(environ.get("OPERATIONS_DATA_DIR") or ".operations")
        return cls(
            spool=Path(environ.get("EXAMPLES_SPOOL_DIR") or data_dir / "mail"),
            smtp_url=environ.get("SMTP_URL") or None,
            sender=environ.get("EXAMPLES_MAIL_FROM") or "orders@example.com",
        )

    def send_once(self, message: Message) -> str:
        """Send a message unless it was sent, and give its Message-ID. Rejects with RECIPIENT_REFUSED."""
        name = hashlib.sha256(message.token.encode()).hexdigest()[:32]
        message_id = f"<{name}@operations-api.example>"
        file = self.spool / f"{name}.eml"
        if not file.exists():
            mail = self._compose(message, message_id)
            if self.smtp_url:
                _send(self.smtp_url, mail)
            _write(file, bytes(mail))
        return message_id

    def _compose(self, message: Message, message_id: str) -> EmailMessage:
        mail = EmailMessage()
        mail["Message-ID"] = message_id
        mail["From"] = self.sender
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail.set_content(message.text)
        return mail


def _send(url: str, mail: EmailMessage) -> None:
    parts = urlsplit(url)
    client = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with client(parts.hostname or "localhost", parts.port or 0, timeout=SMTP_TIMEOUT_SECONDS) as server:
        if parts.username:
            if parts.scheme != "smtps":
                server.starttls()
            server.login(unquote(parts.username), unquote(parts.password or ""))
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            _raise_if_final(refused)
            raise


def _raise_if_final(refused: smtplib.SMTPRecipientsRefused) -> None:
    """A 5xx will not get better by trying again; anything else (grey-listing) will."""
    answers = list(refused.recipients.values())
    if all(code >= 500 for code, _ in answers):
        raise Reject("RECIPIENT_REFUSED", f"The mail server answered {answers[0][0]}.") from refused


def _write(file: Path, content: bytes) -> None:
    """All or nothing, and on the disk: the record must not be lost, nor be there for a message that was not sent."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)
