#include "engine/set_cookie.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace stile {
namespace {

std::string Render(const SetCookie& cookie) {
  std::array<char, 640> out;
  return std::string(RenderSetCookie(cookie, out));
}

SetCookie Plain() {
  SetCookie cookie;
  cookie.name = kPlainCookie;
  cookie.clearance = "AAAA";
  cookie.max_age = 60;
  return cookie;
}

TEST(SetCookie, OverPlainHttpIsLax) {
  EXPECT_EQ(Render(Plain()), "stile=AAAA; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
}

TEST(SetCookie, OverHttpsIsSecure) {
  SetCookie cookie = Plain();
  cookie.name = kHostCookie;
  cookie.secure = true;
  EXPECT_EQ(Render(cookie),
            "__Host-stile=AAAA; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax");
}

TEST(SetCookie, JoinsTwoTokensAndNamesTheDomain) {
  SetCookie cookie = Plain();
  cookie.name = kDomainCookie;
  cookie.other_family = "BBBB";
  cookie.domain = "example.org";
  cookie.secure = true;
  EXPECT_EQ(Render(cookie),
            "__Secure-stile=AAAA.BBBB; Path=/; Domain=example.org; Max-Age=60; HttpOnly; Secure; "
            "SameSite=Lax");
}

TEST(SetCookie, WithSameSiteNoneIsPartitioned) {
  SetCookie cookie = Plain();
  cookie.name = kHostCookie;
  cookie.secure = true;
  cookie.same_site = SameSite::kNone;
  EXPECT_EQ(Render(cookie),
            "__Host-stile=AAAA; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=None; Partitioned");
}

TEST(SetCookie, StaysLaxWithoutSecure) {
  SetCookie cookie = Plain();
  cookie.same_site = SameSite::kNone;
  EXPECT_EQ(Render(cookie), "stile=AAAA; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
}

TEST(SetCookie, NeverHasANegativeAge) {
  SetCookie cookie = Plain();
  cookie.max_age = -5;
  EXPECT_NE(Render(cookie).find("; Max-Age=0;"), std::string::npos);
}

TEST(SetCookie, FitsWithTheLongestParts) {
  const std::string token(92, 'A');
  const std::string domain(253, 'd');
  SetCookie cookie = Plain();
  cookie.name = kDomainCookie;
  cookie.clearance = cookie.other_family = token;
  cookie.domain = domain;
  cookie.max_age = 604'800;
  cookie.secure = true;
  cookie.same_site = SameSite::kNone;
  EXPECT_FALSE(Render(cookie).empty());
}

TEST(SetCookie, IsEmptyWhereItDoesNotFit) {
  std::array<char, 20> out;
  EXPECT_EQ(RenderSetCookie(Plain(), out), "");
}

}  // namespace
}  // namespace stile
