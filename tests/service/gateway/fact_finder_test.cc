#include "service/fact_finder.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/engine_request.h"
#include "service/keys.h"
#include "tests/challenge/allocation_count.h"
#include "tests/service/geo_file.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr std::string_view kConfig =
    "[[listener]]\naddress = \"127.0.0.1:0\"\n"
    "[[site]]\nname = \"main\"\nhosts = [\"*\"]\nupstream = \"http://a\"\npolicy = \"p.toml\"\n";
constexpr std::string_view kLooksAtFields =
    "[[rule]]\nheader = { name = \"X-A\", present = true }\naction = \"deny\"\n";
constexpr std::string_view kLooksAtFingerprints =
    "[[rule]]\ntls_fingerprint = [\"t13d\"]\naction = \"deny\"\n";
constexpr std::string_view kLooksAtNeither = "[[rule]]\npath = [\"/a\"]\naction = \"deny\"\n";

std::unique_ptr<const Engine> MakeEngine(std::string_view policy) {
  const LoadedConfig loaded =
      LoadTexts({"stile.toml", std::string(kConfig), {{"p.toml", std::string(policy)}}, {}});
  EXPECT_TRUE(loaded.good()) << ToString(loaded.config_errors) << ToString(loaded.policy_errors);
  return *BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                      *RedeemTables::Create({}));
}

class FactFinderTest : public testing::Test {
 protected:
  // What is found out about a head with these fields.
  Request Find(std::string_view policy, const Fields& fields, bool trusted, bool asked = false) {
    text_ = "GET / HTTP/1.1\r\nHost: stile.internal\r\n";
    for (const auto& [name, value] : fields) text_ += name + ": " + value + "\r\n";
    text_ += "\r\n";
    EXPECT_EQ(head_.Read({text_.data(), text_.size()}, HeadLimits{}).status, HeadStatus::kComplete);
    ClientOrigin origin;
    origin.from_trusted_peer = trusted;
    origin.address = address_;
    Request request = EngineRequestOf(head_, origin, Request::kSiteByHost);
    const auto engine = MakeEngine(policy);
    const std::size_t before = AllocationCount();
    finder_.Find(*engine, head_, origin, "x-ja4", asked, request);
    EXPECT_EQ(AllocationCount(), before);
    return request;
  }

  static Fields FieldsOf(const Request& request) {
    Fields fields;
    for (const RequestField& field : request.fields) fields.emplace_back(field.name, field.value);
    return fields;
  }

  std::string text_;
  RequestHead head_;
  FactFinder finder_;
  std::optional<IpAddress> address_;
};

const Fields kAll = {
    {"X-A", "1"},           {"x-a", "2"},         {"X-Forwarded-Host", "a.example"},
    {"x-forwarded-X", "3"}, {"X-Stile-Ctx", "4"}, {"X-Real-IP", "192.0.2.1"},
    {"Forwarded", "for=a"}, {"X-JA4", "t13d"},    {"X-Forward", "5"}};

TEST_F(FactFinderTest, FieldsOfAStrangerAreAllHisOwnButTheFingerprint) {
  Fields expected = {{"Host", "stile.internal"}};
  for (const auto& field : kAll) {
    if (field.first != "X-JA4") expected.push_back(field);
  }
  EXPECT_EQ(FieldsOf(Find(kLooksAtFields, kAll, false)), expected);
}

TEST_F(FactFinderTest, WordsOfATrustedProxyAreNoFields) {
  EXPECT_EQ(FieldsOf(Find(kLooksAtFields, kAll, true)),
            (Fields{{"Host", "stile.internal"}, {"X-A", "1"}, {"x-a", "2"}, {"X-Forward", "5"}}));
}

TEST_F(FactFinderTest, HostOfAQuestionIsTheOneAskedAbout) {
  EXPECT_EQ(FieldsOf(Find(kLooksAtFields, kAll, true, true)).front(),
            (std::pair<std::string, std::string>("Host", "a.example")));
}

TEST_F(FactFinderTest, WhatNoRuleAsksForIsNotLookedUp) {
  EXPECT_TRUE(Find(kLooksAtNeither, kAll, true).fields.empty());
  EXPECT_EQ(Find(kLooksAtNeither, kAll, true).tls_fingerprint, "");
  EXPECT_EQ(Find(kLooksAtFields, kAll, true).tls_fingerprint, "");
  EXPECT_TRUE(Find(kLooksAtFingerprints, kAll, true).fields.empty());
}

TEST_F(FactFinderTest, FingerprintIsATrustedPeersWord) {
  EXPECT_EQ(Find(kLooksAtFingerprints, kAll, true).tls_fingerprint, "t13d");
  EXPECT_EQ(Find(kLooksAtFingerprints, kAll, false).tls_fingerprint, "");
}

TEST_F(FactFinderTest, FingerprintThatIsNotOneShortTextIsUnknown) {
  const auto of = [&](const Fields& fields) {
    return std::string(Find(kLooksAtFingerprints, fields, true).tls_fingerprint);
  };
  EXPECT_EQ(of({{"X-JA4", "a"}, {"x-ja4", "a"}}), "");
  EXPECT_EQ(of({{"X-JA4", ""}}), "");
  EXPECT_EQ(of({{"X-JA4", "a\xC3\xA9"}}), "");
  EXPECT_EQ(of({{"X-JA4", "a\tb"}}), "");
  EXPECT_EQ(of({{"X_JA4", "a"}}), "");
  EXPECT_EQ(of({{"X-JA4", std::string(kMaxFingerprint, 'a')}}), std::string(kMaxFingerprint, 'a'));
  EXPECT_EQ(of({{"X-JA4", std::string(kMaxFingerprint + 1, 'a')}}), "");
}

// Find counts allocations, of libmaxminddb too.
TEST_F(FactFinderTest, PlacesAreLookedUpOnlyWhereARuleAsksForThem) {
  if (!GeoDatabase::IsSupported()) GTEST_SKIP() << "built without libmaxminddb";
  constexpr std::string_view kLooksAtPlaces =
      "[[rule]]\ncountry = [\"NO\"]\nasn = [64500]\naction = \"deny\"\n";
  const std::string record =
      fixture::GeoMap({{"autonomous_system_number", fixture::GeoNumber(64500)},
                       {"country", fixture::GeoMap({{"iso_code", fixture::GeoText("NO")}})}});
  const ScratchFolder folder;
  const auto database = GeoDatabase::Open(folder.Write("a.mmdb", fixture::GeoFile(record, "")));
  ASSERT_TRUE(database.ok()) << database.status();
  finder_.UseDatabases({*database, *database});
  address_ = IpAddress::Parse("1.2.3.4");
  const Request request = Find(kLooksAtPlaces, {}, false);
  EXPECT_EQ(request.country, "NO");
  EXPECT_EQ(request.asn, 64500U);
  EXPECT_EQ(Find(kLooksAtNeither, {}, false).country, "");
  address_ = IpAddress::Parse("203.0.113.9");
  EXPECT_EQ(Find(kLooksAtPlaces, {}, false).country, "");
  address_.reset();
  EXPECT_EQ(Find(kLooksAtPlaces, {}, false).asn, 0U);
}

TEST_F(FactFinderTest, EveryFieldOfAFullHeadIsSeen) {
  Fields fields;
  for (std::size_t i = 1; i < RequestHead::kMaxFields; ++i) fields.emplace_back("X-F", "v");
  EXPECT_EQ(Find(kLooksAtFields, fields, true).fields.size(), RequestHead::kMaxFields);
}

}  // namespace
}  // namespace stile
