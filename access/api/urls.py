"""Paths under /api/v1/."""

from django.urls import path

from .views import (
    Me,
    PersonActivate,
    PersonDeactivate,
    PersonDetail,
    PersonList,
    PersonPassword,
    PersonRole,
    TokenDetail,
    TokenList,
    TokenRevoke,
)

urlpatterns = [
    path("me/", Me.as_view(), name="api-me"),
    path("tokens/", TokenList.as_view(), name="api-tokens"),
    path("tokens/<int:pk>/", TokenDetail.as_view(), name="api-token"),
    path("tokens/<int:pk>/revoke/", TokenRevoke.as_view(), name="api-token-revoke"),
    path("people/", PersonList.as_view(), name="api-people"),
    path("people/<str:username>/", PersonDetail.as_view(), name="api-person"),
    path("people/<str:username>/role/", PersonRole.as_view(), name="api-person-role"),
    path("people/<str:username>/deactivate/", PersonDeactivate.as_view(), name="api-person-deactivate"),
    path("people/<str:username>/activate/", PersonActivate.as_view(), name="api-person-activate"),
    path("people/<str:username>/password/", PersonPassword.as_view(), name="api-person-password"),
]
