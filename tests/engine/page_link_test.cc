#include "engine/page_link.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(PagePath, IsAPathOfThisHost) {
  for (const std::string_view text : {"/", "/logo.svg", "/a/b-c_d.css?v=2", "/%41"}) {
    EXPECT_TRUE(IsPagePath(text)) << text;
  }
  for (const std::string_view text :
       {"", "logo.svg", "//cdn.example/x", "/\\cdn.example/x", "https://example.org/x", "/a b",
        "/a\"b", "/a<b", "/a\nb", "/a#b", "/caf\xC3\xA9", "data:image/png;base64,AA"}) {
    EXPECT_FALSE(IsPagePath(text)) << text;
  }
}

TEST(PageLink, IsAlsoAnAddressOverHttps) {
  for (const std::string_view text :
       {"/privacy", "/legal#privacy", "https://example.org", "https://example.org/",
        "https://example.org:8443/a?b=c#d", "https://[2001:db8::1]/x", "https://example.org?a=b"}) {
    EXPECT_TRUE(IsPageLink(text)) << text;
  }
  for (const std::string_view text :
       {"", "privacy", "//example.org", "http://example.org/", "HTTPS://example.org/", "https://",
        "https:///x", "https://user@example.org/", "https://example.org/a b",
        "https://example.org/\"", "https://example.org/<", "https://exa\nmple.org/",
        "https://example.org/#a#b", "javascript:alert(1)", "https://example.org/caf\xC3\xA9",
        "mailto:a@example.org"}) {
    EXPECT_FALSE(IsPageLink(text)) << text;
  }
}

TEST(PageLink, HasAtMostTwoHundredBytes) {
  const std::string longest = "/" + std::string(kMaxPageLink - 1, 'a');
  EXPECT_TRUE(IsPagePath(longest) && IsPageLink(longest));
  EXPECT_FALSE(IsPagePath(longest + "a") || IsPageLink(longest + "a"));
  const std::string remote = "https://a/" + std::string(kMaxPageLink - 10, 'a');
  EXPECT_TRUE(IsPageLink(remote));
  EXPECT_FALSE(IsPageLink(remote + "a"));
}

}  // namespace
}  // namespace stile
