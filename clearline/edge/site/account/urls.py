"""The addresses of an account; each view says who may open it."""

from django.urls import path

from clearline.edge.site.account import (
    agreeing,
    contacts,
    corrections,
    details,
    handing_over,
    invited,
    join,
    my_data,
    overview,
    recover,
    team,
    way_back,
)

account_urlpatterns = [
    path("", overview.overview, name="account"),
    path("join/", join.join, name="account_join"),
    path("welcome/", join.welcome, name="account_welcome"),
    path("agreement/", join.agreement, name="account_agreement"),
    path("agree/", agreeing.agree, name="account_agree"),
    path("disagree/", agreeing.disagree, name="account_disagree"),
    path("invited/<str:token>/", invited.invited, name="account_invited"),
    path("details/", details.details, name="account_details"),
    path("contacts/", contacts.contacts, name="account_contacts"),
    path("contacts/replace/", contacts.use_another, name="account_contacts_replace"),
    path("recover/", recover.recover, name="account_recover"),
    path("way-back/", way_back.way_back, name="account_way_back"),
    path("not-me/", contacts.not_me, name="account_not_me"),
    path("close/", overview.close, name="account_close"),
    path("my-data/", my_data.my_data, name="account_my_data"),
    path("my-data/file/", my_data.file, name="account_my_data_file"),
    path("my-data/receipt/<str:entry_id>/", my_data.receipt, name="account_my_data_receipt"),
    path("team/", team.team, name="account_team"),
    path("team/join/", team.join_team, name="account_team_join"),
    path("team/hand-over/", handing_over.hand_over, name="account_hand_over"),
    path("team/take-over/", handing_over.take_over, name="account_take_over"),
    path("age/", corrections.age, name="account_age"),
    path("user-id/", corrections.user_id, name="account_user_id"),
    path("user-id/changed/", corrections.user_id_changed, name="account_user_id_changed"),
    path("profile/", overview.profile, name="account_profile"),
]
