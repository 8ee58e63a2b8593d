"""The prompt, the page of choices, the signal, and what the browser holds afterwards."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from clearline.policy.choices import GPC_CLOSES
from clearline.policy.vocabulary import ChoiceName
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser
from tests.edge.site.answering import (
    BOTH,
    GPC,
    answer,
    chosen,
    fields,
    first_step,
    held,
    press,
    visitor,
    words_on,
)
from tests.trust.ledger.log import sign_log

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[3] / "docs"


def opt_in(client: Client) -> HttpResponseBase:
    """Take both steps, as a person who opted out and means yes now."""
    press(client, "opt_out")
    return press(client, "opt_in_confirmed", step=first_step(client))


@pytest.mark.parametrize("path", ["/", "/rates/", "/privacy/", "/privacy/choices/", "/nowhere/"])
def test_before_a_choice_no_page_sets_a_cookie(path: str) -> None:
    client = browser()

    client.get(path)

    assert held(client) == {}


def test_accepting_and_declining_are_twins_on_the_prompt() -> None:
    page = browser().get("/").content.decode()

    start = page.index('<form class="ask"')
    prompt = page[start : page.index("</form>", start)]
    assert prompt.count('<button class="button plain" name="answer"') == 2  # CC-31: symmetry
    assert "checked" not in prompt


def test_after_an_answer_the_prompt_is_gone_and_the_foot_still_leads_to_the_choices() -> None:
    client = browser()

    answer(client, "decline")

    page = client.get("/").content.decode()
    assert 'class="ask"' not in page
    assert "/privacy/choices/" in page


def test_declining_leaves_the_choice_cookie_alone_on_the_device() -> None:
    client = browser()
    answer(client, "accept")

    answer(client, "decline")

    assert set(held(client)) == {"cl_choices"}
    assert chosen(client).choices.no >= BOTH


def test_accepting_gives_the_browser_a_random_number_that_stays() -> None:
    client = browser()
    answer(client, "accept")
    first = visitor(client)

    client.get("/services/")
    answer(client, "accept")

    assert first is not None
    assert first.id > 0
    again = visitor(client)
    assert again is not None
    assert again.id == first.id


def test_each_choice_stands_alone() -> None:
    client = browser()

    client.post("/privacy/choices/", {"act": "save", "measurement": "no", "content": "yes"})

    found = visitor(client)
    assert found is not None
    assert found.id == 0
    assert chosen(client).choices.yes == {ChoiceName.CONTENT}


def test_an_answer_leads_back_to_the_page_it_was_given_on() -> None:
    client = browser()

    response = client.get(answer(client, "accept", back="/help/?q=echo")["Location"])

    assert response["Location"] == "/help/?q=echo&cookies=saved"


@pytest.mark.parametrize(
    "back",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "x"),
        *("/\t///evil.example", "/\n//evil.example", "/\r///evil.example"),
    ],
)
def test_an_answer_never_leads_to_another_site(back: str) -> None:
    client = browser()

    response = client.get(answer(client, "accept", back=back)["Location"])

    assert response["Location"] == "/?cookies=saved"


def followed(client: Client, response: HttpResponseBase) -> str:
    """Return the page that an answer leads to, past the look for the cookie."""
    return client.get(client.get(response["Location"])["Location"]).content.decode()


def lines_saved(page: str) -> list[str]:
    """Return the lines that tell what was saved, without their links."""
    found = re.findall(r'<p role="status"><b>(Your choices are saved:.*?)<a ', page)
    return [strip_tags(line).strip() for line in found]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"act": "accept"}, "recognised yes, extras yes"),
        ({"act": "decline"}, "recognised no, extras no"),
        (
            {"act": "save", "measurement": "yes", "content": "no"},
            "recognised yes, extras no",
        ),
        ({"act": "opt_out"}, "sale or sharing no"),
    ],
)
def test_the_page_after_an_answer_says_once_what_was_saved(said: dict[str, str], told: str) -> None:
    client = browser()

    page = followed(client, client.post("/privacy/choices/", said))

    assert lines_saved(page) == [f"Your choices are saved: {told}."]
    assert "You can change this at any time." in page


def test_the_page_after_the_prompts_answer_says_so_and_no_cookie_of_its_own_does() -> None:
    client = browser()

    page = followed(client, answer(client, "decline"))

    assert lines_saved(page) == ["Your choices are saved: recognised no, extras no."]
    assert set(held(client)) == {"cl_choices"}
    assert lines_saved(client.get("/rates/").content.decode()) == []


@pytest.mark.parametrize("mark", ["saved", "refused", "<b>", ""])
def test_an_address_alone_makes_no_page_say_that_something_was_saved(mark: str) -> None:
    page = browser().get("/", {"cookies": mark}).content.decode()

    assert lines_saved(page) == []


def test_a_page_told_that_it_follows_an_answer_is_no_other_page_to_the_counts() -> None:
    client = browser()

    page = followed(client, answer(client, "accept"))

    beacon = re.search(r'background="([^"]+)"', page)
    assert beacon
    assert "cookies" not in beacon.group(1)


@pytest.mark.parametrize(("pressed", "told"), [("accept", "yes"), ("decline", "")])
def test_a_page_that_was_answered_on_tells_no_second_view(pressed: str, told: str) -> None:
    client = browser()
    answer(client, pressed)

    page = client.get("/?cookies=saved", headers={"referer": f"{settings.ENV.url}/?q=a"})

    text = page.content.decode()
    assert f'data-first="{told}"' in text
    assert re.findall(r"b\.gif\?id=[^\"]*&amp;kind=(\w*)", text) == ([told] if told else [])


@pytest.mark.parametrize("came_from", ["", "/rates/"])
def test_an_address_that_says_saved_and_is_opened_from_elsewhere_is_a_view(came_from: str) -> None:
    client = browser()
    answer(client, "accept")

    page = client.get("/?cookies=saved", headers={"referer": f"{settings.ENV.url}{came_from}"})

    assert "data-first" not in page.content.decode()
    assert "b.gif?id=" in page.content.decode()
    assert "kind=" not in page.content.decode()


def test_a_browser_that_refuses_cookies_gets_one_line_and_counts_as_declined() -> None:
    client = browser()
    first = answer(client, "accept")
    client.cookies.clear()

    second = client.get(first["Location"])
    page = client.get(second["Location"]).content.decode()

    assert "keeps no cookies" in page
    assert 'name="answer"' not in page
    assert held(client) == {}


def test_a_choice_gives_a_proof_that_only_its_number_opens() -> None:
    client = browser()
    answer(client, "accept")

    entry = Entry.objects.get()

    assert entry.public_id == chosen(client).proof
    assert entry.subject is None
    unsigned = client.get(f"/privacy/receipt/{entry.public_id}/")
    assert unsigned.status_code == 409
    assert "<h1>In a few seconds</h1>" in unsigned.content.decode()
    assert client.get(f"/privacy/receipt/{'0' * 32}/").status_code == 404


@pytest.mark.parametrize("signal", ["1", "1, 1"])
def test_the_signal_is_shown_as_honoured_and_kept_as_a_no_to_sale(signal: str) -> None:
    client = browser(**{"sec-gpc": signal})

    assert "Opt-Out Request Honored" in client.get("/").content.decode()

    answer(client, "accept")
    page = client.get("/privacy/choices/").content.decode()
    assert "Opted out" in page
    assert chosen(client).choices.yes >= BOTH  # CC-36: it speaks of sale, not of counting


@pytest.mark.parametrize("signal", ["0", "", "true", "11"])
def test_only_the_number_one_is_the_signal(signal: str) -> None:
    page = browser(**{"sec-gpc": signal}).get("/").content.decode()

    assert "Opt-Out Request Honored" not in page


def test_opting_out_of_sale_takes_one_click_and_coming_back_two() -> None:
    client = browser()
    press(client, "opt_out")
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no

    step = first_step(client)
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no

    press(client, "opt_in_confirmed", step=step)
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.yes


def test_the_second_step_of_opting_in_counts_for_nothing_without_the_first() -> None:
    client, other = browser(), browser()
    press(client, "opt_out")
    press(other, "opt_out")
    step = first_step(client)

    refused = [
        press(client, "opt_in_confirmed"),
        press(client, "opt_in_confirmed", step=step[:-1] + ("a" if step[-1] != "a" else "b")),
        press(client, "opt_in_confirmed", step=first_step(other)),
        press(browser(), "opt_in_confirmed", step=step),
        press(browser(), "opt_in"),
    ]

    assert [each.status_code for each in refused] == [409] * 5
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no
    assert Entry.objects.count() == 2


def test_a_first_step_is_good_once_and_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    press(client, "opt_out")
    step = first_step(client)
    later = time.time() + 601
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: later)
        assert press(client, "opt_in_confirmed", step=step).status_code == 409

    press(client, "opt_in_confirmed", step=step)
    press(client, "opt_out")

    assert press(client, "opt_in_confirmed", step=step).status_code == 409
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no


def test_the_signal_ends_an_earlier_yes_once_and_for_good() -> None:
    client = browser()
    opt_in(client)
    before = Entry.objects.count()

    for _ in range(3):
        client.get("/", headers=GPC)

    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no
    assert Entry.objects.count() == before + 1


@pytest.mark.parametrize("said", ["accept", "decline", "opt_out"])
def test_what_the_signal_said_beside_an_answer_stays_when_the_signal_is_gone(said: str) -> None:
    client = browser()
    client.post("/privacy/choices/", {"act": said}, headers=GPC)

    page = client.get("/privacy/choices/").content.decode()

    assert "Opted out" in page
    assert chosen(client).choices.no >= GPC_CLOSES


@pytest.mark.parametrize("said", ["accept", "decline"])
def test_a_signal_after_an_answer_that_did_not_speak_of_sale_is_kept_too(said: str) -> None:
    client = browser()
    answer(client, said)
    client.get("/", headers=GPC)

    page = client.get("/privacy/choices/").content.decode()

    assert "Opted out" in page
    assert chosen(client).choices.no >= GPC_CLOSES
    assert fields(chosen(client).proof)["by_signal"] == sorted(GPC_CLOSES)


def test_a_yes_to_sale_is_not_recorded_while_the_signal_says_no() -> None:
    client = browser()
    press(client, "opt_out")
    step = first_step(client)
    form = {"act": "opt_in_confirmed", "step": step}

    refused = client.post("/privacy/choices/", form, headers=GPC)
    first = client.post("/privacy/choices/", {"act": "opt_in"}, headers=GPC)

    assert refused.status_code == first.status_code == 403
    assert "turn the signal off first" in refused.content.decode()
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("said", ["accept", "decline"])
def test_a_proof_says_nothing_of_a_signal_that_was_not_there_or_changed_nothing(said: str) -> None:
    client = browser()
    answer(client, said)
    without = fields(chosen(client).proof)
    client.post("/privacy/choices/", {"act": "opt_out"}, headers=GPC)
    client.post("/privacy/choices/", {"act": said}, headers=GPC)

    assert "gpc" not in without
    assert without["by_signal"] == []
    assert fields(chosen(client).proof)["by_signal"] == []


def test_the_prompts_words_are_those_of_its_proof() -> None:
    client = browser()
    page = client.get("/").content
    answer(client, "accept")

    told = fields(chosen(client).proof)

    words, _, button = str(told["text"]).rpartition(" ")
    assert told["surface"] == "prompt"
    assert words in words_on(page)
    assert button == "[Accept]"


@pytest.mark.parametrize(
    ("act", "button"),
    [
        ("accept", "Accept"),
        ("decline", "Decline"),
        ("save", "Save my choices"),
        ("opt_out", "Do not sell or share my personal information"),
    ],
)
def test_the_words_of_the_page_of_choices_are_those_of_its_proof(act: str, button: str) -> None:
    client = browser()
    page = words_on(client.get("/privacy/choices/").content)
    press(client, act)

    told = fields(chosen(client).proof)

    assert told["surface"] == "choices"
    assert str(told["text"]).endswith(f" [{button}]")
    assert all(sentence in page for sentence in re.split(r"(?<=\.) ", words_of(told)))
    assert button in page


def words_of(told: dict[str, object]) -> str:
    return str(told["text"]).partition(" [")[0]


def test_a_yes_to_sale_is_proved_with_the_words_that_asked_for_it() -> None:
    client = browser()
    press(client, "opt_out")
    page = press(client, "opt_in").content  # type: ignore[attr-defined]  # not streamed
    opt_in(client)

    told = fields(chosen(client).proof)

    assert told["surface"] == "opt_in"
    assert "If you confirm, that no is taken back." in words_of(told)
    assert words_of(told) in words_on(page)
    assert str(told["text"]).endswith("[Yes, allow it again]")


def test_the_foot_of_every_page_takes_a_yes_back_in_one_click() -> None:
    client = browser()
    assert "Stop recognising this browser" not in client.get("/rates/").content.decode()
    answer(client, "accept")
    page = client.get("/rates/").content

    form = page.decode().partition("<footer")[2].partition("</form>")[0]
    client.post("/privacy/choice/", {"answer": "withdraw", "back": "/rates/"})

    assert 'value="withdraw">Stop recognising this browser</button>' in form
    assert "until they are 25 months old" in form
    assert set(held(client)) == {"cl_choices"}
    told = fields(chosen(client).proof)
    assert told["surface"] == "foot"
    assert words_of(told) in words_on(page)
    assert set(BOTH) <= chosen(client).choices.no
    assert "Stop recognising this browser" not in client.get("/rates/").content.decode()


@pytest.mark.usefixtures("own_log")
def test_earlier_proofs_are_reachable_from_the_page_of_choices() -> None:
    client = browser()
    answer(client, "accept")
    first = chosen(client).proof
    answer(client, "decline")
    sign_log(now=timezone.now())

    page = client.get("/privacy/choices/").content.decode()

    listed = re.findall(r"<li><a href=\"/privacy/receipt/(\w+)/\" download>(.*?)</li>", page)
    assert [proof for proof, _ in listed] == [first]
    told = strip_tags(listed[0][1])
    assert re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d:\d\d E[SD]T: recognised yes, extras yes", told)
    assert re.search(
        r":\d\d E[SD]T, made under .* recognised no, extras no\.", words_on(page.encode())
    )
    assert client.get(f"/privacy/receipt/{first}/").status_code == 200
    assert fields(chosen(client).proof)["before"] == first


@pytest.mark.usefixtures("own_log")
def test_everything_to_check_a_proof_without_us_is_on_the_site(tmp_path: Path) -> None:
    client = browser()
    answer(client, "accept")
    sign_log(now=timezone.now())
    choices_page = client.get("/privacy/choices/").content.decode()
    page = client.get("/privacy/receipts/").content.decode()

    link = re.search(r'href="([^"]*verify_receipt\.py)"', page)
    length = re.search(r"less than ([0-9]+) lines", page)
    vkey = re.search(r"verify_receipt\.py receipt\.json (?:&#x27;|')([^ ]+?)(?:&#x27;|')<", page)
    assert link
    assert vkey
    served = client.get(link.group(1))
    program, proof = tmp_path / "verify_receipt.py", tmp_path / "receipt.json"
    program.write_bytes(served.getvalue())
    proof.write_bytes(client.get(f"/privacy/receipt/{chosen(client).proof}/").content)
    command = [sys.executable, "-I", "-S", str(program), str(proof), vkey.group(1)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")

    assert '"/privacy/receipts/"' in choices_page
    assert program.read_bytes() == (DOCS / "verify_receipt.py").read_bytes()
    assert length
    assert len(program.read_bytes().splitlines()) < int(length[1])
    assert told.returncode == 0, told.stderr
    assert "May we recognise this browser by a random number?" in told.stdout


@pytest.mark.parametrize("value", ["x", "1.a~b.c", "1." + "x" * 5000, '"', "1.~~~~."])
def test_a_forged_cookie_is_no_cookie(value: str) -> None:
    client = browser()
    client.cookies["cl_choices"] = value
    client.cookies["cl_visitor"] = value

    page = client.get("/privacy/choices/")

    assert page.status_code == 200
    assert "You have not chosen yet" in page.content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "save", "measurement": "perhaps"},
        {"act": "drop table"},
    ],
)
def test_an_answer_that_cannot_be_read_changes_nothing(form: dict[str, str]) -> None:
    client = browser()

    refused = client.post("/privacy/choices/", form)

    assert refused.status_code == 422
    assert not Entry.objects.exists()
    assert held(client) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {},
    ],
)
def test_a_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], **headers})

    refused = client.post("/privacy/choice/", {"answer": "accept"})

    assert refused.status_code == 403
    assert not Entry.objects.exists()


def test_an_old_browser_is_known_by_its_origin() -> None:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "origin": settings.ENV.url})

    assert client.post("/privacy/choice/", {"answer": "accept"}).status_code == 303


def test_the_policy_is_told_as_data_too() -> None:
    client = browser()

    told = json.loads(client.get("/privacy/editions/2026-01-01.json").content)
    text = client.get("/privacy/editions/2026-01-01.toml").content

    path = settings.ENV.policy_dir / "2026-01-01.toml"
    assert text == path.read_bytes()
    assert {clause["id"] for clause in told["clause"]} >= {"visits.measure", "visits.count"}
