"""What the tests of contacts share with those of mail: a mail server, named in the settings."""

from tests.service.mail.conftest import office

__all__ = ["office"]
