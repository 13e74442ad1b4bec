"""Mistakes in the settings that only people can make."""

from urllib.parse import urlsplit

import pytest
from django.core.checks import run_checks
from django.test import override_settings


def found(**settings):
    with override_settings(**settings):
        return {one.id for one in run_checks() if one.id.startswith("drover.")}


def test_the_tests_own_settings_are_fine():
    assert found() == set()


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({"CREDENTIAL_KEYS": ()}, {"drover.E001"}),
        ({"CREDENTIAL_KEYS": ("short",)}, {"drover.E002"}),
        ({"PUBLIC_URL": urlsplit("http://drover.example"), "DEMO": False}, {"drover.E003"}),
        ({"PUBLIC_URL": urlsplit("https://drover.example"), "HTTPS": True, "DEMO": True}, {"drover.E004"}),
        ({"ALLOWED_HOSTS": ["*"]}, {"drover.W001"}),
        ({"CUSTOM_KINDS": ("Certificate",)}, {"drover.E006"}),
        ({"MIDDLEWARE": ["whitenoise.middleware.WhiteNoiseMiddleware"]}, {"drover.E005"}),
    ],
    ids=[
        "no key",
        "not a key",
        "plain http",
        "demo in public",
        "any host",
        "half a kind",
        "synchronous middleware",
    ],
)
def test_a_mistake_has_an_id_and_a_hint(settings, ids):
    assert found(**settings) >= ids
    with override_settings(**settings):
        assert all(one.hint for one in run_checks() if one.id in ids)
