from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ledger.fields import EmailAddress
from examples.mail import Mailbox, Message
from operations_api import Reject

ORDER = Message(token="operation:step:execute", to="alice@example.com", subject="Your order", text="It is on its way.")


class SmtpServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs; ``refusal`` is what it answers to RCPT."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SmtpSession)
        self.received: list[bytes] = []
        self.refusal: bytes | None = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class SmtpSession(socketserver.StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self._receive()
            elif verb == b"RCPT" and self.server.refusal:
                self.wfile.write(self.server.refusal)
            else:
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    def _receive(self) -> None:
        self.wfile.write(b"354 go on\r\n")
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.server.received.append(b"".join(lines))
        self.wfile.write(b"250 taken\r\n")


@pytest.fixture
def smtp():
    with SmtpServer() as server:
        yield server
        server.shutdown()


def test_a_message_is_filed_once_however_often_it_is_sent(tmp_path: Path):
    mailbox = Mailbox(spool=tmp_path / "mail")
    assert mailbox.send_once(ORDER) == mailbox.send_once(ORDER)
    [file] = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(file.read_bytes())
    assert (mail["To"], mail["Subject"], mail.get_payload().strip()) == (ORDER.to, ORDER.subject, ORDER.text)


def test_messages_with_different_tokens_are_different_messages(tmp_path: Path):
    mailbox = Mailbox(spool=tmp_path)
    other = msgspec.structs.replace(ORDER, token="another")
    assert mailbox.send_once(ORDER) != mailbox.send_once(other)
    assert len(list(tmp_path.iterdir())) == 2


def test_with_a_mail_server_a_message_is_sent_once_and_filed(tmp_path: Path, smtp: SmtpServer):
    mailbox = Mailbox(spool=tmp_path, smtp_url=smtp.url)
    message_id = mailbox.send_once(ORDER)
    mailbox.send_once(ORDER)
    [received] = smtp.received
    assert message_from_bytes(received)["Message-ID"] == message_id
    assert len(list(tmp_path.iterdir())) == 1


def test_what_the_server_refuses_for_good_is_a_no(tmp_path: Path, smtp: SmtpServer):
    smtp.refusal = b"550 no such user\r\n"
    with pytest.raises(Reject, match="RECIPIENT_REFUSED"):
        Mailbox(spool=tmp_path, smtp_url=smtp.url).send_once(ORDER)
    assert not list(tmp_path.iterdir())


def test_what_the_server_refuses_for_now_is_sent_later(tmp_path: Path, smtp: SmtpServer):
    mailbox = Mailbox(spool=tmp_path, smtp_url=smtp.url)
    smtp.refusal = b"450 grey-listed\r\n"
    with pytest.raises(OSError, match="grey-listed"):
        mailbox.send_once(ORDER)
    assert not list(tmp_path.iterdir())
    smtp.refusal = None
    mailbox.send_once(ORDER)
    assert len(smtp.received) == 1


@pytest.mark.parametrize(
    "address",
    ["a@b\n", "a@b\r\nBcc: c@d", "a@b,c@d", "<a@b>", "a b@c", "a", "@b", "a@", "a..b@c", "\u00e4@b", "a@b@c", '"a"@b'],
)
def test_an_address_that_could_be_two_or_a_header_is_refused(address: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(address, type=EmailAddress)


@given(st.from_regex(r"[A-Za-z0-9_%+.@\n ,<>:\"-]{1,40}", fullmatch=True))
def test_whatever_address_is_accepted_is_the_one_recipient(address: str):
    try:
        msgspec.convert(address, type=EmailAddress)
    except msgspec.ValidationError:
        return
    mail = Mailbox(spool=Path())._compose(msgspec.structs.replace(ORDER, to=address), "<id@example.com>")
    assert [recipient.addr_spec for recipient in mail["To"].addresses] == [address]


def test_the_environment_says_where_mail_goes():
    assert Mailbox.from_environment({}) == Mailbox(spool=Path(".operations/mail"))
    assert Mailbox.from_environment(
        {"EXAMPLES_SPOOL_DIR": "/spool", "SMTP_URL": "smtp://mail", "EXAMPLES_MAIL_FROM": "shop@example.com"}
    ) == Mailbox(Path("/spool"), "smtp://mail", "shop@example.com")
