#include "service/client_address.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

namespace stile {
namespace {

using Fields = std::initializer_list<std::pair<const char*, const char*>>;

std::optional<IpAddress> Ip(const char* text) { return IpAddress::Parse(text); }

Cidr Range(const char* address, int length) { return {*IpAddress::Parse(address), length}; }

ClientAddressRule Rule(ClientAddressSource source) {
  return {source, {Range("10.0.0.0", 8), Range("2001:db8:a::", 46), Range("192.0.2.5", 32)}, false};
}

ClientOrigin Find(const ClientAddressRule& rule, const std::optional<IpAddress>& peer,
                  Fields fields) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (const auto& [name, value] : fields) {
    text += std::string(name) + ": " + value + "\r\n";
  }
  text += "\r\n";
  RequestHead head;
  EXPECT_EQ(head.Read({text.data(), text.size()}, HeadLimits{}).status, HeadStatus::kComplete);
  return FindClientOrigin(rule, {peer, false}, head);
}

constexpr auto kForwardedFor = ClientAddressSource::kXForwardedFor;
constexpr auto kRealIp = ClientAddressSource::kXRealIp;

TEST(ClientAddressTest, IsThePeersWhereNoFieldIsDeclared) {
  const ClientOrigin origin = Find(Rule(ClientAddressSource::kPeer), Ip("10.1.1.1"),
                                   {{"X-Forwarded-For", "1.1.1.1"}, {"X-Real-IP", "1.1.1.1"}});
  EXPECT_EQ(origin.address, Ip("10.1.1.1"));
}

TEST(ClientAddressTest, IsThePeersIfThePeerIsNotTrusted) {
  const ClientOrigin origin =
      Find(Rule(kForwardedFor), Ip("11.1.1.1"),
           {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-Proto", "https"}});
  EXPECT_EQ(origin.address, Ip("11.1.1.1"));
  EXPECT_FALSE(origin.https);
  EXPECT_FALSE(origin.from_trusted_peer);
}

TEST(ClientAddressTest, IsTheLastThatIsNoTrustedPeers) {
  for (const char* list :
       {"6.6.6.6, 7.7.7.7", "6.6.6.6,7.7.7.7,10.1.1.1", "7.7.7.7 , 192.0.2.5,\t10.255.255.255"}) {
    EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X-Forwarded-For", list}}).address,
              Ip("7.7.7.7"))
        << list;
  }
}

TEST(ClientAddressTest, ReadsSeveralFieldsAsOneList) {
  const ClientOrigin origin =
      Find(Rule(kForwardedFor), Ip("10.1.1.1"),
           {{"X-Forwarded-For", "6.6.6.6, 7.7.7.7"}, {"A", "b"}, {"x-forwarded-for", "10.2.2.2"}});
  EXPECT_EQ(origin.address, Ip("7.7.7.7"));
}

TEST(ClientAddressTest, IsTheLeftmostIfAllAreTrustedPeers) {
  const ClientOrigin origin =
      Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X-Forwarded-For", "10.3.3.3, 10.2.2.2"}});
  EXPECT_EQ(origin.address, Ip("10.3.3.3"));
}

TEST(ClientAddressTest, IsUnknownWhereTheListIsNoList) {
  for (const char* list : {"", "unknown", "1.1.1.1:80", "[2001:db8::1]", "1.1.1", "01.1.1.1",
                           "1.1.1.1,", "1.1.1.1, ,10.1.1.1", "fe80::1%eth0", "0x7f.0.0.1"}) {
    EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X-Forwarded-For", list}}).address,
              std::nullopt)
        << list;
  }
  EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {}).address, std::nullopt);
  EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X_Forwarded_For", "1.1.1.1"}}).address,
            std::nullopt);
}

TEST(ClientAddressTest, IsUnknownBehindTooManyHops) {
  std::string list = "1.1.1.1";
  for (std::size_t i = 1; i < kMaxHops; ++i) list += ",10.1.1.1";
  EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X-Forwarded-For", list.c_str()}}).address,
            Ip("1.1.1.1"));
  list += ",10.1.1.1";
  EXPECT_EQ(Find(Rule(kForwardedFor), Ip("10.1.1.1"), {{"X-Forwarded-For", list.c_str()}}).address,
            std::nullopt);
}

TEST(ClientAddressTest, MappedAddressIsItsIpv4Address) {
  const ClientOrigin origin =
      Find(Rule(kForwardedFor), Ip("::ffff:10.1.1.1"), {{"X-Forwarded-For", "::ffff:7.7.7.7"}});
  EXPECT_EQ(origin.address, Ip("7.7.7.7"));
}

TEST(ClientAddressTest, RealIpCountsIfItCameOnce) {
  EXPECT_EQ(Find(Rule(kRealIp), Ip("10.1.1.1"), {{"x-real-IP", "7.7.7.7"}}).address, Ip("7.7.7.7"));
  EXPECT_EQ(
      Find(Rule(kRealIp), Ip("10.1.1.1"), {{"X-Real-IP", "7.7.7.7"}, {"X-Real-IP", "7.7.7.7"}})
          .address,
      std::nullopt);
  EXPECT_EQ(Find(Rule(kRealIp), Ip("10.1.1.1"), {{"X-Forwarded-For", "7.7.7.7"}}).address,
            std::nullopt);
}

TEST(ClientAddressTest, UnixPeerIsUnknownUnlessItIsTrusted) {
  ClientAddressRule rule = Rule(kRealIp);
  EXPECT_EQ(Find(rule, std::nullopt, {{"X-Real-IP", "7.7.7.7"}}).address, std::nullopt);
  rule.trust_unix = true;
  EXPECT_EQ(Find(rule, std::nullopt, {{"X-Real-IP", "7.7.7.7"}}).address, Ip("7.7.7.7"));
}

TEST(ClientAddressTest, SchemeIsHttpsIfATrustedPeerSaysSoOnce) {
  const ClientAddressRule rule = Rule(ClientAddressSource::kPeer);
  EXPECT_TRUE(Find(rule, Ip("10.1.1.1"), {{"X-Forwarded-Proto", "HTTPS"}}).https);
  EXPECT_FALSE(Find(rule, Ip("10.1.1.1"), {{"X-Forwarded-Proto", "http"}}).https);
  EXPECT_FALSE(Find(rule, Ip("10.1.1.1"), {{"X-Forwarded-Proto", "https, http"}}).https);
  EXPECT_FALSE(
      Find(rule, Ip("10.1.1.1"), {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "https"}})
          .https);
}

TEST(TrustedPeerTest, IsInADeclaredRangeOfItsFamily) {
  const ClientAddressRule rule = Rule(kRealIp);
  for (const char* inside :
       {"10.0.0.0", "10.255.255.255", "192.0.2.5", "2001:db8:a::1", "2001:db8:b:ffff::1"}) {
    EXPECT_TRUE(IsTrustedPeer(rule, Ip(inside))) << inside;
  }
  for (const char* outside :
       {"9.255.255.255", "11.0.0.0", "192.0.2.4", "192.0.2.6", "2001:db8:e::1", "a00::"}) {
    EXPECT_FALSE(IsTrustedPeer(rule, Ip(outside))) << outside;
  }
}

}  // namespace
}  // namespace stile
