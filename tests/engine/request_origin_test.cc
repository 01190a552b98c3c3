#include "engine/request_origin.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

bool IsOwn(std::string_view origin, std::string_view host = "example.org") {
  Request request;
  request.origin = origin;
  request.host = host;
  return IsFromOwnOrigin(request);
}

TEST(RequestOrigin, IsOwnWithoutAnOriginField) { EXPECT_TRUE(IsOwn("")); }

TEST(RequestOrigin, IsOwnForTheRequestsHost) {
  EXPECT_TRUE(IsOwn("https://example.org"));
  EXPECT_TRUE(IsOwn("http://EXAMPLE.org:8080"));
  EXPECT_TRUE(IsOwn("http://[2001:db8::1]:8080", "[2001:db8::1]"));
  EXPECT_TRUE(IsOwn("http://[2001:db8::1]", "[2001:db8::1]"));
}

TEST(RequestOrigin, IsForeignForAnyOtherHost) {
  for (const std::string_view origin :
       {"https://evil.example", "https://example.org.evil.example", "https://evil-example.org",
        "https://www.example.org", "https://org", "https://", "null", "file://", "example.org",
        "https://example.org@evil.example", "https://evil.example:443"}) {
    EXPECT_FALSE(IsOwn(origin)) << origin;
  }
}

TEST(RequestOrigin, IsForeignToARequestWithoutHost) { EXPECT_FALSE(IsOwn("https://", "")); }

}  // namespace
}  // namespace stile
