"""What drills ask of the product that it does not have yet; True once it has.

A drill, or a part of one, that needs what is False is said to wait and neither passes nor fails.
"""

# Candidates run on a corpus and on recent requests, blast radius, soak, several recorded
# generations, crashes that pin the one before.
ADMISSION = True
# A candidate serves some per cent first, and is rolled back by itself.
COHORTS = False
# Kill switches of single rules, by file and by signal, which outlive a restart.
SWITCHES = True
