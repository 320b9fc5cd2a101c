"""What of a reading is the plan: taken over whole from a pack that treats more, where waiting could harm a nerve."""

TREATING = {"start_now": 3, "start": 2, "trial": 1}
"""Answers to whether B12 should be given, by how far they go; any other goes nowhere."""
NERVES = "neurological_picture"
AT_RISK = ("possible", "definite", "red_flag")
"""What the question about the nerves answers where one may be at risk."""
PLAN = (
    "urgency:",
    "route:",
    "regimen:",
    "benefit:",
    "limit:",
    "action:start_b12_replacement",
    "action:therapeutic_trial",
    "action:no_b12_replacement",
)
"""Codes, or their beginnings, of which two plans at once would contradict each other."""
BESIDE_PLAN = (
    "caution:",
    "safety:im_bleeding_risk",
    "action:lifelong_replacement",
    "action:b12_before_folate",
    "action:follow_up_repeat",
)
"""What goes with a plan, and is never taken away by another one."""
