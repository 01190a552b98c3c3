#include "tool/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace stile {
namespace {

class LogLineTest : public testing::Test {
 protected:
  LogReading Read(std::string_view line, LogFormat format = LogFormat::kAuto) {
    reader_ = LogLineReader(format);
    return reader_.Read(line, line_);
  }
  std::string_view Field(std::string_view name) const {
    for (std::size_t i = 0; i < line_.field_count; ++i) {
      if (line_.fields[i].name == name) return line_.fields[i].value;
    }
    return "(none)";
  }

  LogLineReader reader_;
  LogLine line_;
};

TEST_F(LogLineTest, CombinedLineIsRead) {
  ASSERT_EQ(Read(R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 12 )"
                 R"("https://example.org/" "curl/7.88.1")"),
            LogReading::kRequest);
  EXPECT_EQ(line_.address, "192.0.2.7");
  EXPECT_EQ(line_.method, "GET");
  EXPECT_EQ(line_.target, "/a?b=c");
  EXPECT_EQ(line_.user_agent, "curl/7.88.1");
  EXPECT_EQ(line_.host, "");
  EXPECT_EQ(line_.seconds, 1'772'366'400);
  EXPECT_EQ(Field("Referer"), "https://example.org/");
  EXPECT_EQ(Field("User-Agent"), "curl/7.88.1");
}

TEST_F(LogLineTest, CommonLineHasNoUserAgent) {
  ASSERT_EQ(Read(R"(2001:db8::1 - anna [01/Mar/2026:12:00:00 +0100] "POST /f HTTP/1.0" 302 -)"),
            LogReading::kRequest);
  EXPECT_EQ(line_.address, "2001:db8::1");
  EXPECT_EQ(line_.seconds, 1'772'362'800);
  EXPECT_EQ(line_.user_agent, "");
  EXPECT_EQ(line_.field_count, 0U);
}

TEST_F(LogLineTest, HostInFrontIsRead) {
  ASSERT_EQ(
      Read(R"(www.example.org:443 192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1")"
           R"( 200 1 "-" "-")"),
      LogReading::kRequest);
  EXPECT_EQ(line_.host, "www.example.org");
  EXPECT_EQ(line_.address, "192.0.2.7");
  EXPECT_EQ(line_.user_agent, "");
  EXPECT_EQ(line_.field_count, 0U);
}

TEST_F(LogLineTest, UserNamesMayHaveSpaces) {
  ASSERT_EQ(Read(R"(192.0.2.7 - anna b c [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1)"),
            LogReading::kRequest);
  EXPECT_EQ(line_.address, "192.0.2.7");
  EXPECT_EQ(line_.host, "");
}

TEST_F(LogLineTest, NameInsteadOfAddressIsKept) {
  ASSERT_EQ(Read(R"(crawl.example.org - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1)"),
            LogReading::kRequest);
  EXPECT_EQ(line_.address, "crawl.example.org");
  EXPECT_EQ(line_.host, "");
}

TEST_F(LogLineTest, EscapesOfNginxAreDecoded) {
  ASSERT_EQ(Read(R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET /\x22a\x5C\xC3\xA9 HTTP/1.1" )"
                 R"(200 1 "-" "x\x22y")"),
            LogReading::kRequest);
  EXPECT_EQ(line_.target, "/\"a\\\xC3\xA9");
  EXPECT_EQ(line_.user_agent, "x\"y");
}

TEST_F(LogLineTest, EscapesOfApacheAreDecoded) {
  ASSERT_EQ(Read(R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET /\"a\\\\b HTTP/1.1" )"
                 R"(200 1 "a \"b\" c" "x\ty\\")"),
            LogReading::kRequest);
  EXPECT_EQ(line_.target, "/\"a\\\\b");
  EXPECT_EQ(Field("Referer"), "a \"b\" c");
  EXPECT_EQ(line_.user_agent, "x\ty\\");
}

TEST_F(LogLineTest, WhatIsNoEscapeStaysAsItIs) {
  ASSERT_EQ(Read(R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET /\q\xZZ HTTP/1.1" 200 1)"),
            LogReading::kRequest);
  EXPECT_EQ(line_.target, R"(/\q\xZZ)");
}

TEST_F(LogLineTest, MoreFieldsAtTheEndAreLeftAlone) {
  ASSERT_EQ(
      Read(R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "b" "-" 0.1)"),
      LogReading::kRequest);
  EXPECT_EQ(line_.user_agent, "b");
}

TEST_F(LogLineTest, AbsoluteTargetGivesItsHost) {
  ASSERT_EQ(
      Read(
          R"(192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] "GET http://a.example.org:80/x HTTP/1.1" 200 1)"),
      LogReading::kRequest);
  EXPECT_EQ(line_.host, "a.example.org");
  EXPECT_EQ(line_.target, "/x");
}

TEST_F(LogLineTest, WhatIsNoHttpIsNoRequest) {
  for (const std::string_view request :
       {R"(\x16\x03\x01)", "-", "", "PRI * HTTP/2.0", "CONNECT a:443 HTTP/1.1",
        "GET example HTTP/1.1", "1 2 3"}) {
    const std::string line = "192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"" +
                             std::string(request) + "\" 400 0 \"-\" \"-\"";
    EXPECT_EQ(Read(line), LogReading::kNoRequest) << request;
  }
}

TEST_F(LogLineTest, EmptyLineIsNoRequest) {
  EXPECT_EQ(Read(""), LogReading::kNoRequest);
  EXPECT_EQ(Read(" \t\r"), LogReading::kNoRequest);
}

TEST_F(LogLineTest, ReasonSaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> lines[] = {
      {"nonsense", "it has no time in brackets"},
      {"192.0.2.7 - - [01/Mar/2026:12:00:00 +0000", "the bracket around its time is open"},
      {" [01/Mar/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
       "it has no address before its time"},
      {"192.0.2.7 - - [yesterday] \"GET / HTTP/1.1\" 200 1",
       "its time is not like 10/Oct/2026:13:55:36 +0200"},
      {"192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] GET",
       "it has no request in quotes after its time"},
      {"192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"GET / HTTP/1.1",
       "it has no request in quotes after its time"},
      {"192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"GET / HTTP/1.1\" ok 1",
       "it has no status after its request"},
      {"192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" x",
       "it has no user agent in quotes after its referer"},
      {"{\"a\":", "it is not JSON"},
      {"{\"a\":1}", "it has no request: neither request nor request_method and request_uri"},
      {"{\"request\":{\"method\":\"GET\"}}", "its request has no method or uri"},
      {"{\"request\":{\"headers\":{1}}}", "its request is not JSON"},
  };
  for (const auto& [line, reason] : lines) {
    EXPECT_EQ(Read(line), LogReading::kUnreadable) << line;
    EXPECT_EQ(reader_.reason(), reason) << line;
  }
  EXPECT_EQ(Read("nonsense", LogFormat::kJson), LogReading::kUnreadable);
  EXPECT_EQ(reader_.reason(), "it is no JSON object");
}

TEST_F(LogLineTest, OverlongLineIsUnreadable) {
  const std::string line(LogText::kMaxLine + 1, 'a');
  EXPECT_EQ(Read(line), LogReading::kUnreadable);
  EXPECT_EQ(reader_.reason(), "it is longer than 65536 bytes");
}

TEST_F(LogLineTest, NginxVariablesInJsonAreRead) {
  ASSERT_EQ(Read(R"({"time_iso8601":"2026-03-01T13:00:00+01:00","remote_addr":"192.0.2.7",)"
                 R"("request":"GET /a\"b?c HTTP/1.1","status":"200","http_user_agent":"curl\/8",)"
                 R"("host":"example.org:8443","http_accept_language":"nb","http_referer":"-"})"),
            LogReading::kRequest);
  EXPECT_EQ(line_.address, "192.0.2.7");
  EXPECT_EQ(line_.method, "GET");
  EXPECT_EQ(line_.target, "/a\"b?c");
  EXPECT_EQ(line_.user_agent, "curl/8");
  EXPECT_EQ(line_.host, "example.org");
  EXPECT_EQ(line_.seconds, 1'772'366'400);
  EXPECT_EQ(Field("accept-language"), "nb");
  EXPECT_EQ(Field("Referer"), "(none)");
}

TEST_F(LogLineTest, MethodAndUriServeWithoutARequestLine) {
  ASSERT_EQ(
      Read(R"({"msec":1772366400.123,"client_ip":"2001:db8::1","request_method":"POST",)"
           R"("request_uri":"/x","http_host":"a.example.org","server_name":"b.example.org"})"),
      LogReading::kRequest);
  EXPECT_EQ(line_.method, "POST");
  EXPECT_EQ(line_.target, "/x");
  EXPECT_EQ(line_.host, "a.example.org");
  EXPECT_EQ(line_.address, "2001:db8::1");
  EXPECT_EQ(line_.seconds, 1'772'366'400);
}

TEST_F(LogLineTest, TraefiksNamesAreRead) {
  ASSERT_EQ(
      Read(R"({"ClientHost":"192.0.2.7","RequestMethod":"GET","RequestPath":"/p","RequestHost":)"
           R"("example.org","StartUTC":"2026-03-01T12:00:00.5Z","request_User-Agent":"x",)"
           R"("request_Accept-Language":"de"})"),
      LogReading::kRequest);
  EXPECT_EQ(line_.target, "/p");
  EXPECT_EQ(line_.user_agent, "x");
  EXPECT_EQ(Field("Accept-Language"), "de");
}

TEST_F(LogLineTest, PlacesAndFingerprintsAreRead) {
  ASSERT_EQ(
      Read(R"({"remote_addr":"192.0.2.7","method":"GET","uri":"/","country":"NO","asn":"AS64500",)"
           R"("ssl_ja4":"t13d"})"),
      LogReading::kRequest);
  EXPECT_EQ(line_.country, "NO");
  EXPECT_EQ(line_.asn, 64500U);
  EXPECT_EQ(line_.tls_fingerprint, "t13d");
}

constexpr std::string_view kCaddy =
    R"({"level":"info","ts":1772366400.25,"logger":"http.log.access","msg":"handled request","request":)"
    R"({"remote_ip":"192.0.2.7","remote_port":"4711","client_ip":"198.51.100.1","method":"GET","host":)"
    R"("example.org:8443","uri":"/a?b","headers":{"User-Agent":["curl\u002f8"],"Accept":["a","b"]}},)"
    R"("status":200})";

TEST_F(LogLineTest, CaddysLogIsRead) {
  ASSERT_EQ(Read(kCaddy), LogReading::kRequest);
  EXPECT_EQ(line_.address, "198.51.100.1");
  EXPECT_EQ(line_.host, "example.org");
  EXPECT_EQ(line_.target, "/a?b");
  EXPECT_EQ(line_.user_agent, "curl/8");
  EXPECT_EQ(line_.seconds, 1'772'366'400);
  EXPECT_EQ(line_.field_count, 3U);
  EXPECT_EQ(Field("Accept"), "a");
}

TEST_F(LogLineTest, WhatElseCaddySaysIsNoRequest) {
  EXPECT_EQ(Read(R"({"level":"info","ts":1,"logger":"tls","msg":"cleaning"})"),
            LogReading::kNoRequest);
  std::string failed(kCaddy);
  failed.replace(failed.find("handled request"), 15, "dial tcp: refused");
  EXPECT_EQ(Read(failed), LogReading::kNoRequest);
}

TEST_F(LogLineTest, EscapesOfJsonAreDecoded) {
  ASSERT_EQ(
      Read(R"({"remote_addr":"192.0.2.7","method":"GET","uri":"/\u00e9\ud83d\ude00\ud83d\x41"})"),
      LogReading::kRequest);
  EXPECT_EQ(line_.target,
            "/\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD"
            "A");
}

TEST_F(LogLineTest, DeclaredFormatRefusesTheOther) {
  EXPECT_EQ(Read(kCaddy, LogFormat::kCombined), LogReading::kUnreadable);
  EXPECT_EQ(Read(kCaddy, LogFormat::kCaddy), LogReading::kRequest);
}

TEST(WithoutPortTest, PortIsCutOff) {
  EXPECT_EQ(WithoutPort("192.0.2.7:80"), "192.0.2.7");
  EXPECT_EQ(WithoutPort("[2001:db8::1]:80"), "2001:db8::1");
  EXPECT_EQ(WithoutPort("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(WithoutPort("example.org"), "example.org");
}

}  // namespace
}  // namespace stile
