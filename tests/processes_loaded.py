"""Imported by the fork server of `tests.processes`, and by nobody else: loading is its effect."""

import gc

from tests.processes import load_all

load_all()
gc.freeze()
