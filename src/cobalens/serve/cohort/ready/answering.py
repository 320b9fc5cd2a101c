"""Loaded once, before processes that judge people are copied: the rules under the usual pack, as a population is asked for them.

To have been loaded is all that this module is for; the copies share what that made. What fails here fails again, and is told,
where it is needed.
"""

from __future__ import annotations

import gc
from contextlib import suppress

from cobalens.model.primary import PRIMARY
from cobalens.report.assemble import NOTICED
from cobalens.serve.cohort.parts import judge_of

with suppress(Exception):
    judge_of(PRIMARY, False, NOTICED)
# What is never looked through again need not be copied for it.
gc.collect()
gc.freeze()
