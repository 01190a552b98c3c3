#include "service/plain_http.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <new>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/memory_refusals.h"
#include "tests/service/loopback_fetch.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

SocketAddress AnyPort() {
  SocketAddress address;
  address.host = "127.0.0.1";
  return address;
}

PlainReply Echo(const RequestHead& head, std::string_view body) {
  PlainReply reply;
  reply.body = std::string(head.method()) + " " + std::string(head.target()) + " [" +
               std::string(body) + "]\n";
  return reply;
}

std::unique_ptr<PlainHttp> Serve(const SocketAddress& address,
                                 const PlainHttp::Limits& limits = {}) {
  auto server = PlainHttp::Create(address, limits, Echo);
  EXPECT_TRUE(server.ok()) << server.status();
  (*server)->Start();
  return *std::move(server);
}

TEST(PlainHttpTest, AnswersOnAFreePort) {
  const auto server = Serve(AnyPort());
  EXPECT_NE(server->address().port, 0);
  const std::string answer = Fetch(server->address(), "/a?b");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a?b []\n"));
}

TEST(PlainHttpTest, ConnectionCarriesSeveralRequests) {
  const auto server = Serve(AnyPort());
  const LoopbackConnection connection(server->address());
  connection.Send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answers = connection.ReadUntil("GET /2 []\n");
  EXPECT_THAT(answers, HasSubstr("GET /1 []\n"));
  EXPECT_THAT(answers, HasSubstr("GET /2 []\n"));
}

TEST(PlainHttpTest, HeadRequestGetsNoBody) {
  const auto server = Serve(AnyPort());
  const LoopbackConnection connection(server->address());
  connection.Send("HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = connection.ReadToEnd();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(PlainHttpTest, BodiesOfBothFramingsArrive) {
  const auto server = Serve(AnyPort());
  const LoopbackConnection connection(server->address());
  connection.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
  connection.Send("cPOST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n");
  connection.Send("1\r\nf\r\n0\r\n\r\n");
  const std::string answers = connection.ReadUntil("POST /b [def]\n");
  EXPECT_THAT(answers, HasSubstr("POST /a [abc]\n"));
  EXPECT_THAT(answers, HasSubstr("POST /b [def]\n"));
}

TEST(PlainHttpTest, OversizedBodyIsRefusedUnread) {
  const auto server = Serve(AnyPort(), {.body = 10});
  const LoopbackConnection connection(server->address());
  connection.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  EXPECT_THAT(connection.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  const LoopbackConnection chunked(server->address());
  chunked.Send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n");
  EXPECT_THAT(chunked.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST(PlainHttpTest, MalformedHeadIsRefusedAndClosed) {
  const auto server = Serve(AnyPort());
  const LoopbackConnection connection(server->address());
  connection.Send("GET / HTTP/1.1\nHost: a\n\n");
  EXPECT_THAT(connection.ReadToEnd(), StartsWith("HTTP/1.1 400 "));
}

TEST(PlainHttpTest, SilentConnectionIsClosed) {
  const auto server = Serve(AnyPort(), {.timeout = std::chrono::milliseconds{50}});
  const LoopbackConnection connection(server->address());
  connection.Send("GET / HT");
  EXPECT_EQ(connection.ReadToEnd(), "");
}

TEST(PlainHttpTest, ConnectionOverTheLimitIsClosedAndOthersServe) {
  const auto server = Serve(AnyPort(), {.connections = 1});
  const LoopbackConnection first(server->address());
  first.Send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.ReadUntil("[]\n"), HasSubstr("GET /1"));
  const LoopbackConnection second(server->address());
  EXPECT_EQ(second.ReadToEnd(), "");
  first.Send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.ReadUntil("[]\n"), HasSubstr("GET /2"));
}

SocketAddress UnixAddress(const ScratchFolder& folder) {
  SocketAddress address;
  address.is_unix = true;
  address.path = folder.Path("m.sock");
  return address;
}

TEST(PlainHttpTest, RequestThatFindsNoMemoryEndsAndTheNextIsAnswered) {
  const std::uint64_t before = MemoryRefusals(MemoryPlace::kOperator);
  auto server =
      PlainHttp::Create(AnyPort(), {}, [](const RequestHead& head, std::string_view body) {
        if (head.target() == "/large") throw std::bad_alloc();
        return Echo(head, body);
      });
  ASSERT_TRUE(server.ok());
  (*server)->Start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Fetch((*server)->address(), "/large"), "");
  EXPECT_THAT(Fetch((*server)->address(), "/small"), EndsWith("GET /small []\n"));
  EXPECT_EQ(MemoryRefusals(MemoryPlace::kOperator) - before, 3U);
}

TEST(PlainHttpTest, UnixSocketServesAndIsRemovedAtTheEnd) {
  const ScratchFolder folder;
  const SocketAddress address = UnixAddress(folder);
  {
    const auto server = Serve(address);
    EXPECT_THAT(Fetch(address, "/"), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_FALSE(std::filesystem::exists(address.path));
}

TEST(PlainHttpTest, UnixSocketThatIsServedIsNotTakenOver) {
  const ScratchFolder folder;
  const auto server = Serve(UnixAddress(folder));
  EXPECT_FALSE(PlainHttp::Create(server->address(), {}, Echo).ok());
  EXPECT_THAT(Fetch(server->address(), "/"), StartsWith("HTTP/1.1 200 "));
}

TEST(PlainHttpTest, UnixSocketThatWasLeftBehindIsReplaced) {
  const ScratchFolder folder;
  const SocketAddress address = UnixAddress(folder);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  address.path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int left_behind = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(left_behind, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  ::close(left_behind);
  ASSERT_TRUE(std::filesystem::exists(address.path));
  const auto server = Serve(address);
  EXPECT_THAT(Fetch(address, "/"), StartsWith("HTTP/1.1 200 "));
}

TEST(PlainHttpTest, TakenPortIsReported) {
  const auto server = Serve(AnyPort());
  EXPECT_FALSE(PlainHttp::Create(server->address(), {}, Echo).ok());
}

}  // namespace
}  // namespace stile
