"""TLS towards a system: its certificate is always verified."""

from __future__ import annotations

from typing import Any

from protocols.proxy.settings import SystemSettings


class CannotVerify(Exception):
    """The files of [old.tls] or [new.tls] are no certificates."""


def context_towards(settings: SystemSettings) -> Any:
    """The options of TLS for Twisted; None where the system is spoken to in clear text."""
    tls = settings.tls
    if tls is None:
        return None
    from twisted.internet import ssl

    of_twisted: Any = ssl  # which has no types
    try:
        trusted = own = None
        if tls.authority is not None:
            from cryptography.x509 import load_pem_x509_certificates
            from OpenSSL.crypto import X509

            found = load_pem_x509_certificates(tls.authority.read_bytes())
            trusted = of_twisted.trustRootFromCertificates(
                [of_twisted.Certificate(X509.from_cryptography(each)) for each in found]
            )
        if tls.certificate is not None and tls.key is not None:
            own = of_twisted.PrivateCertificate.loadPEM(
                tls.key.read_bytes() + tls.certificate.read_bytes()
            )
        return of_twisted.optionsForClientTLS(tls.name or settings.host, trusted, own)
    except (OSError, ValueError, of_twisted.SSL.Error) as error:
        raise CannotVerify(f"TLS towards {settings.host}: {error}") from error
