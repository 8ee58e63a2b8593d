"""The prompt, the page of choices, the signal, and what the browser holds afterwards."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from clearline.policy.vocabulary import ChoiceName
from clearline.trust.consent.cookie import ChosenOnDevice, CookieSigner, VisitorOnDevice
from clearline.trust.ledger.models import Entry
from tests.browser_client import browser

pytestmark = pytest.mark.django_db
SIGNER = CookieSigner(settings.ENV.key("choices"), is_https=False)
BOTH = {ChoiceName.MEASUREMENT, ChoiceName.CONTENT}


def held(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}


def chosen(client: Client) -> ChosenOnDevice:
    found = SIGNER.read_choices(held(client))
    assert found is not None
    return found


def visitor(client: Client) -> VisitorOnDevice | None:
    return SIGNER.read_visitor(held(client))


def answer(client: Client, said: str, back: str = "/rates/") -> HttpResponseBase:
    return client.post("/privacy/choice/", {"answer": said, "back": back})


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

    assert response["Location"] == "/help/?q=echo"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "x"]
)
def test_an_answer_never_leads_to_another_site(back: str) -> None:
    client = browser()

    response = client.get(answer(client, "accept", back=back)["Location"])

    assert response["Location"] == "/"


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
    assert client.get(f"/privacy/receipt/{entry.public_id}/").status_code == 409  # not signed yet
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
    client.post("/privacy/choices/", {"act": "opt_out"})
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no

    asked = client.post("/privacy/choices/", {"act": "opt_in"})
    assert "Allow sale or sharing again?" in asked.content.decode()
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no

    client.post("/privacy/choices/", {"act": "opt_in_confirmed"})
    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.yes


def test_the_signal_ends_an_earlier_yes_once_and_for_good() -> None:
    client = browser()
    client.post("/privacy/choices/", {"act": "opt_in_confirmed"})

    for _ in range(3):
        client.get("/", headers={"sec-gpc": "1"})

    assert ChoiceName.SALE_OR_SHARING in chosen(client).choices.no
    assert Entry.objects.count() == 2


def test_after_a_no_nobody_is_asked_again_for_a_year() -> None:
    client = browser()
    answer(client, "decline")
    told = chosen(client)

    def is_asked(age: timedelta) -> bool:
        aged = ChosenOnDevice(told.choices, timezone.now() - age, told.edition, told.proof)
        client.cookies["cl_choices"] = SIGNER.write_choices(aged)
        return 'class="ask"' in client.get("/").content.decode()

    assert not is_asked(timedelta(days=364))


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
