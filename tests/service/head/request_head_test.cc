#include "service/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/service/head/head_text.h"

namespace stile {
namespace {

// A complete head that stays readable.
class ReadHeadOf {
 public:
  explicit ReadHeadOf(std::string text, const HeadLimits& limits = {}) : text_(std::move(text)) {
    result_ = ReadHead(text_, head_, limits);
  }
  [[nodiscard]] const RequestHead& operator*() const { return head_; }
  const RequestHead* operator->() const { return &head_; }
  [[nodiscard]] bool complete() const { return result_.status == HeadStatus::kComplete; }
  [[nodiscard]] std::size_t size() const { return result_.size; }

 private:
  std::string text_;
  RequestHead head_;
  HeadResult result_;
};

TEST(RequestHeadTest, TellsMethodTargetHostAndFields) {
  const ReadHeadOf head(
      "GET /a/b?c=d HTTP/1.1\r\nHost: Example.org:8080\r\nX-Empty:\r\nX-Text: \t a b \t\r\n\r\n");
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->method(), "GET");
  EXPECT_EQ(head->target(), "/a/b?c=d");
  EXPECT_EQ(head->raw_target(), "/a/b?c=d");
  EXPECT_EQ(head->path(), "/a/b");
  EXPECT_EQ(head->query(), "c=d");
  EXPECT_TRUE(head->has_query());
  EXPECT_EQ(head->host(), "Example.org:8080");
  EXPECT_EQ(head->host_name(), "Example.org");
  ASSERT_EQ(head->field_count(), 3U);
  EXPECT_EQ(head->field(1).name, "X-Empty");
  EXPECT_EQ(head->field(1).value, "");
  EXPECT_EQ(head->field(2).name, "X-Text");
  EXPECT_EQ(head->field(2).value, "a b");
}

TEST(RequestHeadTest, SizeEndsWhereContentBegins) {
  const std::string text = PostWith("Content-Length: 5\r\n");
  const ReadHeadOf head(text + "helloGET / HTTP/1.1\r\n");
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head.size(), text.size());
}

TEST(RequestHeadTest, EverySplitGivesTheSameHead) {
  const std::string text =
      "POST http://example.org/x?y HTTP/1.1\r\nHost: example.org\r\nCookie: a=b; c=d\r\n"
      "Content-Length: 12\r\nConnection: keep-alive, Foo\r\n\r\nhello";
  const HeadResult whole = ReadHead(text);
  ASSERT_EQ(whole.status, HeadStatus::kComplete);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    const HeadResult split = ReadHeadInTwo(text, first);
    EXPECT_EQ(split.status, whole.status) << first;
    EXPECT_EQ(split.size, whole.size) << first;
  }
  EXPECT_EQ(ReadHeadByteByByte(text).size, whole.size);
}

TEST(RequestHeadTest, EveryProperPrefixNeedsMore) {
  const std::string text = GetWith("Accept: */*\r\n");
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(ReadHead(std::string_view(text).substr(0, size)).status, HeadStatus::kNeedMore)
        << size;
  }
}

TEST(RequestHeadTest, NextReadStartsANewHead) {
  RequestHead head;
  const std::string first = PostWith("Content-Length: 3\r\n");
  const std::string second = GetWith("Cookie: a=b\r\n");
  ASSERT_EQ(ReadHead(first, head).status, HeadStatus::kComplete);
  EXPECT_EQ(head.content_length(), 3U);
  ASSERT_EQ(ReadHead(second, head).status, HeadStatus::kComplete);
  EXPECT_EQ(head.framing(), Framing::kNone);
  EXPECT_EQ(head.content_length(), 0U);
  EXPECT_EQ(head.Find("cookie").value, "a=b");
  EXPECT_FALSE(head.Find("content-length").unique());
}

TEST(RequestHeadTest, RefusalForgetsTheHead) {
  RequestHead head;
  ASSERT_EQ(ReadHead(GetWith("A\r\n"), head).status, HeadStatus::kBadRequest);
  ASSERT_EQ(ReadHead(GetWith(""), head).status, HeadStatus::kComplete);
  EXPECT_EQ(head.field_count(), 1U);
}

TEST(RequestHeadTest, ClearForgetsAHalfReadHead) {
  RequestHead head;
  ASSERT_EQ(ReadHead("GET /a HTTP/1.1\r\nHost: a\r\nA: b", head).status, HeadStatus::kNeedMore);
  head.Clear();
  const std::string next = "PUT /b HTTP/1.1\r\nHost: b\r\nCookie: c\r\nX: y\r\n\r\n";
  ASSERT_EQ(ReadHead(next, head).status, HeadStatus::kComplete);
  EXPECT_EQ(head.method(), "PUT");
  EXPECT_EQ(head.host(), "b");
}

TEST(RequestHeadTest, AccessorsAreEmptyUntilComplete) {
  RequestHead head;
  ASSERT_EQ(ReadHead("GET /a HTTP/1.1\r\nHost: a\r\n", head).status, HeadStatus::kNeedMore);
  EXPECT_EQ(head.method(), "");
  EXPECT_EQ(head.target(), "");
  EXPECT_EQ(head.host(), "");
  EXPECT_EQ(head.field_count(), 0U);
  EXPECT_EQ(head.Find("host").count, 0U);
}

TEST(RequestHeadTest, AcceptsWhatIsExactlyAtTheLimits) {
  const HeadLimits limits{.max_head = 78, .max_target = 5, .max_fields = 2, .max_body = 10};
  std::string text = "POST /abcd HTTP/1.1\r\nHost: example.org\r\nContent-Length: 10\r\n\r\n";
  ASSERT_LE(text.size(), limits.max_head);
  EXPECT_EQ(ReadHead(text, limits).status, HeadStatus::kComplete);
  const std::string padded = "POST /abcd HTTP/1.1\r\nHost: example.org\r\nContent-Length: 10" +
                             std::string(limits.max_head - text.size(), ' ') + "\r\n\r\n";
  ASSERT_EQ(padded.size(), limits.max_head);
  EXPECT_EQ(ReadHead(padded, limits).status, HeadStatus::kComplete);
  const std::string longer = "POST /abcd HTTP/1.1\r\nHost: example.org\r\nContent-Length: 10" +
                             std::string(limits.max_head - text.size() + 1, ' ') + "\r\n\r\n";
  EXPECT_EQ(ReadHead(longer, limits).reason, HeadReason::kHeadTooLarge);
}

TEST(RequestHeadTest, AcceptsAHundredFieldsOfItsOwnLimit) {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "F: v\r\n";
  EXPECT_EQ(ReadHead(GetWith(fields)).status, HeadStatus::kComplete);
  const HeadLimits wider{.max_fields = 1000};
  EXPECT_EQ(ReadHead(GetWith(fields + "F: v\r\n"), wider).reason, HeadReason::kTooManyFields);
}

TEST(RequestHeadTest, LetsMethodsOfWebDavIn) {
  for (const char* method : {"PROPFIND", "MKCALENDAR", "VERSION-CONTROL", "M-SEARCH", "PATCH"}) {
    const ReadHeadOf head(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(head.complete()) << method;
    EXPECT_EQ(head->method(), method);
  }
}

TEST(RequestHeadTest, TurnsAbsoluteTargetsIntoOriginForm) {
  const ReadHeadOf head("GET HTTP://Example.org/a?b HTTP/1.1\r\nHost: example.ORG\r\n\r\n");
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->target(), "/a?b");
  EXPECT_EQ(head->raw_target(), "HTTP://Example.org/a?b");
}

TEST(RequestHeadTest, TurnsAbsoluteTargetsWithoutPathIntoRoot) {
  const ReadHeadOf get("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(get.complete());
  EXPECT_EQ(get->target(), "/");
  EXPECT_EQ(get->path(), "/");
  const ReadHeadOf options("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(options.complete());
  EXPECT_EQ(options->target(), "*");
}

TEST(RequestHeadTest, LetsAsteriskOfOptionsIn) {
  const ReadHeadOf head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->target(), "*");
}

TEST(RequestHeadTest, KeepsBracketsOfHostName) {
  const ReadHeadOf head("GET / HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n");
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->host_name(), "[2001:db8::1]");
}

TEST(RequestHeadTest, LetsHighBytesOfValuesThrough) {
  const ReadHeadOf head(GetWith("X: \xC3\xA9\r\n"));
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->Find("x").value, "\xC3\xA9");
}

TEST(RequestHeadTest, FramesByLength) {
  const ReadHeadOf head(PostWith("Content-Length: 12\r\n"));
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->framing(), Framing::kLength);
  EXPECT_EQ(head->content_length(), 12U);
  EXPECT_FALSE(head->without_content());
}

TEST(RequestHeadTest, LengthZeroIsWithoutContent) {
  const ReadHeadOf head(PostWith("Content-Length: 0\r\n"));
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->framing(), Framing::kLength);
  EXPECT_TRUE(head->without_content());
}

TEST(RequestHeadTest, FramesByChunksInAnyCase) {
  const ReadHeadOf head(PostWith("transfer-ENCODING: Chunked\r\n"));
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head->framing(), Framing::kChunked);
  EXPECT_FALSE(head->without_content());
}

TEST(RequestHeadTest, KeepsHttp11AliveUnlessItCloses) {
  EXPECT_TRUE(ReadHeadOf(GetWith(""))->keep_alive());
  EXPECT_FALSE(ReadHeadOf(GetWith("Connection: foo, Close\r\n"))->keep_alive());
  EXPECT_FALSE(ReadHeadOf(GetWith("Connection: a\r\nConnection: close\r\n"))->keep_alive());
}

TEST(RequestHeadTest, ClosesHttp10UnlessItKeepsAlive) {
  EXPECT_FALSE(ReadHeadOf("GET / HTTP/1.0\r\nHost: a\r\n\r\n")->keep_alive());
  EXPECT_TRUE(
      ReadHeadOf("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive());
  EXPECT_FALSE(ReadHeadOf("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n")
                   ->keep_alive());
}

TEST(RequestHeadTest, ExpectsContinueOnlyWithContentOnHttp11) {
  EXPECT_TRUE(
      ReadHeadOf(PostWith("Expect: 100-Continue\r\nContent-Length: 1\r\n"))->expect_continue());
  EXPECT_FALSE(ReadHeadOf(PostWith("Expect: 100-continue\r\n"))->expect_continue());
  EXPECT_FALSE(ReadHeadOf("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n"
                          "Content-Length: 1\r\n\r\n")
                   ->expect_continue());
}

TEST(RequestHeadTest, SeesWebSocketsOnlyWhereAllFits) {
  EXPECT_TRUE(ReadHeadOf(GetWith("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"))
                  ->websocket());
  EXPECT_FALSE(ReadHeadOf(GetWith("Upgrade: websocket\r\n"))->websocket());
  EXPECT_FALSE(ReadHeadOf(GetWith("Connection: upgrade\r\nUpgrade: h2c\r\n"))->websocket());
  EXPECT_FALSE(ReadHeadOf(PostWith("Connection: upgrade\r\nUpgrade: websocket\r\n"))->websocket());
  EXPECT_FALSE(ReadHeadOf("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\n"
                          "Upgrade: websocket\r\n\r\n")
                   ->websocket());
}

TEST(RequestHeadTest, FindsNothingUniqueInARepeatedField) {
  const ReadHeadOf head(GetWith("X-Real-IP: 1.1.1.1\r\nx-real-ip: 2.2.2.2\r\n"));
  const FieldLookup found = head->Find("x-real-ip");
  EXPECT_EQ(found.count, 2U);
  EXPECT_EQ(found.value, "");
  EXPECT_FALSE(found.unique());
}

TEST(RequestHeadTest, FindDoesNotTakeAliases) {
  const ReadHeadOf head(GetWith("X_Real_IP: 1.1.1.1\r\n"));
  EXPECT_EQ(head->Find("x-real-ip").count, 0U);
}

TEST(RequestHeadTest, ConnectionListsOptionsOfAllItsFields) {
  const ReadHeadOf head(GetWith("Connection: a, ,B\r\nConnection: c\r\n"));
  EXPECT_TRUE(head->ConnectionLists("a"));
  EXPECT_TRUE(head->ConnectionLists("b"));
  EXPECT_TRUE(head->ConnectionLists("c"));
  EXPECT_FALSE(head->ConnectionLists("d"));
  EXPECT_FALSE(head->ConnectionLists(""));
}

TEST(RequestHeadTest, StripsWhatIsHopByHop) {
  const ReadHeadOf head(GetWith("Connection: Foo\r\n"));
  for (const char* name : {"Connection", "keep-alive", "TE", "Trailer", "Transfer-Encoding",
                           "Upgrade", "Proxy-Connection", "Proxy-Authorization", "foo", "FOO"}) {
    EXPECT_TRUE(head->Strips(name)) << name;
  }
  EXPECT_FALSE(head->Strips("bar"));
}

TEST(RequestHeadTest, ConnectionCannotStripWhatOthersDecideBy) {
  const ReadHeadOf head(GetWith(
      "Connection: close, X-Real-IP, X_Forwarded_For, Cookie, Authorization, Host, Stile-Verdict, "
      "Forwarded, Content-Type, True.Client.IP\r\n"));
  for (const char* name : {"X-Real-IP", "X_Forwarded_For", "Cookie", "Authorization", "Host",
                           "Stile-Verdict", "Forwarded", "Content-Type", "True.Client.IP"}) {
    EXPECT_FALSE(head->Strips(name)) << name;
  }
}

TEST(FieldNameTest, NormalisingIgnoresCaseUnderscoresAndDots) {
  EXPECT_TRUE(NormalisesTo("X_Forwarded.For", "x-forwarded-for"));
  EXPECT_TRUE(NormalisesTo("x-forwarded-for", "x-forwarded-for"));
  EXPECT_FALSE(NormalisesTo("x-forwarded-fo", "x-forwarded-for"));
  EXPECT_FALSE(NormalisesTo("xxforwarded-for", "x-forwarded-for"));
}

TEST(FieldNameTest, EqualsLowerIgnoresCaseOnTheLeftOnly) {
  EXPECT_TRUE(EqualsLower("HoSt", "host"));
  EXPECT_FALSE(EqualsLower("host", "HOST"));
  EXPECT_FALSE(EqualsLower("hos", "host"));
}

}  // namespace
}  // namespace stile
