"""By what loans are counted."""

from __future__ import annotations

from typing import Literal

By = Literal["day", "branch", "kind", "material_group", "category", "age_band", "municipality"]
