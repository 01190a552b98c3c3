#include "verifier/policy/index/cidr_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

using Sets = std::vector<std::uint32_t>;

CidrTable TableOf(const std::vector<std::pair<Cidr, std::uint32_t>>& ranges) {
  CidrTable::Builder builder;
  for (const auto& [range, set] : ranges) builder.Add(range, set);
  auto table = CidrTable::Create(std::move(builder));
  EXPECT_TRUE(table.has_value());
  return table ? *std::move(table) : CidrTable();
}

CidrTable TableOf(const std::vector<Cidr>& ranges) {
  std::vector<std::pair<Cidr, std::uint32_t>> in_set_1;
  for (const Cidr& range : ranges) in_set_1.emplace_back(range, 1);
  return TableOf(in_set_1);
}

Sets SetsOf(const CidrTable& table, const IpAddress& address) {
  const auto sets = table.Find(address);
  return {sets.begin(), sets.end()};
}

bool Contains(const CidrTable& table, const IpAddress& address) {
  return SetsOf(table, address) == Sets{1};
}

TEST(CidrTable, ContainsExactlyItsRanges) {
  const CidrTable table =
      TableOf(std::vector<Cidr>{RangeOf("192.0.2.0", 24), RangeOf("10.0.0.1", 32),
                                RangeOf("2001:db8::", 32), RangeOf("2001:db9::1", 128)});
  for (const auto* inside : {"192.0.2.0", "192.0.2.255", "10.0.0.1", "2001:db8::",
                             "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::1"}) {
    EXPECT_TRUE(Contains(table, AddressOf(inside))) << inside;
  }
  for (const auto* outside : {"192.0.1.255", "192.0.3.0", "10.0.0.0", "10.0.0.2", "2001:db7::",
                              "2001:db9::", "2001:db9::2", "0.0.0.0", "255.255.255.255", "::"}) {
    EXPECT_FALSE(Contains(table, AddressOf(outside))) << outside;
  }
}

TEST(CidrTable, MappedAddressIsInTheIpv4Range) {
  const CidrTable table = TableOf(std::vector<Cidr>{RangeOf("192.0.2.0", 24)});
  EXPECT_TRUE(Contains(table, AddressOf("::ffff:192.0.2.9")));
}

TEST(CidrTable, WholeFamilyHoldsOnlyThatFamily) {
  const CidrTable v4 = TableOf(std::vector<Cidr>{RangeOf("0.0.0.0", 0)});
  EXPECT_TRUE(Contains(v4, AddressOf("255.255.255.255")));
  EXPECT_FALSE(Contains(v4, AddressOf("::1")));
  const CidrTable v6 = TableOf(std::vector<Cidr>{RangeOf("::", 0)});
  EXPECT_TRUE(Contains(v6, AddressOf("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(Contains(v6, AddressOf("1.2.3.4")));
}

TEST(CidrTable, EmptyTableContainsNothing) {
  EXPECT_EQ(SetsOf(CidrTable(), AddressOf("192.0.2.1")), Sets{});
  EXPECT_EQ(SetsOf(TableOf(std::vector<Cidr>{}), AddressOf("::1")), Sets{});
}

bool IsIn(const Cidr& range, const IpAddress& address) {
  if (range.address.is_v6() != address.is_v6()) return false;
  for (int bit = 0; bit < range.length; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((range.address.bytes()[byte] & mask) != (address.bytes()[byte] & mask)) return false;
  }
  return true;
}

TEST(CidrTable, AgreesWithASearchOfEveryRange) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  // Few different bits, so that ranges overlap and are hit.
  const auto v4 = [&random] {
    return IpAddress::V4(
        {10, static_cast<std::uint8_t>(random() % 4), 0, static_cast<std::uint8_t>(random())});
  };
  const auto v6 = [&random] {
    IpAddress::Bytes16 bytes{0x20, 1};
    bytes[7] = static_cast<std::uint8_t>(random() % 4);
    bytes[8] = static_cast<std::uint8_t>(random() % 4);
    bytes[15] = static_cast<std::uint8_t>(random());
    return IpAddress::V6(bytes);
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<Cidr, std::uint32_t>> ranges;
    for (std::size_t n = random() % 40; n > 0; --n) {
      const Cidr range = random() % 2 == 0 ? Cidr{v4(), static_cast<int>(12 + random() % 21)}
                                           : Cidr{v6(), static_cast<int>(50 + random() % 79)};
      ranges.emplace_back(range, random() % 5);
    }
    const CidrTable table = TableOf(ranges);
    for (int query = 0; query < 100; ++query) {
      const IpAddress address = random() % 2 == 0 ? v4() : v6();
      std::set<std::uint32_t> expected;
      for (const auto& [range, set] : ranges) {
        if (IsIn(range, address)) expected.insert(set);
      }
      ASSERT_EQ(SetsOf(table, address), Sets(expected.begin(), expected.end()))
          << address.ToString();
    }
  }
}

TEST(CidrTable, NestedRangesOfSeveralSetsAddUp) {
  const CidrTable table = TableOf({{RangeOf("10.0.0.0", 8), 7},
                                   {RangeOf("10.1.0.0", 16), 3},
                                   {RangeOf("10.1.0.0", 16), 5},
                                   {RangeOf("10.1.255.255", 32), 7},
                                   {RangeOf("255.255.255.255", 32), 9}});
  EXPECT_EQ(SetsOf(table, AddressOf("10.0.0.1")), Sets{7});
  EXPECT_EQ(SetsOf(table, AddressOf("10.1.0.1")), (Sets{3, 5, 7}));
  EXPECT_EQ(SetsOf(table, AddressOf("10.1.255.255")), (Sets{3, 5, 7}));
  EXPECT_EQ(SetsOf(table, AddressOf("10.2.0.0")), Sets{7});
  EXPECT_EQ(SetsOf(table, AddressOf("11.0.0.0")), Sets{});
  EXPECT_EQ(SetsOf(table, AddressOf("255.255.255.255")), Sets{9});
}

TEST(CidrTable, MoreCombinationsOfSetsThanItKeepsAreRefused) {
  // Of n sets that each add one to all before it: n * n / 2 numbers.
  CidrTable::Builder builder;
  std::uint32_t set = 0;
  for (int length = 1; length <= 128; ++length) {
    for (int k = 0; k < 40; ++k) builder.Add(RangeOf("::", length), set++);
  }
  EXPECT_FALSE(CidrTable::Create(std::move(builder)).has_value());
}

TEST(CidrTable, HundredThousandRangesAreSearched) {
  std::vector<Cidr> ranges;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const auto b = [i](int shift) { return static_cast<std::uint8_t>(i >> shift); };
    ranges.push_back({IpAddress::V4({b(15), b(7), static_cast<std::uint8_t>(b(0) << 1), 0}), 24});
  }
  const CidrTable table = TableOf(ranges);
  EXPECT_TRUE(Contains(table, AddressOf("3.13.62.255")));
  EXPECT_FALSE(Contains(table, AddressOf("3.13.63.0")));
}

}  // namespace
}  // namespace stile
