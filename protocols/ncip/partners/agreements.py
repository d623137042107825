"""Partners of the set-up: their options, checked and made partners of as all protocols do it."""

from __future__ import annotations

from typing import Final

from circulation.callers.partners import USUAL_PROTOCOL
from protocols.hosting.agreements import Agreements
from protocols.ncip.settings import Partner, PartnerSetting

AGREEMENTS: Final = Agreements[Partner](USUAL_PROTOCOL, PartnerSetting)
partner_problems = AGREEMENTS.problems
partner_of = AGREEMENTS.partner_of
