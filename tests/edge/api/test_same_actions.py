"""P20: what a customer does on the pages of their account, the app does too.

Each page stands beside the operations that do the same, or beside the reason why there are none.
"""

from collections.abc import Mapping

from clearline.edge.api.urls import description
from tests.architecture.access import ROUTES

PAGES: Mapping[str, tuple[str, ...]] = {
    "account": ("profile", "account"),
    "account_join": ("policy", "sign_up"),
    "account_agreement": ("receipt",),
    "account_agree": ("agreement", "agree"),
    "account_invited": (*("ask_invited", "take_invitation", "invite_anew", "correct_invited_age"),),
    "account_details": (
        *("details", "set_phone", "remove_phone", "set_address", "remove_address"),
        *("set_device", "remove_device"),
    ),
    "account_contacts": ("contacts", "send_code", "type_code", "drop_code", "keep_factors"),
    "account_contacts_replace": ("use_another",),
    "account_recover": ("recover", "recover_by_code", "recover_by_link", "recover_password"),
    "account_way_back": ("come_back",),
    "account_not_me": ("take_back",),
    "account_close": ("close", "reopen"),
    "account_my_data": ("my_data", "open_my_data", "lines"),
    "account_my_data_file": ("file",),
    "account_my_data_receipt": ("line_receipt",),
    "account_team": (
        *("team", "invite", "withdraw", "set_role", "call_member", "remove", "leave"),
    ),
    "account_team_join": ("join",),
    "account_hand_over": ("offer", "take_offer_back"),
    "account_take_over": ("take_over", "decline"),
    "account_age": ("age",),
    "account_user_id": ("user_id",),
    "account_profile": ("profile", "change_profile", "business"),
    "account_sign_in": ("sign_in",),
    "account_second": ("second",),
    "account_sign_out": ("sign_out",),
    "account_prove": ("ways_to_prove", "prove"),
    "account_security": ("factors", "sessions", "sign_ins", "password"),
    "account_passkey": ("ask_for_passkey", "add_passkey"),
    "account_app": ("ask_for_app", "add_app"),
    "account_picture": ("ask_for_app",),
    "account_recovery": ("make_codes",),
    "account_remove": ("remove_passkey", "remove_app"),
    "account_end": ("end_session", "end_others", "end_one", "end_all"),
}
PAGES_ALONE: Mapping[str, str] = {
    "account_welcome": "says that the account is open",
    "account_disagree": "leads to closing and to my data",
    "account_user_id_changed": "says that it was changed",
    "account_first": "leads to passkeys and to apps that show codes",
    "account_demo": "is of the demo",
}
OPERATIONS = {
    operation["operationId"]
    for methods in description()["paths"].values()
    for operation in methods.values()
}
# Beside the pages of the account: keys are the app's alone, choices are a page of the site.
BESIDE = {"renew", "choices", "choose", "opt_in", "confirm_opt_in"}


def test_each_page_of_an_account_has_operations_that_do_the_same_or_a_reason() -> None:
    names = {str(each.name) for address, each in ROUTES if address.startswith("/account/")}

    assert sorted(names - {*PAGES, *PAGES_ALONE}) == [], (
        "name the operations of the API that do the same, or why there are none"
    )
    assert sorted({*PAGES, *PAGES_ALONE} - names) == [], "this page is gone: so should its row be"


def test_each_operation_stands_beside_its_page() -> None:
    named = {name for each in PAGES.values() for name in each}

    assert sorted(named - OPERATIONS) == [], "this operation is gone"
    assert sorted(OPERATIONS - named - BESIDE) == [], "name the page on which customers do this"
