"""Credentials at rest."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from clusters.core.kubeconfig import Credentials
from clusters.vault import decrypt, encrypt, rotate
from journal.core.reasons import Refused

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = Credentials("https://a.example", token="secret-token", client_key_pem="secret-key")


@pytest.fixture
def stored(settings: Any) -> bytes:
    settings.CREDENTIAL_KEYS = [OLD]
    return encrypt(SECRET)


def test_what_is_stored_comes_back_and_shows_nothing(stored: bytes) -> None:
    assert decrypt(memoryview(stored)) == SECRET
    assert b"secret" not in stored
    assert b"a.example" not in stored


def test_a_new_key_in_front_reads_what_the_old_one_wrote(stored: bytes, settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    renewed = rotate(stored)
    settings.CREDENTIAL_KEYS = [NEW]
    assert decrypt(renewed) == SECRET


@pytest.mark.parametrize(
    "stored", [b"", b"nonsense", Fernet(NEW).encrypt(b"{}")], ids=["empty", "nonsense", "other key"]
)
def test_without_its_key_it_is_refused(stored: bytes, settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    with pytest.raises(Refused):
        decrypt(stored)
