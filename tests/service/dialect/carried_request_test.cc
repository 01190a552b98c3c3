#include <gtest/gtest.h>

#include "service/dialect/described_request.h"

namespace stile {
namespace {

using Reason = DescriptionReason;

// What is read of a question from `peer`, with this target.
struct Carried {
  explicit Carried(std::string_view target, std::string_view method = "GET", bool trusted = true,
                   bool names_client = true) {
    Request own;
    own.method = method;
    own.target = target;
    own.host = "shop.example";
    ClientOrigin origin;
    origin.from_trusted_peer = trusted;
    reason = ReadCarried(origin, names_client, own, request);
  }
  Request request;
  Reason reason;
};

TEST(CarriedRequest, IsTheQuestionsOwnBehindThePrefix) {
  const Carried carried("/ext-authz/a?b=/c");
  ASSERT_EQ(carried.reason, Reason::kNone);
  EXPECT_EQ(carried.request.target, "/a?b=/c");
  EXPECT_EQ(carried.request.host, "shop.example");
  EXPECT_EQ(carried.request.method, "GET");
}

TEST(CarriedRequest, HasATargetBehindThePrefix) {
  EXPECT_TRUE(CarriesTarget("/ext-authz/"));
  EXPECT_TRUE(CarriesTarget("/ext-authz//ext-authz/a"));
  EXPECT_TRUE(CarriesTarget("/ext-authz*"));
  for (const char* target : {"/ext-authz", "/ext-authz?a", "/ext-authzhttp://a/", "/ext-auth/", "/",
                             "", "/x/ext-authz/", "/EXT-AUTHZ/a"}) {
    EXPECT_FALSE(CarriesTarget(target)) << target;
  }
}

TEST(CarriedRequest, IsForTheServerAsAWholeWithOptionsAlone) {
  EXPECT_EQ(Carried("/ext-authz*", "OPTIONS").request.target, "*");
  EXPECT_EQ(Carried("/ext-authz*", "GET").reason, Reason::kUriForm);
}

TEST(CarriedRequest, WithoutThePrefixIsRefused) {
  for (const char* target : {"", "/", "/a", "/ext-authz", "/ext-authzhttp://a/"}) {
    EXPECT_EQ(Carried(target).reason, Reason::kUriForm) << target;
  }
}

TEST(CarriedRequest, OfAnUntrustedPeerIsNotRead) {
  const Carried carried("/ext-authz/a", "GET", false);
  EXPECT_EQ(carried.reason, Reason::kUntrustedPeer);
  EXPECT_TRUE(carried.request.target.empty());
}

TEST(CarriedRequest, OfAClientThatNobodyNamesIsNotRead) {
  const Carried carried("/ext-authz/a", "GET", true, false);
  EXPECT_EQ(carried.reason, Reason::kClientUnnamed);
  EXPECT_TRUE(carried.request.target.empty());
}

}  // namespace
}  // namespace stile
