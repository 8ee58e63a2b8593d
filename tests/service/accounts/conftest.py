"""What the tests of accounts share: a mail server's name, so that letters may be written."""

import pytest
from pydantic import SecretStr
from pytest_django import Settings


@pytest.fixture
def post(settings: Settings) -> None:
    url = SecretStr("smtp://localhost:2525")
    settings.ENV = settings.ENV.model_copy(update={"mail_url": url})
