"""TLS for a cluster from PEM texts alone: no key ever lies in a file."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from clusters.core.kubeconfig import Credentials


class Unusable(ValueError):
    """Credentials that are no PEM, or whose key is not that of the certificate."""


def tls_context(credentials: Credentials) -> ssl.SSLContext:
    """A context that trusts the cluster's CA (the system's, if none is given) and shows our certificate.

    Raises Unusable.
    """
    try:
        context = ssl.create_default_context(cadata=credentials.ca_pem or None)
        if credentials.client_cert_pem:
            cert, key = credentials.client_cert_pem, credentials.client_key_pem
            with _readable_once(cert) as cert_path, _readable_once(key) as key_path:
                context.load_cert_chain(cert_path, key_path, password="")
    except (OSError, ValueError) as e:  # an SSLError is an OSError; some mistakes come as one without it
        raise Unusable(type(e).__name__) from e
    return context


@contextmanager
def _readable_once(text: str) -> Iterator[str]:
    """A path under /dev/fd that gives `text` once. A pipe, since OpenSSL takes client keys by path only.

    The text is at most 16 KiB (`kubeconfig` checks), which every pipe holds without a reader.
    """
    reader, writer = os.pipe()
    try:
        os.write(writer, text.encode())
    finally:
        os.close(writer)
    try:
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)
