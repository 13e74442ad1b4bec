"""`make messages`: brings `locale/` up to date with the code, and says what is left to translate."""

import sys
from pathlib import Path

from .files import compiled, read_po, write_po
from .found import all_messages

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 when every sentence is translated."""
    left = 0
    found = all_messages(ROOT)
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        head, known = read_po(path.read_text())
        text = write_po(head, found, known)
        path.write_text(text)
        path.with_suffix(".mo").write_bytes(compiled(text))
        missing = [message.text for message in found if not known.get(message)]
        left += len(missing)
        place = path.relative_to(ROOT)
        sys.stdout.write(f"{place}: {len(found)} sentences, {len(missing)} to translate\n")
        sys.stdout.writelines(f"  {text!r}\n" for text in missing)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
