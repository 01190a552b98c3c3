#ifndef STILE_TESTS_FUZZ_ERROR_PROPERTY_H_
#define STILE_TESTS_FUZZ_ERROR_PROPERTY_H_

#include <string_view>

#include "challenge/error.h"

namespace stile {

// What is true of every list of mistakes: not empty, each with a known code and a sentence without
// control bytes, and each place in the file `name`, or in no place.
void RequireGoodErrors(const Errors& errors, std::string_view name);

}  // namespace stile

#endif  // STILE_TESTS_FUZZ_ERROR_PROPERTY_H_
