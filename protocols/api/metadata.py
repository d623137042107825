"""What a client of OAuth 2.0 finds out by itself (RFC 8414): where it asks for what."""

from __future__ import annotations

import json
from typing import Any, Final

from circulation.kernel.rights import Right
from circulation.staff.apps import SELF
from circulation.staff.site import Site
from protocols.api.operations.oauth import GRANTS

#: The name of the document below ``/.well-known``.
NAME: Final = "oauth-authorization-server"


def metadata(site: Site) -> bytes:
    """The document of the server at that address."""
    here = site.address
    told: dict[str, Any] = {
        "issuer": here,
        "authorization_endpoint": f"{here}/desk/authorize",
        "token_endpoint": f"{here}/api/v1/oauth/token",
        "revocation_endpoint": f"{here}/api/v1/oauth/revoke",
        "scopes_supported": [SELF, *(each.value for each in Right)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANTS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": _METHODS,
        "revocation_endpoint_auth_methods_supported": _METHODS,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{here}/api/v1/openapi.json",
    }
    return json.dumps(told).encode()


_METHODS: Final = ("none", "client_secret_basic", "client_secret_post")
