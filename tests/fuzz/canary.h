#ifndef STILE_TESTS_FUZZ_CANARY_H_
#define STILE_TESTS_FUZZ_CANARY_H_

#include "tests/fuzz/fuzz_target.h"

namespace stile {

// Faults planted on purpose: a build that claims a sanitizer or a fuzzer's guidance must find them.

// Ends the process on the one input that guessing never finds, and that coverage leads to byte by
// byte.
void CanaryGuess(FuzzInput input);

// Reads one byte behind a block on the heap: AddressSanitizer.
int CanaryOverflow(FuzzInput input);
// Overflows a signed number: UndefinedBehaviorSanitizer.
int CanaryUndefined(FuzzInput input);
// Lets two threads write one number: ThreadSanitizer.
int CanaryRace(FuzzInput input);

}  // namespace stile

#endif  // STILE_TESTS_FUZZ_CANARY_H_
