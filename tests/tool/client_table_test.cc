#include "tool/client_table.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(ClientTableTest, AddressesOfOnePrefixAreOneClient) {
  ClientTable table;
  const auto agent = table.FindUserAgent("x");
  ASSERT_TRUE(agent.has_value());
  const BindingOptions binding;
  ReplayedClient* first = table.Find(0, IpAddress::Parse("192.0.2.7"), *agent, binding);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(table.Find(0, IpAddress::Parse("192.0.2.99"), *agent, binding), first);
  EXPECT_EQ(ClientTable::AddressText(*first), "192.0.2.0/24");
  EXPECT_EQ(table.clients().size(), 1U);
}

TEST(ClientTableTest, SiteUserAgentFamilyAndPrefixTellClientsApart) {
  ClientTable table;
  const auto x = *table.FindUserAgent("x");
  const auto y = *table.FindUserAgent("y");
  const BindingOptions binding;
  (void)table.Find(0, IpAddress::Parse("192.0.2.7"), x, binding);
  (void)table.Find(1, IpAddress::Parse("192.0.2.7"), x, binding);
  (void)table.Find(0, IpAddress::Parse("192.0.2.7"), y, binding);
  (void)table.Find(0, IpAddress::Parse("192.0.3.7"), x, binding);
  (void)table.Find(0, IpAddress::Parse("2001:db8::1"), x, binding);
  (void)table.Find(0, IpAddress::Parse("2001:db8:0:100::1"), x, binding);
  (void)table.Find(0, std::nullopt, x, binding);
  EXPECT_EQ(table.clients().size(), 7U);
  EXPECT_EQ(ClientTable::AddressText(table.clients()[4]), "2001:db8::/56");
  EXPECT_EQ(ClientTable::AddressText(table.clients()[6]), "unknown");
}

TEST(ClientTableTest, SiteThatBindsNoAddressStillHasClients) {
  ClientTable table;
  const auto x = *table.FindUserAgent("x");
  const BindingOptions binding{0, 0, true};
  (void)table.Find(0, IpAddress::Parse("192.0.2.7"), x, binding);
  (void)table.Find(0, IpAddress::Parse("192.0.3.7"), x, binding);
  EXPECT_EQ(table.clients().size(), 2U);
}

TEST(ClientTableTest, FullTableRemembersNobodyElseAndSaysSo) {
  ClientTable::Limits limits;
  limits.clients = 1;
  limits.user_agents = 2;
  ClientTable table(limits);
  const auto x = *table.FindUserAgent("x");
  const auto y = *table.FindUserAgent("y");
  EXPECT_NE(table.Find(0, std::nullopt, x, {}), nullptr);
  EXPECT_FALSE(table.was_full());
  EXPECT_EQ(table.Find(0, std::nullopt, y, {}), nullptr);
  EXPECT_TRUE(table.was_full());
  EXPECT_NE(table.Find(0, std::nullopt, x, {}), nullptr);
  EXPECT_EQ(table.FindUserAgent("z"), std::nullopt);
  EXPECT_EQ(table.FindUserAgent("y"), y);
}

TEST(ClientTableTest, LongUserAgentsAreCutOff) {
  ClientTable table;
  const std::string longer(600, 'a');
  const auto number = table.FindUserAgent(longer);
  EXPECT_EQ(table.FindUserAgent(longer + "b"), number);
  EXPECT_EQ(table.user_agent(*number).text.size(), 512U);
}

}  // namespace
}  // namespace stile
