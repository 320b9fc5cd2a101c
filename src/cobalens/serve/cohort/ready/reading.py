"""Loaded once, before processes that read people are copied: the readers, and the rules under the usual pack.

To have been loaded is all that this module is for; the copies share what that made. What fails here fails again, and is told,
where it is needed.
"""

from __future__ import annotations

import gc
from contextlib import suppress

from cobalens.intake.casefile import tools_for
from cobalens.model.primary import PRIMARY
from cobalens.report.assemble import NOTICED
from cobalens.serve.cohort.people import kept

with suppress(Exception):
    # Those whose records are lines need it, and it asks for what others may not have.
    import cobalens.serve.cohort.rows  # noqa: F401
    from cobalens.serve.cohort.parts import judge_of

    tools_for(kept(PRIMARY)[0].ruleset)
    judge_of(PRIMARY, False, NOTICED)
# What is never looked through again need not be copied for it.
gc.collect()
gc.freeze()
