"""Makes the secrets that docker-compose.yml reads: python3 deploy/compose/make_secrets.py

Needs nothing but Python. What is there stays, so it may be run again; it never prints a secret.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"

VALKEY = """\
requirepass {password}
# Health checks need no secret, and may ask nothing else.
user probe on nopass -@all +ping
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
"""


def main(folder: Path = FOLDER) -> int:
    """Write the files that are missing; 0."""
    # Nobody else on this machine may enter the folder; the user of a container reads the files in it.
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    postgres = made(folder / "postgres-password", secrets.token_urlsafe(32))
    valkey = made(folder / "valkey-password", secrets.token_urlsafe(32))
    made(folder / "secret-key", secrets.token_urlsafe(64))
    made(folder / "credential-keys", base64.urlsafe_b64encode(os.urandom(32)).decode())
    made(folder / "database-url", f"postgresql://drover:{postgres}@postgres:5432/drover")
    made(folder / "redis-url", f"redis://:{valkey}@valkey:6379/0")
    made(folder / "valkey.conf", VALKEY.format(password=valkey))
    sys.stdout.write(f"The secrets are in {folder}: keep a copy of credential-keys in a safe place.\n")
    return 0


def made(path: Path, value: str) -> str:
    """The text of `path`, written first if there is no such file."""
    if not path.exists():
        path.write_text(value)
        path.chmod(0o644)
    return path.read_text()


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
