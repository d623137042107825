"""Reports as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from protocols.operations.messages import Health, Readiness, Response


def encode(report: Health | Readiness) -> Response:
    """200 if nothing is wrong, otherwise 503 with the reasons."""
    facts = asdict(report)
    identity = facts.pop("identity")
    reasons = facts.pop("reasons")
    status = {"status": "unavailable" if reasons else "ok", "reasons": list(reasons)}
    text = json.dumps(status | facts | identity, ensure_ascii=False) + "\n"
    return Response(503 if reasons else 200, text.encode())
