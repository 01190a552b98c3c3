#include "service/dialect/spop_message.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "challenge/concat.h"
#include "service/request_head.h"
#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

using Reason = DescriptionReason;
using std::string_view_literals::operator""sv;

const std::string kFields = "host: shop.example\r\ncookie: a=b\r\n\r\n";
const std::string kNull(1, '\0');
const SpopList kWhole = {{"address", SpopIpv4("\xC0\x00\x02\x07"sv)},
                         {"method", SpopText("POST")},
                         {"uri", SpopText("/a?b=c")},
                         {"https", SpopBool(true)},
                         {"fields", SpopText(kFields)}};

SpopList With(SpopList arguments, const std::string& name, const std::string& value) {
  for (auto& argument : arguments) {
    if (argument.first == name) argument.second = value;
  }
  return arguments;
}

SpopList Without(SpopList arguments, const std::string& name) {
  std::erase_if(arguments, [&](const auto& argument) { return argument.first == name; });
  return arguments;
}

SpopList Twice(SpopList arguments, const std::string& name) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].first != name) continue;
    arguments.push_back(arguments[i]);
    break;
  }
  return arguments;
}

struct Read {
  explicit Read(const SpopList& arguments) : Read(SpopMessage(arguments)) {}
  explicit Read(std::string text)
      : payload(std::move(text)), good(ReadSpopMessages(payload, description, reason)) {}

  std::string payload;
  SpopDescription description;
  Reason reason = Reason::kUntrustedPeer;
  bool good;
};

Reason ReasonOf(const SpopList& arguments) {
  const Read read(arguments);
  EXPECT_TRUE(read.good);
  return read.reason;
}

TEST(SpopMessageTest, ReadsTheRequestThatIsDescribed) {
  const Read read(kWhole);
  ASSERT_TRUE(read.good);
  ASSERT_EQ(read.reason, Reason::kNone);
  EXPECT_EQ(read.description.method, "POST");
  EXPECT_EQ(read.description.uri, "/a?b=c");
  EXPECT_EQ(read.description.fields, kFields);
  EXPECT_TRUE(read.description.https);
  EXPECT_EQ(read.description.address, IpAddress::Parse("192.0.2.7"));
}

TEST(SpopMessageTest, ReadsAddressOfVersionSix) {
  const std::string bytes = Concat("\x20\x01\x0D\xB8", std::string(11, '\0'), "\x01");
  const Read read(With(kWhole, "address", Concat("\x07", bytes)));
  EXPECT_EQ(read.description.address, IpAddress::Parse("2001:db8::1"));
}

TEST(SpopMessageTest, ArgumentThatNobodyKnowsIsSkipped) {
  SpopList arguments = kWhole;
  arguments.insert(arguments.begin(), {"unheard-of", SpopUint32(7)});
  EXPECT_EQ(ReasonOf(arguments), Reason::kNone);
}

TEST(SpopMessageTest, ClientWithoutAddressIsUnknown) {
  for (const SpopList& arguments : {Without(kWhole, "address"), With(kWhole, "address", kNull)}) {
    const Read read(arguments);
    EXPECT_EQ(read.reason, Reason::kNone);
    EXPECT_EQ(read.description.address, std::nullopt);
  }
}

TEST(SpopMessageTest, ClientCameWithoutTlsWhereNothingIsSaidOfIt) {
  for (const SpopList& arguments : {Without(kWhole, "https"), With(kWhole, "https", kNull)}) {
    const Read read(arguments);
    EXPECT_EQ(read.reason, Reason::kNone);
    EXPECT_FALSE(read.description.https);
  }
}

TEST(SpopMessageTest, OptionsWithoutPathAreAboutAll) {
  const SpopList options = With(kWhole, "method", SpopText("OPTIONS"));
  for (const std::string& uri : {kNull, SpopText(""), SpopText("*")}) {
    const Read read(With(options, "uri", uri));
    EXPECT_EQ(read.reason, Reason::kNone);
    EXPECT_EQ(read.description.uri, "*");
  }
}

TEST(SpopMessageTest, EachArgumentThatIsMissingHasItsReason) {
  for (const std::string& nothing : {kNull, SpopText("")}) {
    EXPECT_EQ(ReasonOf(With(kWhole, "method", nothing)), Reason::kMethodMissing);
    EXPECT_EQ(ReasonOf(With(kWhole, "uri", nothing)), Reason::kUriMissing);
    EXPECT_EQ(ReasonOf(With(kWhole, "fields", nothing)), Reason::kFieldsMissing);
  }
  EXPECT_EQ(ReasonOf(Without(kWhole, "method")), Reason::kMethodMissing);
  EXPECT_EQ(ReasonOf(Without(kWhole, "uri")), Reason::kUriMissing);
  EXPECT_EQ(ReasonOf(Without(kWhole, "fields")), Reason::kFieldsMissing);
}

TEST(SpopMessageTest, EachArgumentThatComesTwiceHasItsReason) {
  EXPECT_EQ(ReasonOf(Twice(kWhole, "method")), Reason::kMethodRepeated);
  EXPECT_EQ(ReasonOf(Twice(kWhole, "uri")), Reason::kUriRepeated);
  EXPECT_EQ(ReasonOf(Twice(kWhole, "https")), Reason::kProtoRepeated);
  EXPECT_EQ(ReasonOf(Twice(kWhole, "fields")), Reason::kFieldsRepeated);
  EXPECT_EQ(ReasonOf(Twice(kWhole, "address")), Reason::kAddressRepeated);
}

TEST(SpopMessageTest, EachArgumentOfAnotherTypeHasItsReason) {
  EXPECT_EQ(ReasonOf(With(kWhole, "method", Concat("\x09", SpopString("GET")))),
            Reason::kMethodSyntax);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopUint32(1))), Reason::kUriForm);
  EXPECT_EQ(ReasonOf(With(kWhole, "https", SpopText("https"))), Reason::kProtoSyntax);
  EXPECT_EQ(ReasonOf(With(kWhole, "fields", Concat("\x09", SpopString(kFields)))),
            Reason::kFieldsSyntax);
  EXPECT_EQ(ReasonOf(With(kWhole, "address", SpopText("192.0.2.7"))), Reason::kAddressSyntax);
}

TEST(SpopMessageTest, MethodAndUriKeepToTheRulesOfOtherDescriptions) {
  for (const char* method : {"get", "GET /open", "CONNECT", "TRACE", "G\nT"}) {
    EXPECT_EQ(ReasonOf(With(kWhole, "method", SpopText(method))), Reason::kMethodSyntax) << method;
  }
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText("open"))), Reason::kUriForm);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText("http://a/"))), Reason::kUriForm);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText("*"))), Reason::kUriForm);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText("/a b"))), Reason::kUriByte);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText("/a\r\nb"))), Reason::kUriByte);
  EXPECT_EQ(ReasonOf(With(kWhole, "uri", SpopText(Concat("/", std::string(8'192, 'a'))))),
            Reason::kUriTooLong);
}

TEST(SpopMessageTest, OneMessageIsAQuestion) {
  EXPECT_EQ(Read(std::string()).reason, Reason::kMessageCount);
  EXPECT_EQ(Read(SpopMessage(kWhole) + SpopMessage(kWhole)).reason, Reason::kMessageCount);
  EXPECT_EQ(Read(SpopMessage(kWhole) + SpopMessage({})).reason, Reason::kMessageCount);
}

TEST(SpopMessageTest, ListThatIsCutIsNone) {
  const std::string payload = SpopMessage(kWhole);
  for (std::size_t size = 1; size < payload.size(); ++size) {
    EXPECT_FALSE(Read(payload.substr(0, size)).good) << size;
  }
  EXPECT_FALSE(Read(payload + "a").good);
}

TEST(SpopMessageTest, HeadIsOneThatTheReaderTakes) {
  const Read read(kWhole);
  std::string text(SpopHeadSize(read.description), '\0');
  WriteSpopHead(read.description, text);
  EXPECT_EQ(text, Concat("POST /a?b=c HTTP/1.1\r\n", kFields));
  RequestHead head;
  EXPECT_EQ(head.Read(text, HeadLimits{}).size, text.size());
}

}  // namespace
}  // namespace stile
