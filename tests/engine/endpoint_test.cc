#include "engine/endpoint.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

Endpoint Of(std::string_view target) { return EndpointOf(target, "/.stile"); }

TEST(Endpoint, KnowsItsAddresses) {
  EXPECT_EQ(Of("/.stile/challenge"), Endpoint::kChallenge);
  EXPECT_EQ(Of("/.stile/challenge?c=AQ"), Endpoint::kChallenge);
  EXPECT_EQ(Of("/.stile/redeem"), Endpoint::kRedeem);
  EXPECT_EQ(Of("/.stile/assets/page-0a1b.js"), Endpoint::kAsset);
}

TEST(Endpoint, IsUnknownUnderThePrefix) {
  for (const std::string_view target :
       {"/.stile/", "/.stile/?x", "/.stile/nothing", "/.stile/challenge/", "/.stile/redeem/x",
        "/.stile/assets"}) {
    EXPECT_EQ(Of(target), Endpoint::kUnknown) << target;
  }
}

TEST(Endpoint, IsNoneOutsideThePrefix) {
  for (const std::string_view target :
       {"/", "/.stile", "/.stile?x", "/.stilex", "/x/.stile/challenge", "/.Stile/challenge",
        "//.stile/challenge", "*", "", "http://h/.stile/challenge"}) {
    EXPECT_EQ(Of(target), Endpoint::kNone) << target;
  }
}

TEST(Endpoint, IsNoneForASpellingThatAnOriginMayReadOtherwise) {
  for (const std::string_view target :
       {"/.stile/../admin", "/.stile/challenge/../../admin", "/.stile/./challenge", "/.stile//x",
        "/.stile/%2e%2e/admin", "/.stile/assets/..%2f..%2fadmin", "/.stile/..", "/.stile/..;/admin",
        "/.stile/\\..\\admin", "/%2estile/challenge", "/.stile/challenge;x"}) {
    EXPECT_EQ(Of(target), Endpoint::kNone) << target;
  }
}

TEST(Endpoint, TakesTheAssetNameWithoutTheQuery) {
  EXPECT_EQ(AssetNameOf("/.stile/assets/page-1.js?v=2", "/.stile"), "page-1.js");
}

TEST(Endpoint, TakesTheFirstContextOfTheQuery) {
  EXPECT_EQ(ContextOf("/.stile/challenge?c=AQ&c=BQ"), "AQ");
  EXPECT_EQ(ContextOf("/.stile/challenge?x=1&c=AQ"), "AQ");
  EXPECT_EQ(ContextOf("/.stile/challenge?cc=AQ"), "");
  EXPECT_EQ(ContextOf("/.stile/challenge"), "");
  EXPECT_EQ(ContextOf("/.stile/challenge?"), "");
}

}  // namespace
}  // namespace stile
