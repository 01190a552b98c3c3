#include "tests/fuzz/error_property.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace stile {

void RequireGoodErrors(const Errors& errors, std::string_view name) {
  STILE_REQUIRE(!errors.empty());
  for (const Error& error : errors) {
    STILE_REQUIRE(error.code >= ErrorCode::kInvalidArgument && error.code <= ErrorCode::kInternal);
    STILE_REQUIRE(error.message.size() >= 10);
    STILE_REQUIRE(error.place.empty() || error.place.starts_with(name));
  }
  STILE_REQUIRE(!ToString(errors).empty());
}

void RequirePrintable(const Errors& errors) {
  for (const Error& error : errors) {
    STILE_REQUIRE(std::none_of(error.message.begin(), error.message.end(),
                               [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
  }
}

}  // namespace stile
