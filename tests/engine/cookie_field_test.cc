#include "engine/cookie_field.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace stile {
namespace {

std::string Without(std::string_view cookie) {
  constexpr std::array<std::string_view, 2> kNames = {"__Host-stile", "stile"};
  std::string out(cookie.size(), '?');
  out.resize(CopyCookiesWithout(cookie, kNames, out));
  return out;
}

TEST(CookieField, KeepsAFieldWithoutOursByteForByte) {
  EXPECT_EQ(Without("a=1;b=2;  c=\"x; y\""), "a=1;b=2;  c=\"x; y\"");
}

TEST(CookieField, DropsOursWhereverItStands) {
  EXPECT_EQ(Without("__Host-stile=x; a=1; b=2"), "a=1; b=2");
  EXPECT_EQ(Without("a=1; __Host-stile=x; b=2"), "a=1; b=2");
  EXPECT_EQ(Without("a=1; b=2; __Host-stile=x"), "a=1; b=2");
}

TEST(CookieField, DropsEveryCopyAndBothNames) {
  EXPECT_EQ(Without("stile=x;a=1;stile=y;__Host-stile=z"), "a=1");
}

TEST(CookieField, IsEmptyIfOnlyOursWasThere) {
  EXPECT_EQ(Without("stile=x.y"), "");
  EXPECT_EQ(Without("  stile=x.y ; __Host-stile="), "");
  EXPECT_EQ(Without(""), "");
}

TEST(CookieField, DropsOursWrittenWithSpaceBeforeTheEqualsSign) {
  EXPECT_EQ(Without("a=1; stile =x"), "a=1");
}

TEST(CookieField, KeepsNamesThatOnlyResembleOurs) {
  EXPECT_EQ(Without("stile2=1; Stile=2; mystile=3; x=stile"),
            "stile2=1; Stile=2; mystile=3; x=stile");
}

}  // namespace
}  // namespace stile
