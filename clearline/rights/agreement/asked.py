"""What somebody is asked who agrees to an edition, in the very words that the proof keeps."""

from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy

from clearline.service.accounts.actions import AgreedTo

AGREE: Final = gettext_lazy(
    "I have read the privacy policy and agree to it. Without agreeing, the services cannot be used."
)
BUTTON: Final = gettext_lazy("Agree and open the account")

# Of a later edition, to who has an account and was shown what changed.
AGAIN: Final = gettext_lazy("I have seen what changed in the privacy policy.")
AGAIN_BUTTON: Final = gettext_lazy("I agree")


def agreed_to(edition: date) -> AgreedTo:
    """Return what somebody agrees to by ticking the box and pressing the button."""
    return AgreedTo(edition, f"{AGREE} [{BUTTON}]")


def agreed_again_to(edition: date) -> AgreedTo:
    """Return what somebody agrees to who was shown what changed."""
    return AgreedTo(edition, f"{AGAIN} [{AGAIN_BUTTON}]")
