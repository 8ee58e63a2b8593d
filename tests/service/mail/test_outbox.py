"""The outbox: letters wait sealed, leave once, are tried again, and are noted without a word."""

import threading
from datetime import timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from pydantic import SecretStr
from pytest_django import Settings

from clearline.kit.errors import Denied
from clearline.policy.vocabulary import SubjectId
from clearline.service.mail import actions as mail
from clearline.service.mail import send as way_out
from clearline.service.mail.actions import GIVEN_UP_AFTER, HELD, LetterTooLong
from clearline.service.mail.compose import AddressRefused
from clearline.service.mail.models import Letter
from clearline.service.mail.queries import outbox
from clearline.service.mail.send import MailUrlBroken, Server, ServerAway
from clearline.service.mail.template import State, Template
from clearline.trust.gate.permit import PermitExpired
from clearline.trust.gate.queries import policy_in_force
from clearline.trust.ledger import queries as ledger
from clearline.trust.ledger.keys import sealer
from clearline.trust.ledger.models import Entry
from clearline.trust.vault.actions import erase_person
from tests.promises.provider import rows
from tests.service.accounts.people import NOW
from tests.service.mail.letters import ALICE, CODE, TO, send, write
from tests.service.mail.post_office import PASSWORD, USER, Office, certificate, open_office

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def told(kind: str) -> dict[str, object]:
    return ledger.fields_of(Entry.objects.get(kind=kind), sealer())


def test_a_letter_arrives_in_plain_text_and_html_with_the_providers_names(office: Office) -> None:
    write()

    sent = send()

    (letter,) = office.letters
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert (sent, office.to) == (1, [TO])
    assert plain is not None
    assert html is not None
    for body in (plain.get_content(), html.get_content()):
        assert CODE in body
        assert "Example Voice, Inc." in body
        assert "&amp;" not in body
    assert letter["From"] == "Example Voice <hello@example.test>"
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("template", Template)
def test_no_letter_loads_anything_or_leads_anywhere(office: Office, template: Template) -> None:
    write(template=template)

    send()

    html = office.letters[0].get_body(("html",))
    assert html is not None
    for word in ("<img", "src=", "href=", "url(", "<script", "<link", "@import"):
        assert word not in html.get_content().lower()


def test_what_waits_stands_nowhere_in_clear_and_what_is_noted_is_the_kind_alone(
    office: Office,
) -> None:
    write()
    waiting = "\n".join(rows())

    send()

    for word in (TO, CODE):
        assert word not in waiting
        assert word not in "\n".join(rows())
    assert told("mail.sent") == {"template": "address_code"}
    assert Entry.objects.get(kind="mail.sent").subject is None


def test_a_letter_to_somebody_s_own_address_is_noted_as_theirs(office: Office) -> None:
    write(template=Template.CHANGE_NOTICE)

    send()

    assert len(office.taken) == 1
    assert Entry.objects.get(kind="mail.sent").subject == ALICE


def test_a_letter_that_is_kept_back_lies_sealed_for_its_time_and_never_leaves(
    office: Office,
) -> None:
    permit = mail.ask_to_write(ALICE, NOW)
    with transaction.atomic():
        mail.keep_back(
            to=TO,
            template=Template.ADDRESS_CODE,
            context={"code": CODE},
            subject=ALICE,
            permit=permit,
            now=NOW,
        )

    gone = [send(), send(NOW + GIVEN_UP_AFTER)]
    box = outbox(NOW)

    assert (gone, office.taken) == ([0, 0], [])
    assert (box.waiting, box.sent, box.given_up) == (0, 0, 0)
    assert not Entry.objects.filter(kind__startswith="mail.").exists()
    kept = "\n".join(rows())
    assert TO not in kept
    assert CODE not in kept
    assert mail.erase_expired(policy_in_force(NOW), now=NOW + timedelta(days=7)) == 1


def test_a_letter_goes_with_what_called_for_it_or_not_at_all(office: Office) -> None:
    permit = mail.ask_to_write(ALICE, NOW)

    def fail() -> None:
        mail.enqueue(
            to=TO,
            template=Template.CHANGE_NOTICE,
            context={},
            subject=ALICE,
            permit=permit,
            now=NOW,
        )
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        fail()

    assert (send(), office.taken) == (0, [])


def test_what_somebody_waits_for_goes_before_all_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "priority_of", lambda each: int(each is Template.CHANGE_NOTICE))
    write(template=Template.CHANGE_NOTICE, now=NOW - MINUTE)
    write()

    send()

    assert ["code" in str(each["Subject"]).lower() for each in office.letters] == [True, False]


@pytest.mark.parametrize(
    "to",
    [
        "alice@mail.example\r\nBcc: charlie@other.example",
        "alice@mail.example\nSubject: x",
        "alice@mail.example, charlie@other.example",
        "<alice@mail.example>",
        "alice",
        "@mail.example",
        "",
        f"{'a' * 250}@mail.example",
    ],
)
def test_an_address_that_is_more_than_an_address_is_refused(to: str) -> None:
    with pytest.raises(AddressRefused):
        write(to=to)

    assert not Letter.objects.exists()


def test_what_fills_a_letter_makes_no_line_of_its_head(office: Office) -> None:
    write(code="1\r\nBcc: charlie@other.example\r\n\r\n.\r\nRCPT TO:<charlie@other.example>")

    send()

    (letter,) = office.letters
    assert letter["Bcc"] is None
    assert office.to == [TO]


def test_a_letter_needs_a_fresh_permit_for_that_person() -> None:
    permit = mail.ask_to_write(ALICE, NOW)
    letter = {"to": TO, "template": Template.CHANGE_NOTICE, "context": {}, "permit": permit}

    with pytest.raises(Denied):
        mail.enqueue(subject=SubjectId("b" * 32), now=NOW, **letter)  # type: ignore[arg-type]  # told by name
    with pytest.raises(PermitExpired):
        mail.enqueue(subject=ALICE, now=NOW + 2 * MINUTE, **letter)  # type: ignore[arg-type]  # as above


def test_what_would_fill_a_letter_without_end_is_refused() -> None:
    with pytest.raises(LetterTooLong):
        write(code="1" * 4_000)


def test_a_letter_that_is_put_off_is_tried_again_ever_later(office: Office) -> None:
    office.answers = ["451 later", "451 later"]
    write()

    first = send()
    too_soon = send(NOW + timedelta(seconds=59))
    second = send(NOW + MINUTE)
    third = send(NOW + 3 * MINUTE)

    assert (first, too_soon, second, third) == (0, 0, 0, 1)
    assert len({str(each["Message-ID"]) for each in office.letters}) == 1


@pytest.mark.parametrize("answer", ["550 nobody here", "452 full"])
def test_a_letter_that_is_refused_is_given_up_at_once_or_after_three_days(
    office: Office, answer: str
) -> None:
    office.recipient_answer = answer
    write()

    send()
    before = outbox(NOW)
    send(NOW + GIVEN_UP_AFTER)
    after = outbox(NOW + GIVEN_UP_AFTER)

    is_final = answer.startswith("5")
    assert (before.waiting, before.given_up) == ((0, 1) if is_final else (1, 0))
    assert (after.waiting, after.given_up) == (0, 1)
    assert told("mail.failed") == {"template": "address_code"}
    assert office.taken == []


def test_a_server_that_hangs_up_is_told_and_the_letter_is_not_lost(office: Office) -> None:
    office.hangs_up = True
    write()

    with pytest.raises(ServerAway) as away:
        send()
    office.hangs_up = False
    sent = send(NOW + MINUTE)

    assert TO not in str(away.value)
    assert (sent, len(office.taken)) == (1, 1)


def test_a_server_that_is_not_there_is_told(settings: Settings, office: Office) -> None:
    url = SecretStr("smtp://127.0.0.1:1")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    write()

    with pytest.raises(ServerAway, match="ConnectionRefusedError"):
        send()

    assert Letter.objects.get().state == State.WAITING


def test_a_server_that_drags_is_cut_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_out, "WHOLE_S", 0.3)
    office.drag_s = 30.0
    write()

    with pytest.raises(ServerAway):
        send()

    assert Letter.objects.get().tries == 1


def test_with_starttls_the_server_is_known_and_signed_in_to(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    write()

    with open_office(starttls=context) as office:
        url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{office.port}"
        settings.ENV = settings.ENV.model_copy(update={"mail_url": SecretStr(url)})
        with pytest.raises(ServerAway, match="SSLCertVerificationError"):
            send()
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        sent = send(NOW + MINUTE)

    assert (sent, office.signed_in, len(office.taken)) == (1, 1, 1)


def test_nothing_leaves_unencrypted_but_to_a_server_on_this_machine(
    settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way_out, "LOCAL_HOSTS", frozenset())
    write()

    with pytest.raises(ServerAway, match="SMTPNotSupportedError"):
        send()

    assert office.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "imap://mail.example",
        "smtp://",
        "smtp://h:99999",
        "smtp://h/path",
        "smtp://h?x",
        "smtp://[x",
    ],
)
def test_an_address_of_a_server_that_is_none_is_told(url: str) -> None:
    with pytest.raises(MailUrlBroken, match="write smtp"):
        Server.from_url(url)


def test_an_address_of_a_server_is_read_with_its_password() -> None:
    server = Server.from_url("smtps://me:p%40ss%2F@mail.example")

    assert (server.host, server.port, server.user) == ("mail.example", 465, "me")
    assert (server.password, server.is_tls) == ("p@ss/", True)
    assert "p@ss" not in repr(server)


def test_an_address_that_this_server_cannot_write_to_is_given_up(office: Office) -> None:
    write(to="søren@mail.example")

    send()

    assert outbox(NOW).given_up == 1


def test_without_a_mail_server_letters_wait(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"mail_url": None})
    write()

    assert (send(), outbox(NOW).waiting) == (0, 1)


@pytest.mark.usefixtures("own_log")
def test_in_a_demo_letters_lie_in_a_folder_and_are_erased_there_too(settings: Settings) -> None:
    url = SecretStr("folder:")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
    write()

    sent = send()
    (file,) = settings.ENV.mail_dir.glob("*.eml")
    text = file.read_text(encoding="utf-8")
    mail.erase_expired(policy_in_force(NOW), now=NOW + timedelta(days=8))

    assert sent == 1
    assert TO in text
    assert CODE in text
    assert not file.exists()
    assert not Letter.objects.exists()


def test_a_letter_to_somebody_who_was_erased_goes_nowhere(office: Office) -> None:
    write()
    erase_person(ALICE, now=NOW)

    sent = send()

    assert (sent, office.taken, Letter.objects.count()) == (0, [], 0)


def test_a_worker_that_fell_while_sending_sends_that_letter_once_more_and_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FellError(Exception):
        pass

    def fall(*_: object) -> None:
        raise FellError

    write()
    write()
    with monkeypatch.context() as patched:
        patched.setattr(mail, "end", fall)
        with pytest.raises(FellError):
            send()
    other = send(NOW + MINUTE)
    again = send(NOW + HELD)

    ids = [str(each["Message-ID"]) for each in office.letters]
    assert (other, again, len(ids), len(set(ids))) == (1, 1, 3, 2)
    assert ids[0] == ids[2]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_a_letter_twice(office: Office) -> None:
    for _ in range(20):
        write()
    office.drag_s = 0.01

    def work() -> None:
        send()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [str(each["Message-ID"]) for each in office.letters]
    assert (len(ids), len(set(ids))) == (20, 20)
    assert Entry.objects.filter(kind="mail.sent").count() == 20
