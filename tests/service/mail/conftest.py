"""What the tests of mail share: a mail server, named in the settings."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from pytest_django import Settings

from tests.service.mail.post_office import Office, open_office


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    with open_office() as office:
        url = SecretStr(office.url)
        settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
        yield office
