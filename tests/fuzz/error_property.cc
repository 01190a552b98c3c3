#include "tests/fuzz/error_property.h"

#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace stile {

void RequireGoodErrors(const Errors& errors, std::string_view name) {
  STILE_REQUIRE(!errors.empty());
  for (const Error& error : errors) {
    STILE_REQUIRE(error.code >= ErrorCode::kInvalidArgument && error.code <= ErrorCode::kInternal);
    STILE_REQUIRE(error.message.size() >= 10);
    STILE_REQUIRE(error.message == Printable(error.message));
    STILE_REQUIRE(error.place.empty() || error.place.starts_with(name));
  }
  STILE_REQUIRE(!ToString(errors).empty());
}

}  // namespace stile
