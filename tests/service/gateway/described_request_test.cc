#include "service/dialect/described_request.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "service/engine_request.h"

namespace stile {
namespace {

using Reason = DescriptionReason;
using Fields = std::vector<std::pair<std::string, std::string>>;

const Fields kWhole = {{"X-Forwarded-Method", "POST"},
                       {"X-Forwarded-Uri", "/a?b=c"},
                       {"X-Forwarded-Host", "shop.example:8443"},
                       {"X-Forwarded-Proto", "https"}};

Fields With(Fields fields, const std::string& name, const std::string& value) {
  for (auto& field : fields) {
    if (field.first == name) field.second = value;
  }
  return fields;
}

Fields Without(Fields fields, const std::string& name) {
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

Fields Twice(Fields fields, const std::string& name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].first != name) continue;
    fields.push_back(fields[i]);
    break;
  }
  return fields;
}

// A question, and what is read from it. Its own line and Host are those of no other request.
struct Asked {
  explicit Asked(const Fields& fields, bool trusted = true) {
    text = "GET /check?method=DELETE&uri=/open HTTP/1.1\r\nHost: stile.internal\r\n";
    for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
    text += "\r\n";
    EXPECT_EQ(head.Read({text.data(), text.size()}, HeadLimits{}).status, HeadStatus::kComplete);
    ClientOrigin origin;
    origin.from_trusted_peer = trusted;
    origin.address = IpAddress::Parse("192.0.2.7");
    reason = ReadDescription(head, origin, EngineRequestOf(head, origin, 3), request);
  }

  std::string text;
  RequestHead head;
  Request request;
  Reason reason = Reason::kNone;
};

void ExpectRefused(const Fields& fields, Reason reason) {
  const Asked asked(fields);
  EXPECT_EQ(DescriptionReasonName(asked.reason), DescriptionReasonName(reason)) << asked.text;
  EXPECT_TRUE(asked.request.target.empty());
}

TEST(DescribedRequest, IsWhatTheFieldsSayAndNotTheQuestion) {
  Fields fields = kWhole;
  fields.emplace_back("Cookie", "a=1");
  fields.emplace_back("User-Agent", "agent");
  fields.emplace_back("X-Original-URI", "/open");
  fields.emplace_back("X_Forwarded_Uri", "/open");
  const Asked asked(fields);
  ASSERT_EQ(asked.reason, Reason::kNone);
  EXPECT_EQ(asked.request.method, "POST");
  EXPECT_EQ(asked.request.target, "/a?b=c");
  EXPECT_EQ(asked.request.host, "shop.example");
  EXPECT_TRUE(asked.request.https);
  EXPECT_EQ(asked.request.user_agent, "agent");
  EXPECT_EQ(asked.request.cookie_count, 1U);
  EXPECT_EQ(asked.request.address, IpAddress::Parse("192.0.2.7"));
  EXPECT_EQ(asked.request.site, 3);
}

TEST(DescribedRequest, IsPlainHttpUnlessTheProxySaysOtherwise) {
  for (const char* proto : {"https", "HTTPS", "wss"}) {
    EXPECT_TRUE(Asked(With(kWhole, "X-Forwarded-Proto", proto)).request.https) << proto;
  }
  for (const char* proto : {"http", "ws"}) {
    const Asked asked(With(kWhole, "X-Forwarded-Proto", proto));
    EXPECT_EQ(asked.reason, Reason::kNone);
    EXPECT_FALSE(asked.request.https) << proto;
  }
  const Asked without(Without(kWhole, "X-Forwarded-Proto"));
  EXPECT_EQ(without.reason, Reason::kNone);
  EXPECT_FALSE(without.request.https);
}

TEST(DescribedRequest, OfAnUntrustedPeerIsNotRead) {
  const Asked asked(kWhole, false);
  EXPECT_EQ(asked.reason, Reason::kUntrustedPeer);
  EXPECT_TRUE(asked.request.target.empty());
}

TEST(DescribedRequest, WithoutOneOfItsFieldsIsRefused) {
  ExpectRefused(Without(kWhole, "X-Forwarded-Method"), Reason::kMethodMissing);
  ExpectRefused(Without(kWhole, "X-Forwarded-Uri"), Reason::kUriMissing);
  ExpectRefused(Without(kWhole, "X-Forwarded-Host"), Reason::kHostMissing);
  ExpectRefused(With(kWhole, "X-Forwarded-Method", ""), Reason::kMethodMissing);
  ExpectRefused(With(kWhole, "X-Forwarded-Uri", ""), Reason::kUriMissing);
  ExpectRefused(With(kWhole, "X-Forwarded-Host", ""), Reason::kHostMissing);
  ExpectRefused(With(kWhole, "X-Forwarded-Proto", ""), Reason::kProtoSyntax);
}

TEST(DescribedRequest, WithOneOfItsFieldsTwiceIsRefused) {
  ExpectRefused(Twice(kWhole, "X-Forwarded-Method"), Reason::kMethodRepeated);
  ExpectRefused(Twice(kWhole, "X-Forwarded-Uri"), Reason::kUriRepeated);
  ExpectRefused(Twice(kWhole, "X-Forwarded-Host"), Reason::kHostRepeated);
  ExpectRefused(Twice(kWhole, "X-Forwarded-Proto"), Reason::kProtoRepeated);
}

TEST(DescribedRequest, WithAMethodThatIsNoneIsRefused) {
  for (const char* method : {"get", "GET, POST", "G T", "TRACE", "CONNECT", "-GET",
                             "ABCDEFGHIJKLMNOPQRSTU", "GE\xC3\x84"}) {
    ExpectRefused(With(kWhole, "X-Forwarded-Method", method), Reason::kMethodSyntax);
  }
}

TEST(DescribedRequest, WithATargetThatIsNotOriginFormIsRefused) {
  for (const char* uri : {"http://evil.example/open", "http://shop.example/open", "open", "*",
                          "?open", "evil.example:80"}) {
    ExpectRefused(With(kWhole, "X-Forwarded-Uri", uri), Reason::kUriForm);
  }
  const Asked options(With(With(kWhole, "X-Forwarded-Uri", "*"), "X-Forwarded-Method", "OPTIONS"));
  EXPECT_EQ(options.reason, Reason::kNone);
}

TEST(DescribedRequest, WithAByteThatNoTargetHasIsRefused) {
  for (const char* uri : {"/a b", "/a\tb", "/a#b", "/a\\b", "/a<b", "/a>b", "/a\"b", "/caf\xC3\xA9",
                          "/a /open", "/a, /open"}) {
    ExpectRefused(With(kWhole, "X-Forwarded-Uri", uri), Reason::kUriByte);
  }
}

TEST(DescribedRequest, HasATargetUpToTheLimit) {
  const std::string longest = "/" + std::string(8 * 1024 - 1, 'a');
  EXPECT_EQ(Asked(With(kWhole, "X-Forwarded-Uri", longest)).request.target, longest);
  ExpectRefused(With(kWhole, "X-Forwarded-Uri", longest + "a"), Reason::kUriTooLong);
}

TEST(DescribedRequest, WithAHostThatIsNoneIsRefused) {
  for (const char* host : {"a b", "a,b", "http://a", "a/b", "a:0", "a:65536", "a:", "[::1", "a..b",
                           "user@a", "a%2eb", "shop.example, evil.example"}) {
    ExpectRefused(With(kWhole, "X-Forwarded-Host", host), Reason::kHostSyntax);
  }
  EXPECT_EQ(Asked(With(kWhole, "X-Forwarded-Host", "[::1]:80")).request.host, "[::1]");
}

TEST(DescribedRequest, WithASchemeThatIsNoneIsRefused) {
  for (const char* proto : {"https,http", "ftp",
                            "https "
                            "x"}) {
    ExpectRefused(With(kWhole, "X-Forwarded-Proto", proto), Reason::kProtoSyntax);
  }
}

}  // namespace
}  // namespace stile
