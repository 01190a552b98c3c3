#include "challenge/error.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(Error, ReadsAsPlaceAndMessage) {
  EXPECT_EQ(ToString(Error{ErrorCode::kInvalidArgument, "keys.toml:3:8", "Mend it."}),
            "keys.toml:3:8: Mend it.");
}

TEST(Error, ReadsAsItsMessageWithoutAPlace) {
  EXPECT_EQ(ToString(Error{ErrorCode::kInternal, "", "Mend it."}), "Mend it.");
}

TEST(Error, SeveralReadAsLines) {
  const Errors errors = {{ErrorCode::kInvalidArgument, "a", "One."},
                         {ErrorCode::kOutOfRange, "b", "Two."}};
  EXPECT_EQ(ToString(errors), "a: One.\nb: Two.");
}

}  // namespace
}  // namespace stile
