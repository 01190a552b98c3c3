// Every rule of the reader, broken alone: the reason is the one expected, whole or in pieces.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "service/request_head.h"
#include "tests/service/head/head_text.h"

namespace stile {
namespace {

constexpr HeadLimits kSmall{.max_head = 256, .max_target = 32, .max_fields = 4, .max_body = 1000};

struct Refusal {
  std::string name;
  HeadReason reason;
  std::uint16_t status;
  std::string text;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }
std::string NameOf(const testing::TestParamInfo<Refusal>& tested) { return tested.param.name; }

using namespace std::string_literals;  // NOLINT: for texts with NUL.

std::vector<Refusal> Refusals() {
  const std::string rest = " HTTP/1.1\r\nHost: example.org\r\n\r\n";
  return {
      {"EmptyLineFirst", HeadReason::kEmptyLine, 400, "\r\n" + GetWith("")},
      {"LineFeedFirst", HeadReason::kEmptyLine, 400, "\n" + GetWith("")},

      {"BareLfInRequestLine", HeadReason::kBareLf, 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"BareLfInField", HeadReason::kBareLf, 400, GetWith("A: b\nC: d\r\n")},
      {"BareLfAtEnd", HeadReason::kBareLf, 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},

      {"BareCrInRequestLine", HeadReason::kBareCr, 400, "GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n"},
      {"BareCrInValue", HeadReason::kBareCr, 400, GetWith("A: b\rc\r\n")},
      {"BareCrInName", HeadReason::kBareCr, 400, GetWith("A\rb: c\r\n")},
      {"CrCrLf", HeadReason::kBareCr, 400, GetWith("A: b\r\r\n")},
      {"CrBeforeEmptyLine", HeadReason::kBareCr, 400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"},

      {"NoMethod", HeadReason::kMethodSyntax, 400, " / HTTP/1.1\r\n\r\n"},
      {"MethodWithBrace", HeadReason::kMethodSyntax, 400, "G{T /" + rest},
      {"MethodWithNul", HeadReason::kMethodSyntax, 400, "G\0T /"s + rest},
      {"TlsRecord", HeadReason::kMethodSyntax, 400, "\x16\x03\x01\x02\x00\x01\x00"s},

      {"MethodInLowerCase", HeadReason::kMethodUnknown, 501, "get /" + rest},
      {"MethodWithDigit", HeadReason::kMethodUnknown, 501, "GET2 /" + rest},
      {"MethodOf21Letters", HeadReason::kMethodUnknown, 501, std::string(21, 'A') + " /" + rest},
      {"MethodBeginsWithHyphen", HeadReason::kMethodUnknown, 501, "-GET /" + rest},

      {"Connect", HeadReason::kMethodRefused, 405, "CONNECT example.org:443" + rest},
      {"Trace", HeadReason::kMethodRefused, 405, "TRACE /" + rest},

      {"NoSpaces", HeadReason::kRequestLine, 400, "GET\r\n\r\n"},
      {"NoVersion", HeadReason::kRequestLine, 400, "GET /\r\nHost: a\r\n\r\n"},
      {"TwoSpacesBeforeTarget", HeadReason::kRequestLine, 400, "GET  /" + rest},

      {"TargetLongerThanLimit", HeadReason::kTargetTooLong, 414,
       "GET /" + std::string(32, 'a') + rest},
      {"RequestLineWithoutEnd", HeadReason::kTargetTooLong, 414, "GET /" + std::string(80, 'a')},

      {"TargetWithFragment", HeadReason::kTargetByte, 400, "GET /#a" + rest},
      {"TargetWithBackslash", HeadReason::kTargetByte, 400, "GET /\\a" + rest},
      {"TargetWithAngle", HeadReason::kTargetByte, 400, "GET /<a>" + rest},
      {"TargetWithQuote", HeadReason::kTargetByte, 400, "GET /\"" + rest},
      {"TargetWithNul", HeadReason::kTargetByte, 400, "GET /a\0b"s + rest},
      {"TargetWithTab", HeadReason::kTargetByte, 400, "GET /a\tb" + rest},
      {"TargetWithHighByte", HeadReason::kTargetByte, 400, "GET /\xC3\xA9" + rest},
      {"TargetWithDelete", HeadReason::kTargetByte, 400, "GET /\x7F" + rest},

      {"TargetIsRelative", HeadReason::kTargetForm, 400, "GET a" + rest},
      {"TargetIsAuthority", HeadReason::kTargetForm, 400, "GET example.org:80" + rest},
      {"TargetIsAsteriskOfGet", HeadReason::kTargetForm, 400, "GET *" + rest},
      {"TargetOfOtherScheme", HeadReason::kTargetForm, 400, "GET ftp://example.org/" + rest},
      {"AbsoluteTargetWithoutPath", HeadReason::kTargetForm, 400,
       "GET http://example.org?a" + rest},

      {"TwoSpacesBeforeVersion", HeadReason::kVersionSyntax, 400,
       "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"VersionInLowerCase", HeadReason::kVersionSyntax, 400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"VersionWithSpaceBehind", HeadReason::kVersionSyntax, 400,
       "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"VersionOfTwoDigits", HeadReason::kVersionSyntax, 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
      {"ThirdWord", HeadReason::kVersionSyntax, 400, "GET / a HTTP/1.1\r\nHost: a\r\n\r\n"},

      {"Version20", HeadReason::kVersion, 505, "PRI * HTTP/2.0\r\n\r\n"},
      {"Version12", HeadReason::kVersion, 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"Version09", HeadReason::kVersion, 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},

      {"FoldedWithSpace", HeadReason::kFoldedLine, 400, GetWith("A: b\r\n c\r\n")},
      {"FoldedWithTab", HeadReason::kFoldedLine, 400, GetWith("A: b\r\n\tc\r\n")},
      {"FirstFieldIsFolded", HeadReason::kFoldedLine, 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},

      {"FieldWithoutColon", HeadReason::kFieldName, 400, GetWith("A\r\n")},
      {"FieldWithoutName", HeadReason::kFieldName, 400, GetWith(": a\r\n")},
      {"FieldNameWithBrace", HeadReason::kFieldName, 400, GetWith("A{: b\r\n")},
      {"FieldNameWithSpaceInside", HeadReason::kFieldName, 400, GetWith("A B: c\r\n")},
      {"FieldNameWithNul", HeadReason::kFieldName, 400, GetWith("A\0: b\r\n"s)},
      {"FieldNameWithHighByte", HeadReason::kFieldName, 400, GetWith("\xC3\xA4: b\r\n")},

      {"ContentLengthWithUnderscore", HeadReason::kFieldAlias, 400,
       PostWith("Content_Length: 1\r\n")},
      {"ContentLengthWithDot", HeadReason::kFieldAlias, 400, PostWith("content.length: 1\r\n")},
      {"TransferEncodingWithUnderscore", HeadReason::kFieldAlias, 400,
       PostWith("Transfer_Encoding: chunked\r\n")},
      {"TransferEncodingWithDot", HeadReason::kFieldAlias, 400,
       PostWith("Transfer.Encoding: chunked\r\n")},

      {"SpaceBeforeColon", HeadReason::kSpaceBeforeColon, 400, PostWith("Content-Length : 1\r\n")},
      {"TabBeforeColon", HeadReason::kSpaceBeforeColon, 400,
       PostWith("Transfer-Encoding\t: chunked\r\n")},

      {"ValueWithNul", HeadReason::kFieldValue, 400, GetWith("A: b\0c\r\n"s)},
      {"ValueWithDelete", HeadReason::kFieldValue, 400, GetWith("A: \x7F\r\n")},
      {"ValueWithVerticalTab", HeadReason::kFieldValue, 400, GetWith("A: \x0B\r\n")},

      {"FiveFieldsOfFour", HeadReason::kTooManyFields, 431,
       GetWith("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n")},

      {"HeadLongerThanLimit", HeadReason::kHeadTooLarge, 431,
       GetWith("A: " + std::string(256, 'a') + "\r\n")},
      {"HeadOfLimitWithoutEnd", HeadReason::kHeadTooLarge, 431,
       "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(256, 'a')},

      {"TwoHosts", HeadReason::kHostRepeated, 400, GetWith("Host: example.org\r\n")},
      {"TwoHostsInOtherCase", HeadReason::kHostRepeated, 400, GetWith("hOST: b\r\n")},

      {"EmptyHost", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"HostWithUser", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
      {"HostWithPath", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"HostWithComma", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
      {"HostWithSpace", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"HostWithPercent", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a%41\r\n\r\n"},
      {"HostWithEmptyPort", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"},
      {"HostWithPort65536", HeadReason::kHostSyntax, 400,
       "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
      {"HostWithPortZero", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n"},
      {"HostWithTwoPorts", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"},
      {"HostWithTwoDots", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: a..b\r\n\r\n"},
      {"HostWithOpenBracket", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
      {"HostWithZone", HeadReason::kHostSyntax, 400,
       "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"},
      {"HostOfEmptyBrackets", HeadReason::kHostSyntax, 400, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"},

      {"LengthTwice", HeadReason::kLengthRepeated, 400,
       PostWith("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"LengthTwiceAndEqual", HeadReason::kLengthRepeated, 400,
       PostWith("Content-Length: 5\r\ncontent-length: 5\r\n")},

      {"LengthWithPlus", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: +5\r\n")},
      {"LengthWithMinus", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: -1\r\n")},
      {"LengthIsList", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: 5, 5\r\n")},
      {"LengthIsHex", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: 0x5\r\n")},
      {"LengthWithZeroInFront", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: 05\r\n")},
      {"LengthIsEmpty", HeadReason::kLengthSyntax, 400, PostWith("Content-Length:\r\n")},
      {"LengthWithSpaceInside", HeadReason::kLengthSyntax, 400,
       PostWith("Content-Length: 1 0\r\n")},
      {"LengthIsFraction", HeadReason::kLengthSyntax, 400, PostWith("Content-Length: 5.0\r\n")},

      {"LengthOverLimit", HeadReason::kLengthTooLarge, 413, PostWith("Content-Length: 1001\r\n")},
      {"LengthOver64Bits", HeadReason::kLengthTooLarge, 413,
       PostWith("Content-Length: 18446744073709551621\r\n")},

      {"TransferTwice", HeadReason::kTransferRepeated, 400,
       PostWith("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n")},

      {"TransferIdentity", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: identity\r\n")},
      {"TransferGzipChunked", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: gzip, chunked\r\n")},
      {"TransferChunkedIdentity", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: chunked, identity\r\n")},
      {"TransferXchunked", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: xchunked\r\n")},
      {"TransferChunkedWithParameter", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: chunked;q=1\r\n")},
      {"TransferQuoted", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: \"chunked\"\r\n")},
      {"TransferEmpty", HeadReason::kTransferCoding, 400, PostWith("Transfer-Encoding:\r\n")},
      {"TransferChunkedAndComma", HeadReason::kTransferCoding, 400,
       PostWith("Transfer-Encoding: chunked,\r\n")},

      {"ConnectionWithSlash", HeadReason::kConnectionSyntax, 400, GetWith("Connection: a/b\r\n")},
      {"ConnectionWithSpaceInside", HeadReason::kConnectionSyntax, 400,
       GetWith("Connection: close keep-alive\r\n")},

      {"UpgradeTwice", HeadReason::kUpgradeRepeated, 400,
       GetWith("Upgrade: websocket\r\nUpgrade: websocket\r\n")},

      {"ExpectationUnknown", HeadReason::kExpectation, 417, PostWith("Expect: 200-ok\r\n")},
      {"ExpectationTwice", HeadReason::kExpectation, 417,
       PostWith("Expect: 100-continue\r\nExpect: 100-continue\r\n")},

      {"NoHost", HeadReason::kHostMissing, 400, "GET / HTTP/1.1\r\nA: b\r\n\r\n"},
      {"NoHostOnHttp10", HeadReason::kHostMissing, 400, "GET / HTTP/1.0\r\n\r\n"},
      {"HostUnderAlias", HeadReason::kHostMissing, 400,
       "GET / HTTP/1.1\r\nX-Host: example.org\r\n\r\n"},

      {"AuthorityOfOtherHost", HeadReason::kTargetAuthority, 400, "GET http://a.org/" + rest},
      {"AuthorityWithOtherPort", HeadReason::kTargetAuthority, 400,
       "GET http://example.org:81/" + rest},
      {"AuthorityWithUser", HeadReason::kTargetAuthority, 400, "GET http://u@example.org/" + rest},
      {"AuthorityIsEmpty", HeadReason::kTargetAuthority, 400, "GET http:///" + rest},

      {"LengthAndTransfer", HeadReason::kLengthAndTransfer, 400,
       PostWith("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"TransferAndLength", HeadReason::kLengthAndTransfer, 400,
       PostWith("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},

      {"TransferOnHttp10", HeadReason::kTransferOnHttp10, 400,
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},

      {"WebSocketWithLength", HeadReason::kUpgradeWithBody, 400,
       GetWith("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n")},
      {"WebSocketWithChunks", HeadReason::kUpgradeWithBody, 400,
       GetWith("Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n")},
  };
}

class HeadRefusalTest : public testing::TestWithParam<Refusal> {
 protected:
  void ExpectRefused(const HeadResult& result) {
    EXPECT_EQ(HeadReasonName(result.reason), HeadReasonName(GetParam().reason));
    EXPECT_EQ(HttpStatusOf(result.status), GetParam().status);
    EXPECT_EQ(result.size, 0U);
  }
};

TEST_P(HeadRefusalTest, IsRefusedForItsReason) {
  RequestHead head;
  ExpectRefused(ReadHead(GetParam().text, head, kSmall));
  EXPECT_EQ(head.method(), "");
  EXPECT_EQ(head.field_count(), 0U);
}

TEST_P(HeadRefusalTest, IsRefusedForItsReasonWhereverItIsSplit) {
  for (std::size_t first = 0; first <= GetParam().text.size(); ++first) {
    SCOPED_TRACE(first);
    ExpectRefused(ReadHeadInTwo(GetParam().text, first, kSmall));
  }
  ExpectRefused(ReadHeadByteByByte(GetParam().text, kSmall));
}

INSTANTIATE_TEST_SUITE_P(Heads, HeadRefusalTest, testing::ValuesIn(Refusals()), NameOf);

TEST(HeadReasonsTest, EveryReasonHasACaseThatYieldsIt) {
  std::set<HeadReason> seen;
  for (const Refusal& refusal : Refusals()) seen.insert(refusal.reason);
  for (std::size_t i = 1; i < kHeadReasonCount; ++i) {
    EXPECT_TRUE(seen.count(static_cast<HeadReason>(i)))
        << HeadReasonName(static_cast<HeadReason>(i));
  }
}

TEST(HeadReasonsTest, NamesAreDistinctAndEveryReasonIsARefusal) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kHeadReasonCount; ++i) {
    const auto reason = static_cast<HeadReason>(i);
    EXPECT_TRUE(names.insert(HeadReasonName(reason)).second) << i;
    if (i != 0) {
      EXPECT_GE(HttpStatusOf(StatusOf(reason)), 400) << HeadReasonName(reason);
    }
  }
  EXPECT_EQ(HeadReasonName(static_cast<HeadReason>(kHeadReasonCount)), "");
  EXPECT_EQ(HttpStatusOf(HeadStatus::kComplete), 0);
  EXPECT_EQ(HttpStatusOf(HeadStatus::kNeedMore), 0);
  EXPECT_EQ(HttpStatusOf(HeadStatus::kNone), 0);
}

}  // namespace
}  // namespace stile
