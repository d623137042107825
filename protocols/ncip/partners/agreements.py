"""Partners of the set-up: their options, checked and made partners of as all protocols do it."""

from __future__ import annotations

from typing import Final

from protocols.hosting.agreements import Agreements
from protocols.ncip.settings import Partner, PartnerSetting

_AGREEMENTS: Final = Agreements[Partner](PartnerSetting)
partner_problems = _AGREEMENTS.problems
partner_of = _AGREEMENTS.partner_of
