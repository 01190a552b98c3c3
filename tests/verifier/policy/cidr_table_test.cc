#include "verifier/policy/cidr_table.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

TEST(CidrTable, ContainsExactlyItsRanges) {
  const CidrTable table({RangeOf("192.0.2.0", 24), RangeOf("10.0.0.1", 32),
                         RangeOf("2001:db8::", 32), RangeOf("2001:db9::1", 128)});
  for (const auto* inside : {"192.0.2.0", "192.0.2.255", "10.0.0.1", "2001:db8::",
                             "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::1"}) {
    EXPECT_TRUE(table.Contains(AddressOf(inside))) << inside;
  }
  for (const auto* outside : {"192.0.1.255", "192.0.3.0", "10.0.0.0", "10.0.0.2", "2001:db7::",
                              "2001:db9::", "2001:db9::2", "0.0.0.0", "255.255.255.255", "::"}) {
    EXPECT_FALSE(table.Contains(AddressOf(outside))) << outside;
  }
}

TEST(CidrTable, MappedAddressIsInTheIpv4Range) {
  const CidrTable table({RangeOf("192.0.2.0", 24)});
  EXPECT_TRUE(table.Contains(AddressOf("::ffff:192.0.2.9")));
}

TEST(CidrTable, WholeFamilyHoldsOnlyThatFamily) {
  const CidrTable v4({RangeOf("0.0.0.0", 0)});
  EXPECT_TRUE(v4.Contains(AddressOf("255.255.255.255")));
  EXPECT_FALSE(v4.Contains(AddressOf("::1")));
  const CidrTable v6({RangeOf("::", 0)});
  EXPECT_TRUE(v6.Contains(AddressOf("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(v6.Contains(AddressOf("1.2.3.4")));
}

TEST(CidrTable, EmptyTableContainsNothing) {
  EXPECT_FALSE(CidrTable().Contains(AddressOf("192.0.2.1")));
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
    std::vector<Cidr> ranges;
    for (std::size_t n = random() % 40; n > 0; --n) {
      if (random() % 2 == 0) {
        ranges.push_back({v4(), static_cast<int>(12 + random() % 21)});
      } else {
        ranges.push_back({v6(), static_cast<int>(50 + random() % 79)});
      }
    }
    const CidrTable table(ranges);
    for (int query = 0; query < 100; ++query) {
      const IpAddress address = random() % 2 == 0 ? v4() : v6();
      bool expected = false;
      for (const Cidr& range : ranges) expected |= IsIn(range, address);
      ASSERT_EQ(table.Contains(address), expected) << address.ToString();
    }
  }
}

TEST(CidrTable, HundredThousandRangesAreSearched) {
  std::vector<Cidr> ranges;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const auto b = [i](int shift) { return static_cast<std::uint8_t>(i >> shift); };
    ranges.push_back({IpAddress::V4({b(15), b(7), static_cast<std::uint8_t>(b(0) << 1), 0}), 24});
  }
  const CidrTable table(ranges);
  EXPECT_TRUE(table.Contains(AddressOf("3.13.62.255")));
  EXPECT_FALSE(table.Contains(AddressOf("3.13.63.0")));
}

}  // namespace
}  // namespace stile
