#include "verifier/policy/mistake/vast_part.h"

#include <string>

#include <gtest/gtest.h>

namespace stile {
namespace {

Cidr Range(const std::string& address, int length) { return {*IpAddress::Parse(address), length}; }

// 2^`bits` ranges of `length` + `bits` bits, which are one of `length` bits.
std::vector<Cidr> Parts(const std::string& address, int length, int bits) {
  const Cidr whole = Range(address, length);
  std::vector<Cidr> parts;
  for (unsigned part = 0; part < 1U << bits; ++part) {
    IpAddress::Bytes16 bytes = whole.address.bytes();
    for (int bit = 0; bit < bits; ++bit) {
      const int at = length + bit;
      if ((part >> (bits - 1 - bit) & 1) == 0) continue;
      bytes[static_cast<std::size_t>(at / 8)] |= static_cast<std::uint8_t>(0x80 >> at % 8);
    }
    parts.push_back({whole.address.is_v6()
                         ? IpAddress::V6(bytes)
                         : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]}),
                     length + bits});
  }
  return parts;
}

constexpr char kMuchIpv4[] = "more than 67108864 IPv4 addresses";
constexpr char kMuchIpv6[] = "more of IPv6 than one /16";

TEST(VastPart, NothingIsVast) {
  EXPECT_EQ(VastPart({}), "");
  EXPECT_EQ(VastPart({Range("192.0.2.0", 24), Range("2001:db8::", 32)}), "");
}

TEST(VastPart, OneWideRangeIsNamed) {
  EXPECT_EQ(VastPart({Range("192.0.2.0", 24), Range("8.0.0.0", 7)}), "8.0.0.0/7");
  EXPECT_EQ(VastPart({Range("2000::", 15)}), "2000::/15");
  EXPECT_EQ(VastPart({Range("0.0.0.0", 0)}), "0.0.0.0/0");
  EXPECT_EQ(VastPart({Range("::", 0)}), "::/0");
  EXPECT_EQ(VastPart({Range("8.0.0.0", 8)}), "");
  EXPECT_EQ(VastPart({Range("2000::", 16)}), "");
}

TEST(VastPart, PartsOfTheWholeInternetAreTheWhole) {
  EXPECT_EQ(VastPart(Parts("0.0.0.0", 0, 8)), kMuchIpv4);
  EXPECT_EQ(VastPart(Parts("0.0.0.0", 0, 16)), kMuchIpv4);
  EXPECT_EQ(VastPart(Parts("::", 0, 16)), kMuchIpv6);
}

TEST(VastPart, ExactlyAsMuchAsTheBoundIsNotVast) {
  std::vector<Cidr> ipv4 = Parts("8.0.0.0", 6, 2);
  EXPECT_EQ(VastPart(ipv4), "");
  ipv4.push_back(Range("12.0.0.0", 32));
  EXPECT_EQ(VastPart(ipv4), kMuchIpv4);

  std::vector<Cidr> ipv6 = Parts("2000::", 16, 10);
  EXPECT_EQ(VastPart(ipv6), "");
  ipv6.push_back(Range("2001::1", 128));
  EXPECT_EQ(VastPart(ipv6), kMuchIpv6);
}

TEST(VastPart, EachAddressCountsOnce) {
  std::vector<Cidr> ipv4 = Parts("8.0.0.0", 6, 10);
  const std::vector<Cidr> wide = Parts("8.0.0.0", 6, 2);
  ipv4.insert(ipv4.end(), wide.begin(), wide.end());
  ipv4.insert(ipv4.end(), wide.begin(), wide.end());
  ipv4.push_back(Range("11.255.255.255", 32));
  EXPECT_EQ(VastPart(ipv4), "");

  std::vector<Cidr> ipv6 = Parts("2000::", 16, 4);
  ipv6.push_back(Range("2000::", 16));
  ipv6.push_back(Range("2000::1", 128));
  ipv6.push_back(Range("2000::2", 128));
  EXPECT_EQ(VastPart(ipv6), "");
}

}  // namespace
}  // namespace stile
