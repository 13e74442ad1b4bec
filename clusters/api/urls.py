"""Paths under /api/v1/."""

from django.urls import path

from .views import ProdDetail, ProdList, VersionList

urlpatterns = [
    path("prods/", ProdList.as_view(), name="api-prods"),
    path("prods/<str:name>/", ProdDetail.as_view(), name="api-prod"),
    path("versions/", VersionList.as_view(), name="api-versions"),
]
