// The source as it is, with a step before each access to a shared word. Everything that it includes
// comes first, so that the name is replaced in it alone.
#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>

#include "tests/simulation/stepped_atomic.h"
#include "verifier/tables/idempotency_table.h"

#define atomic_ref stepped_atomic_ref
#include "verifier/tables/idempotency_table.cc"  // NOLINT(bugprone-suspicious-include)
