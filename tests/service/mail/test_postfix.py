"""Letters leave through Debian's Postfix, the mail server that a provider is likely to have."""

import os
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

import pytest
from pydantic import SecretStr
from pytest_django import Settings

from clearline.service.mail.queries import outbox
from tests.journeys.provider import free_port, wait_until
from tests.service.accounts.people import NOW
from tests.service.mail.letters import CODE, TO, send, write

pytestmark = [pytest.mark.soak, pytest.mark.django_db]
DAEMONS: Final = Path("/usr/lib/postfix/sbin")
LETTERS: Final = 50
OK: Final = 250  # RFC 5321 4.2.3
MAIN: Final = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = post.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
smtpd_recipient_restrictions = reject_unauth_destination
"""
# Of each service: its type, then private, unprivileged, chroot, wakeup, limit.
MASTER: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def running_postfix(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the address of a Postfix of its own, and the mailbox into which all letters go."""
    assert DAEMONS.exists(), "apt-get install postfix"
    for name in ("queue", "data", "boxes", "conf"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "boxes", "nobody", "nogroup")
    boxes = (folder / "boxes").stat()
    port, conf = free_port(), folder / "conf"
    names = {"folder": folder, "domain": TO.partition("@")[2]}
    main = MAIN.format(**names, uid=boxes.st_uid, gid=boxes.st_gid)
    (conf / "main.cf").write_text(main, "utf-8")
    (conf / "master.cf").write_text(MASTER.format(port=port), "utf-8")
    command = ["postfix", "-c", str(conf)]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    try:
        wait_until(lambda: answers(port), seconds=30, what="Postfix answers")
        yield f"smtp://localhost:{port}", folder / "boxes" / "all"
    finally:
        subprocess.run([*command, "stop"], check=True, capture_output=True)


def answers(port: int) -> bool:
    with suppress(OSError), smtplib.SMTP("localhost", port, timeout=5) as server:
        return server.noop()[0] == OK
    return False


def letters_in(box: Path) -> list[EmailMessage]:
    new = sorted((box / "new").glob("*")) if box.exists() else []
    return [message_from_bytes(each.read_bytes(), policy=default) for each in new]


@pytest.fixture
def box(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    # Postfix's own users must be able to walk down to its folders.
    for each in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        each.chmod(0o755)
    with running_postfix(tmp_path) as (url, box):
        settings.ENV = settings.ENV.model_copy(update={"mail_url": SecretStr(url)})
        yield box


def test_each_letter_arrives_once_and_an_unknown_domain_holds_up_none(box: Path) -> None:
    assert os.geteuid() == 0, "Postfix starts as root alone"
    for number in range(LETTERS):
        write(code=f"{CODE}{number:02d}")
    write(to="bob@elsewhere.example")

    while send():
        pass

    wait_until(lambda: len(letters_in(box)) >= LETTERS, seconds=60, what="all letters arrive")
    told = outbox(NOW)
    assert (told.sent, told.waiting, told.given_up) == (LETTERS, 0, 1)
    found = letters_in(box)
    bodies = [each.get_body(("plain",)) for each in found]
    texts = [body.get_content() for body in bodies if body is not None]
    codes = {number for number in range(LETTERS) for text in texts if f"{CODE}{number:02d}" in text}
    assert codes == set(range(LETTERS))
    assert {each["From"] for each in found} == {"Example Voice <hello@example.test>"}
