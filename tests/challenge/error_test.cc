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

TEST(Error, PrintableHasNoControlByteAndKeepsTheRest) {
  EXPECT_EQ(Printable("a\x1B[1mb\tc\n\x7F \xC3\xA9"), "a?[1mb?c?? \xC3\xA9");
}

}  // namespace
}  // namespace stile
