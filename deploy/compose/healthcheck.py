"""Exit with 0 if the web server in this container answers. Asks without a proxy, whatever is in the environment."""

import http.client
import sys

PORT = 8000
TIMEOUT_S = 4


def main(path: str = "/healthz", port: str = str(PORT)) -> int:
    """0 for the answer 200 to `path`, else 1."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        with connection.getresponse() as answer:
            return int(answer.status != http.client.OK)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
