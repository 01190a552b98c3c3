"""What drills ask of the product that it does not have yet; True once it has.

A drill, or a part of one, that needs what is False is said to wait and neither passes nor fails.
"""

# Candidates run on a corpus and on recent requests, blast radius, soak, several recorded
# generations, crashes that pin the one before.
ADMISSION = True
# Kill switches of single rules, by file and by signal, which outlive a restart.
SWITCHES = True
# A clock that leaps is noticed (stile_degraded{reason="clock"}) and expires nobody's session.
CLOCK = False
# stile_policy_age_seconds.
POLICY_AGE = False
# An event loop that gets no memory lets go of one connection, instead of ending the process.
LOOPS_WITHOUT_MEMORY = False
# No allocation that fails, in a reload or in a loop, ends the process: D17 finds that it does.
MEMORY = False
# A store that hangs is told within a second: D10 measures 1.2 to 1.4 s.
PROMPT_STORE_ALERT = False
