#include "engine/config/host_pattern.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(HostPattern, HostsAreNamesOrOneLeadingStar) {
  EXPECT_EQ(*ParseHostPattern("*.Example.ORG"), "*.example.org");
  for (const char* text : {"", "example.org:80", "http://example.org", "a.*.org", "**", "*.",
                           "exa mple.org", "-a.org", "a-.org", "[::1", "[a]", "a..b"}) {
    EXPECT_FALSE(ParseHostPattern(text)) << text;
  }
}

}  // namespace
}  // namespace stile
