#include "service/response_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stile {
namespace {

class ResponseHeadTest : public testing::Test {
 protected:
  ResponseHead::Result Read(const std::string& text, bool to_head = false) {
    bytes_.assign(text.begin(), text.end());
    return head_.Read(bytes_, to_head);
  }
  bool Reads(const std::string& text, bool to_head = false) {
    return Read(text, to_head).status == ResponseStatus::kComplete;
  }
  bool Refuses(const std::string& text) {
    head_ = ResponseHead();
    return Read(text).status == ResponseStatus::kRefused;
  }
  std::string ValueOf(std::string_view name) {
    for (std::size_t i = 0; i < head_.field_count(); ++i) {
      if (head_.field(i).name == name) return std::string(head_.field(i).value);
    }
    return "(none)";
  }

  std::vector<char> bytes_;
  ResponseHead head_;
};

TEST_F(ResponseHeadTest, TellsStatusReasonAndFields) {
  const std::string text = "HTTP/1.1 404 Not Found\r\nA: b \r\nContent-Length: 3\r\n\r\n";
  const ResponseHead::Result result = Read(text + "abc");
  ASSERT_EQ(result.status, ResponseStatus::kComplete);
  EXPECT_EQ(result.size, text.size());
  EXPECT_EQ(head_.status(), 404);
  EXPECT_EQ(head_.reason(), "Not Found");
  EXPECT_EQ(ValueOf("A"), "b");
  EXPECT_EQ(head_.framing(), ResponseFraming::kLength);
  EXPECT_EQ(head_.content_length(), 3U);
  EXPECT_TRUE(head_.keep_alive());
}

TEST_F(ResponseHeadTest, EverySplitGivesTheSameHead) {
  for (const std::string text :
       {"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n e\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\nC: d\n e\nTransfer-Encoding: chunked\n\n"}) {
    for (std::size_t first = 0; first < text.size(); ++first) {
      ResponseHead head;
      std::vector<char> early(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first));
      ASSERT_EQ(head.Read(early, false).status, ResponseStatus::kNeedMore) << first;
      std::vector<char> whole(text.begin(), text.end());
      const ResponseHead::Result result = head.Read(whole, false);
      ASSERT_EQ(result.status, ResponseStatus::kComplete) << first;
      EXPECT_EQ(result.size, text.size()) << first;
      EXPECT_EQ(head.field_count(), 3U) << first;
      EXPECT_EQ(head.framing(), ResponseFraming::kChunked) << first;
    }
  }
}

TEST_F(ResponseHeadTest, ReadsAStatusLineWithoutReason) {
  EXPECT_TRUE(Reads("HTTP/1.1 200\r\n\r\n"));
  EXPECT_EQ(head_.reason(), "");
  EXPECT_TRUE(Reads("HTTP/1.1 200 \r\n\r\n"));
  EXPECT_EQ(head_.reason(), "");
}

TEST_F(ResponseHeadTest, FramesByWhatTheHeadSays) {
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_EQ(head_.framing(), ResponseFraming::kClose);
  EXPECT_FALSE(head_.keep_alive());
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"));
  EXPECT_EQ(head_.framing(), ResponseFraming::kChunked);
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(head_.framing(), ResponseFraming::kLength);
}

TEST_F(ResponseHeadTest, HasNoContentWhereTheStatusOrTheMethodSaysSo) {
  for (const char* status : {"204 No Content", "304 Not Modified", "100 Continue", "103 Hints"}) {
    ASSERT_TRUE(Reads("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_EQ(head_.framing(), ResponseFraming::kNone) << status;
    EXPECT_TRUE(head_.keep_alive()) << status;
  }
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true));
  EXPECT_EQ(head_.framing(), ResponseFraming::kNone);
  EXPECT_TRUE(head_.has_length());
}

TEST_F(ResponseHeadTest, KeepsAliveByVersionAndConnection) {
  const std::string length = "Content-Length: 0\r\n";
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\nConnection: a, Close\r\n" + length + "\r\n"));
  EXPECT_FALSE(head_.keep_alive());
  ASSERT_TRUE(Reads("HTTP/1.0 200 OK\r\n" + length + "\r\n"));
  EXPECT_FALSE(head_.keep_alive());
  ASSERT_TRUE(Reads("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + length + "\r\n"));
  EXPECT_TRUE(head_.keep_alive());
}

TEST_F(ResponseHeadTest, PutsRightWhatIsOddButHarmless) {
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\nSpace : a\nFolded: b\r\n\t c\nNo field\nA{: d\nE: f\n\n"));
  EXPECT_EQ(ValueOf("Space"), "a");
  EXPECT_EQ(ValueOf("Folded").substr(0, 1), "b");
  EXPECT_EQ(ValueOf("Folded").back(), 'c');
  EXPECT_EQ(ValueOf("Folded").find('\n'), std::string::npos);
  EXPECT_EQ(ValueOf("Folded").find('\r'), std::string::npos);
  EXPECT_EQ(ValueOf("E"), "f");
  EXPECT_EQ(head_.field_count(), 3U);
}

TEST_F(ResponseHeadTest, RefusesWhatIsNoResponse) {
  for (const char* text : {"SSH-2.0\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                           "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
                           "HTTP/1.1  200 OK\r\n\r\n", "\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"}) {
    EXPECT_TRUE(Refuses(text)) << text;
  }
}

TEST_F(ResponseHeadTest, RefusesFramingThatCanBeReadTwoWays) {
  for (const char* fields :
       {"Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2, 2", "Content-Length: +2",
        "Content-Length: -2", "Content-Length:", "Content-Length: 0x2", "Content-Length: 2 2",
        "Content-Length: 9999999999999999999", "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding:"}) {
    EXPECT_TRUE(Refuses("HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n\r\n")) << fields;
  }
  EXPECT_TRUE(Refuses("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_F(ResponseHeadTest, RefusesControlBytesInValues) {
  EXPECT_TRUE(Refuses(std::string("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 27)));
  EXPECT_TRUE(Refuses("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"));
}

TEST_F(ResponseHeadTest, RefusesMoreThanItsLimits) {
  std::string fields;
  for (std::size_t i = 0; i < ResponseHead::kMaxFields; ++i) fields += "A: b\r\n";
  EXPECT_TRUE(Reads("HTTP/1.1 200 OK\r\n" + fields + "\r\n"));
  EXPECT_TRUE(Refuses("HTTP/1.1 200 OK\r\n" + fields + "A: b\r\n\r\n"));
  const std::string line(ResponseHead::kMaxSize, 'a');
  EXPECT_TRUE(Refuses("HTTP/1.1 200 OK\r\nA: " + line + "\r\n\r\n"));
}

TEST_F(ResponseHeadTest, StripsFieldsOfTheConnection) {
  ASSERT_TRUE(Reads("HTTP/1.1 200 OK\r\nConnection: X-Private , close\r\n\r\n"));
  for (const char* name : {"Connection", "Keep-Alive", "transfer-encoding", "Content-Length",
                           "x-private", "Trailer", "Upgrade", "Proxy-Authenticate"}) {
    EXPECT_TRUE(head_.Strips(name)) << name;
  }
  for (const char* name : {"Set-Cookie", "X-Public", "Content-Type", "X-Privat"}) {
    EXPECT_FALSE(head_.Strips(name)) << name;
  }
}

TEST_F(ResponseHeadTest, KnowsAWebSocketByItsUpgrade) {
  ASSERT_TRUE(Reads("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n"));
  EXPECT_TRUE(head_.upgrades_to_websocket());
  ASSERT_TRUE(Reads("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"));
  EXPECT_FALSE(head_.upgrades_to_websocket());
}

}  // namespace
}  // namespace stile
