#include "service/proxy_protocol.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stile {
namespace {

using Reason = ProxyHeaderReason;
using Status = ProxyHeader::Status;

std::optional<IpAddress> Ip(const char* text) { return IpAddress::Parse(text); }

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

// A header of version 2 around `body`.
std::string Binary(int command, int family, std::string_view body) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) +
         Bytes({command, family, static_cast<int>(body.size() >> 8),
                static_cast<int>(body.size() & 0xFF)}) +
         std::string(body);
}

std::string Extension(int type, std::string_view value) {
  return Bytes({type, static_cast<int>(value.size() >> 8), static_cast<int>(value.size() & 0xFF)}) +
         std::string(value);
}

const std::string kV4 = Bytes({192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 0, 80});
const std::string kV6 = Bytes({0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}) +
                        std::string(16, '\1') + Bytes({0x12, 0x34, 0, 80});
const std::string kTlsByClient = Bytes({1, 0, 0, 0, 0});

// What every way to split the bytes leads to: the result of all of them at once.
ProxyHeader Read(const std::string& bytes) {
  const ProxyHeader whole = ReadProxyHeader(bytes);
  ProxyHeader grown;
  for (std::size_t size = 0; size <= bytes.size() && grown.status == Status::kNeedMore; ++size) {
    grown = ReadProxyHeader(std::string_view(bytes).substr(0, size));
  }
  EXPECT_EQ(grown.status, whole.status);
  EXPECT_EQ(grown.reason, whole.reason);
  EXPECT_EQ(grown.size, whole.size);
  EXPECT_EQ(grown.client, whole.client);
  return whole;
}

void ExpectRefused(const std::string& bytes, Reason reason) {
  const ProxyHeader header = Read(bytes);
  EXPECT_EQ(header.status, Status::kRefused) << bytes;
  EXPECT_EQ(ProxyHeaderReasonName(header.reason), ProxyHeaderReasonName(reason)) << bytes;
  EXPECT_EQ(header.client, std::nullopt);
}

void ExpectClient(const std::string& bytes, const char* client) {
  const ProxyHeader header = Read(bytes + "GET / HTTP/1.1\r\n");
  EXPECT_EQ(header.status, Status::kComplete) << bytes;
  EXPECT_EQ(header.client, client == nullptr ? std::nullopt : Ip(client)) << bytes;
  EXPECT_EQ(header.size, bytes.size());
  EXPECT_FALSE(header.local);
}

TEST(ProxyProtocolText, NamesTheClient) {
  ExpectClient("PROXY TCP4 192.0.2.7 198.51.100.1 4660 80\r\n", "192.0.2.7");
  ExpectClient("PROXY TCP6 2001:db8::7 ::1 0 65535\r\n", "2001:db8::7");
  ExpectClient("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7");
}

TEST(ProxyProtocolText, OfAnUnknownClientNamesNone) {
  ExpectClient("PROXY UNKNOWN\r\n", nullptr);
  ExpectClient("PROXY UNKNOWN 192.0.2.7 198.51.100.1 4660 80\r\n", nullptr);
}

TEST(ProxyProtocolText, FitsItsLongestForm) {
  const std::string longest =
      "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";  // What doesn't parse.
  ExpectRefused(longest, Reason::kAddress);
  const std::string address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  ExpectClient("PROXY TCP6 " + address + " " + address + " 65535 65535\r\n", address.c_str());
  ExpectClient("PROXY UNKNOWN " + std::string(kMaxProxyHeaderV1 - 16, 'x') + "\r\n", nullptr);
}

TEST(ProxyProtocolText, OverItsLimitIsTooLong) {
  static_assert(kMaxProxyHeaderV1 == 107);  // The specification's.
  ExpectRefused("PROXY UNKNOWN " + std::string(kMaxProxyHeaderV1 - 15, 'x') + "\r\n",
                Reason::kTooLong);
  ExpectRefused("PROXY " + std::string(500, ' '), Reason::kTooLong);
}

TEST(ProxyProtocolText, ThatIsMalformedIsRefused) {
  for (const char* line :
       {"TCP4 192.0.2.7 198.51.100.1 4660\r\n", "TCP4 192.0.2.7 198.51.100.1 4660 80 \r\n",
        "TCP4 192.0.2.7 198.51.100.1 4660 80 x\r\n", "TCP4  192.0.2.7 198.51.100.1 4660 80\r\n",
        "TCP4 192.0.2.7 198.51.100.1 4660 080\r\n", "TCP4 192.0.2.7 198.51.100.1 4660 65536\r\n",
        "TCP4 192.0.2.7 198.51.100.1 -1 80\r\n", "TCP4 2001:db8::7 ::1 4660 80\r\n",
        "TCP6 192.0.2.7 198.51.100.1 4660 80\r\n", "TCP4 192.0.2.07 198.51.100.1 4660 80\r\n",
        "TCP4 192.0.2.7 198.51.100.1 4660 80\n", "TCP4 192.0.2.7\r198.51.100.1 4660 80\r\n",
        "TCP4 192.0.2.7 example.org 4660 80\r\n", "TCP4 fe80::1%eth0 ::1 1 2\r\n"}) {
    ExpectRefused(std::string("PROXY ") + line, Reason::kAddress);
  }
}

TEST(ProxyProtocolText, OfAnotherFamilyIsRefused) {
  for (const char* line :
       {"TCP5 192.0.2.7 198.51.100.1 4660 80\r\n", "tcp4 1.1.1.1 1.1.1.1 1 1\r\n",
        "UDP4 192.0.2.7 198.51.100.1 4660 80\r\n", "\r\n", "UNKNOWNX\r\n"}) {
    ExpectRefused(std::string("PROXY ") + line, Reason::kFamily);
  }
}

TEST(ProxyProtocol, WithoutASignatureIsRefusedAtTheFirstWrongByte) {
  for (const char* bytes : {"GET / HTTP/1.1\r\n", "PROXX", "PROXY\t", "proxy ", "\r\n\r\nG",
                            "\x16\x03\x01", "POST", "\n", "\r\r"}) {
    ExpectRefused(bytes, Reason::kSignature);
  }
  EXPECT_EQ(ReadProxyHeader("PRO").status, Status::kNeedMore);
  EXPECT_EQ(ReadProxyHeader("PRG").status, Status::kRefused);
}

TEST(ProxyProtocolBinary, NamesTheClient) {
  ExpectClient(Binary(0x21, 0x11, kV4), "192.0.2.7");
  ExpectClient(Binary(0x21, 0x12, kV4), "192.0.2.7");
  ExpectClient(Binary(0x21, 0x21, kV6), "2001:db8::7");
}

TEST(ProxyProtocolBinary, OfAnUnknownClientNamesNone) {
  ExpectClient(Binary(0x21, 0x00, ""), nullptr);
  ExpectClient(Binary(0x21, 0x31, std::string(216, 'a')), nullptr);
}

TEST(ProxyProtocolBinary, OfTheProxyItselfIsLocalWhateverElseItSays) {
  for (const std::string& bytes :
       {Binary(0x20, 0x00, ""), Binary(0x20, 0x11, kV4), Binary(0x20, 0xFF, "x")}) {
    const ProxyHeader header = Read(bytes);
    EXPECT_EQ(header.status, Status::kComplete);
    EXPECT_TRUE(header.local);
    EXPECT_EQ(header.client, std::nullopt);
    EXPECT_EQ(header.size, bytes.size());
  }
}

TEST(ProxyProtocolBinary, SkipsExtensionsWithinItsLength) {
  const std::string extensions = Extension(0x01, "h2") + Extension(0x04, "") +
                                 Extension(0x02, "example.org") +
                                 Extension(0xEA, std::string(1500, 'x'));
  ExpectClient(Binary(0x21, 0x11, kV4 + extensions), "192.0.2.7");
}

TEST(ProxyProtocolBinary, SaysWhetherTheClientSpokeTls) {
  EXPECT_TRUE(Read(Binary(0x21, 0x11, kV4 + Extension(0x20, kTlsByClient))).tls);
  EXPECT_TRUE(
      Read(Binary(0x21, 0x11, kV4 + Extension(0x20, kTlsByClient + Extension(0x21, "TLSv1.3"))))
          .tls);
  EXPECT_FALSE(Read(Binary(0x21, 0x11, kV4 + Extension(0x20, Bytes({6, 0, 0, 0, 0})))).tls);
  EXPECT_FALSE(Read(Binary(0x21, 0x11, kV4)).tls);
}

TEST(ProxyProtocolBinary, WithExtensionsThatOverrunIsRefused) {
  ExpectRefused(Binary(0x21, 0x11, kV4 + "\x01"), Reason::kExtension);
  ExpectRefused(Binary(0x21, 0x11, kV4 + Bytes({1, 0, 3, 'h', '2'})), Reason::kExtension);
  ExpectRefused(Binary(0x21, 0x11, kV4 + Extension(0x20, "\1")), Reason::kExtension);
  ExpectRefused(
      Binary(0x21, 0x11, kV4 + Extension(0x20, kTlsByClient) + Extension(0x20, kTlsByClient)),
      Reason::kExtension);
}

TEST(ProxyProtocolBinary, ThatIsMalformedIsRefused) {
  ExpectRefused(Binary(0x11, 0x11, kV4), Reason::kVersion);
  ExpectRefused(Binary(0x31, 0x11, kV4), Reason::kVersion);
  ExpectRefused(Binary(0x22, 0x11, kV4), Reason::kCommand);
  ExpectRefused(Binary(0x21, 0x13, kV4), Reason::kFamily);
  ExpectRefused(Binary(0x21, 0x41, kV4), Reason::kFamily);
  ExpectRefused(Binary(0x21, 0x11, kV4.substr(1)), Reason::kAddress);
  ExpectRefused(Binary(0x21, 0x21, kV4), Reason::kAddress);
  ExpectRefused(Binary(0x21, 0x31, std::string(215, 'a')), Reason::kAddress);
}

TEST(ProxyProtocolBinary, OverTheLimitIsTooLong) {
  const std::string room(2048 - 12 - 3, 'x');
  ExpectClient(Binary(0x21, 0x11, kV4 + Extension(0xE0, room)), "192.0.2.7");
  ExpectRefused(Binary(0x21, 0x11, kV4 + Extension(0xE0, room + "x")), Reason::kTooLong);
  ExpectRefused(Binary(0x20, 0x00, std::string(2049, 'x')), Reason::kTooLong);
}

TEST(ProxyProtocol, CutShortNeedsMore) {
  const std::string whole = Binary(0x21, 0x21, kV6 + Extension(0x01, "h2"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ReadProxyHeader(std::string_view(whole).substr(0, size)).status, Status::kNeedMore);
  }
  EXPECT_EQ(ReadProxyHeader("PROXY TCP4 192.0.2.7 198.51.100.1 4660 80\r").status,
            Status::kNeedMore);
}

}  // namespace
}  // namespace stile
