"""Bringing customers in from the console: tried first, each once, then invited, by one role."""

import csv
import io
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from clearline.edge.staff.upload import FILE_BYTES_MAX
from clearline.service.accounts import undoing
from clearline.service.accounts.models import Account, BroughtList, CustomerInvitation
from clearline.trust.ledger.models import Entry
from clearline.trust.safeguards.roles import Role
from tests.browser_client import hidden, signed_in
from tests.edge.site.answering import words_on
from tests.service.accounts.invited import bring_in

pytestmark = pytest.mark.django_db
PAGE = "/staff/customers/import/"
LIST = "Full name,E-mail,Account number,Shoes\nZoë,zoe@m.example,1,42\nYan,yan@m.example,,43\n"


@pytest.fixture
def officer() -> Client:
    return signed_in("odile", Role.PRIVACY_OFFICER)


@pytest.fixture
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})


def send(client: Client, content: str | bytes = LIST, **typed: str) -> HttpResponse:
    held = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("list.csv", held, content_type="text/csv")
    answer = client.post(PAGE, {**typed, "file": file})
    assert isinstance(answer, HttpResponse)
    return answer


def press(client: Client, typed: dict[str, str]) -> HttpResponse:
    kind = "application/x-www-form-urlencoded"
    answer = client.post(PAGE, urlencode(typed), content_type=kind, follow=True)
    assert isinstance(answer, HttpResponse)
    return answer


def test_all_that_is_wrong_with_a_row_stands_on_the_page_by_the_columns_of_the_page(
    officer: Client,
) -> None:
    head = "Full name,E-mail,Account number,Balance,Company\n"
    long_name = "x" * 201

    words = words_on(send(officer, f"{head},z@m,1,12,50,\n,zoe@m,1,1.234,{long_name}\n").content)

    assert "Name of the business ← Company" in words
    assert (
        "Name: Write your name. E-mail address: Write an address like name@example.com. "
        "Balance: It may be thousands or a fraction. Write it like 1234.00. "
        "Name of the business: Use at most 200 characters."
    ) in words


def test_where_the_language_has_a_comma_before_the_cents_the_page_says_so_and_takes_it(
    officer: Client, settings: Settings
) -> None:
    plain = words_on(officer.get(PAGE).content)
    settings.LANGUAGE_CODE = "de-de"

    page = words_on(officer.get(PAGE).content)
    sent = send(officer, "name;email;account;balance\nZoe;z@m.example;1;12,50\n", act="bring")

    assert "Write 12.50, -3.10 or 1,234.56; or whole cents, 1250." in plain
    assert "12,50, -3,10 or 1.234,56" in page
    assert sent.status_code == 200
    assert Account.objects.count() == 1


def test_a_list_is_tried_and_nothing_is_written(officer: Client) -> None:
    answer = send(officer, act="try")

    words = words_on(answer.content)
    assert answer.status_code == 200
    assert "Tried: nothing was written" in words
    assert "Would come in1" in words
    assert "Cannot come in1" in words
    assert "Account number: It must be" in words
    assert "Name ← Full name" in words
    assert "Left out: Shoes" in words
    assert not Account.objects.exists()


def test_yeses_that_are_left_out_are_told_with_why(officer: Client) -> None:
    head = "name,email,account,choices,proof,choices_date\n"
    old = "Zoe,zoe@m.example,1,ads=yes;content=yes,letter,2021-03-01\n"
    undated = "Yan,yan@m.example,2,ads=yes;content=no,letter,\n"

    words = words_on(send(officer, f"{head}{old}{undated}", act="bring").content)
    none = words_on(send(officer, act="try").content)

    assert "Came in2" in words
    assert "Yeses left out: older than the 400 days that a yes lasts2" in words
    assert "Yeses left out: without a day, or of one to come1" in words
    assert "Yeses left out" not in none
    assert "older than 400 days, is left out" in none


def test_a_list_is_brought_in_once_by_who_pressed(officer: Client) -> None:
    send(officer, act="bring")

    again = words_on(send(officer, act="bring").content)

    assert Account.objects.count() == 1
    assert "Came in0" in again
    assert "Are here already1" in again
    assert Entry.objects.filter(kind="customers.imported").count() == 1


def test_rows_that_cannot_come_in_are_told_without_what_stands_in_them(officer: Client) -> None:
    answer = send(officer, act="try")

    for word in ("Yan", "yan@", "Zoë"):
        assert word not in answer.content.decode()


def test_wrong_rows_are_given_back_to_mend(officer: Client) -> None:
    answer = send(officer, LIST + "=cmd(),x@m.example,,1\n", act="wrong")

    head, *rows = csv.reader(io.StringIO(answer.content.decode()))
    assert "attachment" in answer["Content-Disposition"]
    assert head == ["row", "reason", "Full name", "E-mail", "Account number", "Shoes"]
    assert [(row[0], row[2]) for row in rows] == [("3", "Yan"), ("4", "'=cmd()")]
    assert not Account.objects.exists()


def test_columns_that_nobody_knows_are_named_by_hand(officer: Client) -> None:
    content = "Wer,Mail,Nr\nZoë,zoe@m.example,1\n"

    unknown = send(officer, content, act="try")
    named = send(officer, content, act="bring", name="Wer", account_number="Nr")

    assert unknown.status_code == 422
    assert "known as “Name”. Choose it below." in words_on(unknown.content)
    assert "--mapping" not in words_on(unknown.content)
    assert "<option>Wer</option>" in unknown.content.decode()
    assert named.status_code == 200
    assert "<option selected>Wer</option>" in named.content.decode()
    assert "<option selected>Mail</option>" in named.content.decode()
    assert Account.objects.count() == 1


def test_latin_1_is_read_when_it_is_said(officer: Client) -> None:
    content = "Käufer,email,account\nZoë,zoe@m.example,1\n".encode("latin-1")
    typed = {"act": "try", "name": "Käufer"}

    assert send(officer, content, **typed).status_code == 422
    assert "Would come in1" in words_on(send(officer, content, encoding="latin-1", **typed).content)


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b"--x\r\n", "multipart/form-data; boundary=x", "file is empty"),
        (b"", "multipart/form-data", "could not be read"),
        (b"\xff" * 100, "multipart/form-data; boundary=\xff", "could not be read"),
        (b"x" * (FILE_BYTES_MAX + 20_000), "multipart/form-data; boundary=x", "too long"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 50 + b"--x--",
         "multipart/form-data; boundary=x", "could not be read"),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nb\r\n--x--',
         "multipart/form-data; boundary=x", "file is empty"),
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_told(officer: Client, body: bytes, kind: str, told: str) -> None:
    answer = officer.post(PAGE, body, content_type=kind)

    assert answer.status_code == 422
    assert told in words_on(answer.content)


@pytest.mark.usefixtures("post")
def test_who_came_in_is_invited_and_one_of_them_again(officer: Client) -> None:
    bring_in("zoe", "yan")
    assert "2 customers who came in" in words_on(officer.get(PAGE).content)

    all_of_them = press(officer, {"act": "invite"})
    one = press(officer, {"act": "again", "number": "N-zoe"})

    assert "2 letters wait" in words_on(all_of_them.content)
    assert "One letter waits" in words_on(one.content)
    assert CustomerInvitation.objects.count() == 2
    assert Entry.objects.filter(kind="account.invited").count() == 3


@pytest.mark.usefixtures("post")
def test_a_number_that_nobody_waits_under_is_told(officer: Client) -> None:
    answer = press(officer, {"act": "again", "number": "N-zoe"})

    assert answer.status_code == 404
    assert "No customer with this number waits" in words_on(answer.content)


def test_without_a_mail_server_nobody_is_invited(officer: Client) -> None:
    bring_in("zoe")

    answer = press(officer, {"act": "invite"})

    assert answer.status_code == 503
    assert "mail_url" in words_on(answer.content)
    assert not CustomerInvitation.objects.exists()


def test_a_list_is_taken_back_by_two_on_the_page(officer: Client) -> None:
    omar = signed_in("omar", Role.PRIVACY_OFFICER)
    send(officer, act="bring")
    page = f"{PAGE}{BroughtList.objects.get().number}/back/"

    asked = words_on(officer.post(page, {"act": "ask"}, follow=True).content)
    own = officer.post(page, {"act": "confirm", "seen": seen_on(officer)})
    stale = omar.post(page, {"act": "confirm", "seen": "x"})
    done = words_on(omar.post(page, {"act": "confirm", "seen": seen_on(omar)}, follow=True).content)

    assert "asked for it back" in asked
    assert "Confirm" not in asked
    assert (own.status_code, stale.status_code) == (403, 409)
    assert "taken back" in done
    assert undoing.erase_taken_back(now=timezone.now()) == 1
    assert not Account.objects.exists()


def test_a_list_that_was_asked_back_may_stay(officer: Client) -> None:
    signed_in("omar", Role.PRIVACY_OFFICER)
    send(officer, act="bring")
    page = f"{PAGE}{BroughtList.objects.get().number}/back/"
    officer.post(page, {"act": "ask"})

    stays = officer.post(page, {"act": "decline", "seen": seen_on(officer)}, follow=True)

    assert "Ask to take it back" in words_on(stays.content)
    assert officer.post(f"{PAGE}{'0' * 32}/back/", {"act": "ask"}).status_code == 404


def seen_on(client: Client) -> str:
    return hidden(client.get(PAGE).content.decode(), "seen")


def test_the_page_is_the_privacy_officers_alone(officer: Client) -> None:
    assert PAGE in officer.get("/staff/customers/").content.decode()

    for role in (Role.SUPPORT, Role.ADMINISTRATOR, Role.MARKETER):
        assert signed_in(f"some.{role}", role).get(PAGE).status_code == 403
