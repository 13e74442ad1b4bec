"""Pages of people."""

from django.urls import path
from django.views.generic import RedirectView

from . import settings_views as settings
from .doors import may
from .views import Login, Logout

app_name = "access"
urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
    path("settings/", may("token.own")(RedirectView.as_view(pattern_name="access:tokens")), name="settings"),
    path("settings/tokens/", settings.tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", settings.revoke_token, name="revoke-token"),
    path("settings/people/", settings.people, name="people"),
    path("settings/people/<str:name>/", settings.person, name="person"),
    path("settings/people/<str:name>/password/", settings.reset_password, name="reset-password"),
    path("settings/people/<str:name>/out/", settings.switch_person, {"active": False}, name="deactivate"),
    path("settings/people/<str:name>/in/", settings.switch_person, {"active": True}, name="activate"),
    path("settings/password/", settings.password, name="password"),
    path("settings/roles/", settings.roles, name="roles"),
]
