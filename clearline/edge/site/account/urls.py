"""The addresses of an account; each view says who may open it."""

from django.urls import path

from clearline.edge.site.account import join, overview, sign_in

account_urlpatterns = [
    path("", overview.overview, name="account"),
    path("join/", join.join, name="account_join"),
    path("welcome/", join.welcome, name="account_welcome"),
    path("agreement/", join.agreement, name="account_agreement"),
    path("sign-in/", sign_in.sign_in, name="account_sign_in"),
    path("sign-out/", sign_in.sign_out, name="account_sign_out"),
    path("close/", overview.close, name="account_close"),
    path("profile/", overview.profile, name="account_profile"),
]
