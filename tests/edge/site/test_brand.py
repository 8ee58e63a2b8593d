"""The provider's mark: shown where there is one, as an image and nothing more."""

from pathlib import Path

import pytest
from pytest_django import Settings

from clearline.config.init_command import make_instance
from clearline.edge.site.brand import LOGO_BYTES_MAX
from clearline.trust.safeguards.roles import Role
from tests.browser_client import browser, signed_in
from tests.instance import FIRST_DAY, NAMES, publish

MARK = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>x</script></svg>'
DEFAULT = '<svg viewBox="0 0 24 24"'
IMAGE = '<img src="/brand/logo.svg" alt="">'

pytestmark = pytest.mark.django_db


@pytest.fixture
def logo(settings: Settings, tmp_path: Path) -> Path:
    """Where the mark of an instance of its own goes."""
    make_instance(tmp_path, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(tmp_path / "policy", FIRST_DAY)
    settings.ENV = settings.ENV.model_copy(update={"instance": tmp_path})
    return tmp_path / "brand" / "logo.svg"


def test_without_a_mark_every_page_shows_the_default(logo: Path) -> None:
    page = browser().get("/contact/").content.decode()

    assert DEFAULT in page
    assert "/brand/logo.svg" not in page
    assert browser().get("/brand/logo.svg").status_code == 404


def test_a_mark_is_shown_on_the_site_and_to_the_staff(logo: Path) -> None:
    logo.write_bytes(MARK)

    pages = (browser().get("/contact/"), signed_in("olu", Role.ADMINISTRATOR).get("/staff/people/"))

    for page in pages:
        assert IMAGE in page.content.decode()
        assert DEFAULT not in page.content.decode()


def test_a_mark_that_is_opened_by_itself_can_run_nothing(logo: Path) -> None:
    logo.write_bytes(MARK)

    answer = browser().get("/brand/logo.svg")

    assert answer.content == MARK
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_a_new_mark_is_shown_at_once(logo: Path) -> None:
    logo.write_bytes(MARK)
    browser().get("/brand/logo.svg")

    logo.write_bytes(MARK.replace(b"9", b"7"))

    assert browser().get("/brand/logo.svg").content == MARK.replace(b"9", b"7")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg" + b" " * LOGO_BYTES_MAX])
def test_what_is_no_mark_or_too_big_is_not_shown(content: bytes, logo: Path) -> None:
    logo.write_bytes(content)

    assert browser().get("/brand/logo.svg").status_code == 404
    assert DEFAULT in browser().get("/contact/").content.decode()
