#include "challenge/secret_bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <type_traits>
#include <utility>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);

SecretBytes Secret(std::string_view text) { return SecretBytes(Bytes(text)); }

TEST(SecretBytes, CannotBePrintedOrComparedByAccident) {
  const auto prints = []<typename T>(const T& x) {
    return requires(std::ostream & out) { out << x; };
  };
  const auto compares = []<typename T>(const T& x) {
    return requires { x == x; };
  };
  EXPECT_FALSE(prints(Secret("a")));
  EXPECT_FALSE(compares(Secret("a")));
}

TEST(SecretBytes, ComparesContents) {
  EXPECT_TRUE(Secret("abc").EqualsInConstantTime(Secret("abc")));
  EXPECT_TRUE(SecretBytes().EqualsInConstantTime(SecretBytes()));
  EXPECT_FALSE(Secret("abc").EqualsInConstantTime(Secret("abd")));
  EXPECT_FALSE(Secret("abc").EqualsInConstantTime(Secret("ab")));
  EXPECT_FALSE(Secret("abc").EqualsInConstantTime(SecretBytes()));
}

TEST(SecretBytes, MovesLeaveNothingBehind) {
  SecretBytes a = Secret("abc");
  SecretBytes b = std::move(a);
  EXPECT_EQ(a.size(), 0U);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(b.EqualsInConstantTime(Secret("abc")));
  SecretBytes c = Secret("other");
  c = std::move(b);
  EXPECT_EQ(b.size(), 0U);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(c.EqualsInConstantTime(Secret("abc")));
}

TEST(SecretBytes, ClonesOnPurpose) {
  const SecretBytes a = Secret("abc");
  EXPECT_TRUE(a.Clone().EqualsInConstantTime(a));
}

TEST(SecretBytes, WipeClearsEveryByte) {
  std::array<std::uint8_t, 5> bytes = {1, 2, 3, 4, 5};
  Wipe(bytes);
  EXPECT_EQ(Hex(bytes), "0000000000");
  Wipe({});
}

}  // namespace
}  // namespace stile
