#include "service/stream_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace stile {
namespace {

constexpr int kPatience = 10'000;  // Milliseconds; more than any of this takes.

class StreamSocketTest : public testing::Test {
 protected:
  StreamSocketTest() : socket_(reactor_) {
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    SocketError error;
    socket_.assign(pair[0], error);
    EXPECT_FALSE(error);
    peer_ = pair[1];
  }
  ~StreamSocketTest() override {
    close(peer_);
    SocketError ignored;
    socket_.close(ignored);
    reactor_.RunOwed();
  }

  void Say(std::string_view text) const {
    EXPECT_EQ(send(peer_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  // Reads once, in as many turns as that takes.
  std::string Read(std::size_t room = 100) {
    std::string text(room, 0);
    bool done = false;
    ReadSome(socket_, std::span<char>(text.data(), text.size()), memory_,
             [&](const SocketError& error, std::size_t size) {
               done = true;
               error_ = error;
               text.resize(size);
             });
    EXPECT_FALSE(done);
    while (!done && !testing::Test::HasFailure()) Turn();
    return text;
  }

  void Turn(int patience = kPatience) {
    reactor_.Wait(patience);
    reactor_.RunOwed();
  }

  Reactor reactor_;
  StreamSocket socket_;
  int peer_ = -1;
  HandlerMemory memory_;
  SocketError error_;
};

TEST_F(StreamSocketTest, ReadGetsWhatWasSentBeforeItBegan) {
  Say("one");
  Turn();  // Nobody waits for it yet.
  EXPECT_EQ(Read(), "one");
  Say("two");
  EXPECT_EQ(Read(), "two");
}

TEST_F(StreamSocketTest, ReadThatFillsItsRoomIsFollowedByTheRest) {
  Say("onetwo");
  EXPECT_EQ(Read(3), "one");
  EXPECT_EQ(Read(3), "two");
  Say("three");
  EXPECT_EQ(Read(), "three");
}

TEST_F(StreamSocketTest, EndThatComesTogetherWithBytesIsFound) {
  Say("last");
  shutdown(peer_, SHUT_WR);
  EXPECT_EQ(Read(), "last");
  EXPECT_FALSE(error_);
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(error_, boost::asio::error::eof);
}

TEST_F(StreamSocketTest, EndThatComesLaterIsFound) {
  Say("last");
  EXPECT_EQ(Read(), "last");
  shutdown(peer_, SHUT_WR);
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(error_, boost::asio::error::eof);
}

TEST_F(StreamSocketTest, ClosingEndsWhatIsPendingInTheNextTurn) {
  std::array<char, 10> room;
  bool done = false;
  ReadSome(socket_, room, memory_, [&](const SocketError& error, std::size_t) {
    done = true;
    error_ = error;
  });
  SocketError ignored;
  socket_.close(ignored);
  EXPECT_FALSE(done);
  Turn();
  EXPECT_TRUE(done);
  EXPECT_EQ(error_, boost::asio::error::operation_aborted);
}

TEST_F(StreamSocketTest, SecondReadOrWaitEndsWithAnErrorAndLeavesTheFirstAlone) {
  std::string first(100, 0);
  std::string second(100, 0);
  HandlerMemory other;
  SocketError refused;
  SocketError refused_wait;
  std::size_t size = 0;
  ReadSome(socket_, std::span<char>(first.data(), first.size()), memory_,
           [&](const SocketError&, std::size_t got) { size = got; });
  ReadSome(socket_, std::span<char>(second.data(), second.size()), other,
           [&](const SocketError& error, std::size_t) { refused = error; });
  socket_.async_wait(StreamSocket::wait_read,
                     [&](const SocketError& error) { refused_wait = error; });
  reactor_.RunOwed();
  EXPECT_EQ(refused, boost::asio::error::already_started);
  EXPECT_EQ(refused_wait, boost::asio::error::already_started);
  Say("one");
  while (size == 0 && !HasFailure()) Turn();
  EXPECT_EQ(first.substr(0, size), "one");
}

TEST_F(StreamSocketTest, OperationsOfAClosedSocketEndWithAnError) {
  SocketError ignored;
  socket_.close(ignored);
  std::string room(10, 0);
  HandlerMemory other;
  SocketError read;
  SocketError write;
  SocketError wait;
  ReadSome(socket_, std::span<char>(room.data(), room.size()), memory_,
           [&](const SocketError& error, std::size_t) { read = error; });
  WriteSome(socket_, "x", other, [&](const SocketError& error, std::size_t) { write = error; });
  socket_.async_wait(StreamSocket::wait_write, [&](const SocketError& error) { wait = error; });
  EXPECT_FALSE(read);
  reactor_.RunOwed();
  EXPECT_EQ(read, boost::asio::error::bad_descriptor);
  EXPECT_EQ(write, boost::asio::error::bad_descriptor);
  EXPECT_EQ(wait, boost::asio::error::bad_descriptor);
}

TEST_F(StreamSocketTest, WhoAwaitsATurnGetsItAfterOthersThatAreReady) {
  int pair[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  StreamSocket other(reactor_);
  SocketError error;
  other.assign(pair[0], error);
  std::string order;
  std::string room(10, 0);
  HandlerMemory others;
  ReadSome(other, std::span<char>(room.data(), room.size()), others,
           [&](const SocketError&, std::size_t) { order += "other "; });
  EXPECT_EQ(send(pair[1], "x", 1, 0), 1);
  int turns = 0;
  // As a connection does that has more to do than fits into a turn.
  const auto again = [&](auto&& self) -> void {
    order += "turn ";
    if (++turns < 3) AwaitTurn(socket_, memory_, [&, self](const SocketError&) { self(self); });
  };
  again(again);
  EXPECT_EQ(order, "turn ");
  for (int i = 0; i < 3; ++i) {
    reactor_.RunOwed();
    reactor_.Wait(0);
  }
  EXPECT_EQ(order, "turn turn other turn ");
  close(pair[1]);
  other.close(error);
}

TEST_F(StreamSocketTest, MovedSocketTakesItsReadAlong) {
  std::string text(10, 0);
  std::size_t got = 0;
  ReadSome(socket_, std::span<char>(text.data(), text.size()), memory_,
           [&](const SocketError&, std::size_t size) { got = size; });
  const StreamSocket moved(std::move(socket_));
  Say("one");
  Turn();
  EXPECT_EQ(text.substr(0, got), "one");
  socket_ = StreamSocket(reactor_);
}

TEST_F(StreamSocketTest, WriteWaitsForRoom) {
  const std::string much(1 << 20, 'a');
  SocketError error;
  std::size_t sent = 0;
  while (true) {
    const std::size_t size = WriteNow(socket_, much, error);
    if (error) break;
    sent += size;
  }
  EXPECT_EQ(error, boost::asio::error::would_block);
  std::size_t last = 0;
  WriteSome(socket_, much, memory_, [&](const SocketError&, std::size_t size) { last = size; });
  Turn(0);
  EXPECT_EQ(last, 0U);
  std::string received(sent, 0);
  EXPECT_EQ(recv(peer_, received.data(), sent, MSG_WAITALL), static_cast<ssize_t>(sent));
  while (last == 0 && !HasFailure()) Turn();
  EXPECT_GT(last, 0U);
}

TEST_F(StreamSocketTest, WaitIsOverForBytesThatAreThereAlready) {
  Say("one");
  Turn();
  bool done = false;
  socket_.async_wait(StreamSocket::wait_read, [&](const SocketError&) { done = true; });
  while (!done && !HasFailure()) Turn();
  EXPECT_EQ(Read(), "one");
}

TEST_F(StreamSocketTest, WaitIsNotOverForBytesThatWereTaken) {
  Say("one");
  EXPECT_EQ(Read(), "one");
  bool done = false;
  socket_.async_wait(StreamSocket::wait_read, [&](const SocketError&) { done = true; });
  Turn(0);
  EXPECT_FALSE(done);
  Say("two");
  Turn();
  EXPECT_TRUE(done);
}

TEST_F(StreamSocketTest, ConnectionToNobodyFailsInALaterTurn) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, "/nobody/listens/here", sizeof(address.sun_path) - 1);
  StreamSocket connecting(reactor_);
  bool done = false;
  connecting.Connect(reinterpret_cast<const sockaddr*>(&address), sizeof(address), memory_,
                     [&](const SocketError& error) {
                       done = true;
                       error_ = error;
                     });
  EXPECT_FALSE(done);
  Turn();
  EXPECT_TRUE(done);
  EXPECT_TRUE(error_);
}

TEST(ReactorTest, TaskOfAnotherPlaceEndsTheWait) {
  Reactor reactor;
  bool done = false;
  reactor.Post([&] { done = true; });
  while (!done) {
    reactor.Wait(kPatience);
    reactor.RunOwed();
  }
}

}  // namespace
}  // namespace stile
