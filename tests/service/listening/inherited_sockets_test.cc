#include "service/inherited_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

SocketAddress Tcp(const std::string& host, std::uint16_t port) {
  SocketAddress address;
  address.host = host;
  address.port = port;
  return address;
}

SocketAddress Unix(const std::string& path) {
  SocketAddress address;
  address.is_unix = true;
  address.path = path;
  return address;
}

bool Exists(const std::string& path) {
  struct stat file;
  return lstat(path.c_str(), &file) == 0;
}

// What somebody else has opened, as it is handed to this process.
ListeningSocket Adopted(const ListeningSocket& other, bool with_file) {
  auto socket = ListeningSocket::Adopt(other.Duplicate(), with_file);
  EXPECT_TRUE(socket.ok()) << socket.status();
  return *std::move(socket);
}

TEST(ListeningSocket, AdoptSaysWhereATcpSocketIsBound) {
  const auto other = ListeningSocket::Open(Tcp("127.0.0.1", 0));
  ASSERT_TRUE(other.ok());
  const ListeningSocket socket = Adopted(*other, true);
  EXPECT_EQ(ToString(socket.address()), ToString(other->address()));
  EXPECT_FALSE(socket.with_file());
}

TEST(ListeningSocket, AdoptMakesASocketNonBlocking) {
  const auto other = ListeningSocket::Open(Tcp("127.0.0.1", 0));
  ASSERT_TRUE(other.ok());
  const int descriptor = other->Duplicate();
  ASSERT_EQ(fcntl(descriptor, F_SETFL, 0), 0);
  const auto socket = ListeningSocket::Adopt(descriptor, false);
  ASSERT_TRUE(socket.ok());
  EXPECT_NE(fcntl(socket->descriptor(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(socket->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(ListeningSocket, AdoptRefusesASocketThatDoesNotListen) {
  EXPECT_FALSE(ListeningSocket::Adopt(socket(AF_INET, SOCK_STREAM, 0), false).ok());
  EXPECT_FALSE(ListeningSocket::Adopt(socket(AF_INET, SOCK_DGRAM, 0), false).ok());
  EXPECT_FALSE(ListeningSocket::Adopt(open("/dev/null", O_RDONLY), false).ok());
}

TEST(ListeningSocket, FileOfAnAdoptedSocketStaysUntilItIsInherited) {
  const ScratchFolder folder;
  const std::string path = folder.Path("a.sock");
  auto other = ListeningSocket::Open(Unix(path));
  ASSERT_TRUE(other.ok());
  { const ListeningSocket socket = Adopted(*other, true); }
  EXPECT_TRUE(Exists(path));
  other->LeaveFile();
  {
    ListeningSocket socket = Adopted(*other, true);
    socket.InheritFile();
    const auto gone = std::move(*other);
  }
  EXPECT_FALSE(Exists(path));
}

TEST(ListeningSocket, FileThatDoesNotComeAlongIsNeverRemoved) {
  const ScratchFolder folder;
  const std::string path = folder.Path("a.sock");
  auto other = ListeningSocket::Open(Unix(path));
  ASSERT_TRUE(other.ok());
  {
    ListeningSocket socket = Adopted(*other, false);
    socket.InheritFile();
  }
  EXPECT_TRUE(Exists(path));
}

TEST(ListeningSocket, ListensOnItsAddressHoweverItIsSpelled) {
  const auto v6 = ListeningSocket::Open(Tcp("::1", 0));
  ASSERT_TRUE(v6.ok());
  const std::uint16_t port = v6->address().port;
  EXPECT_TRUE(v6->ListensOn(Tcp("0:0::1", port)));
  EXPECT_FALSE(v6->ListensOn(Tcp("::2", port)));
  EXPECT_FALSE(v6->ListensOn(Tcp("127.0.0.1", port)));
  EXPECT_FALSE(v6->ListensOn(Tcp("::1", static_cast<std::uint16_t>(port + 1))));
  EXPECT_FALSE(v6->ListensOn(Tcp("::1", 0)));
}

TEST(InheritedSockets, TakeFindsEverySocketOfAnAddress) {
  const ScratchFolder folder;
  const auto first = ListeningSocket::Open(Tcp("127.0.0.1", 0));
  ASSERT_TRUE(first.ok());
  const auto second = ListeningSocket::Open(first->address());  // SO_REUSEPORT.
  ASSERT_TRUE(second.ok());
  const auto file = ListeningSocket::Open(Unix(folder.Path("a.sock")));
  ASSERT_TRUE(file.ok());
  InheritedSockets sockets;
  sockets.Add(Adopted(*first, false), "web");
  sockets.Add(Adopted(*file, false), "local");
  sockets.Add(Adopted(*second, false), "web");
  EXPECT_EQ(sockets.Take(first->address()).size(), 2U);
  EXPECT_TRUE(sockets.Take(first->address()).empty());
  EXPECT_EQ(sockets.Unused(), std::vector<std::string>{"unix:" + folder.Path("a.sock") + " local"});
  EXPECT_EQ(sockets.Take(Unix(folder.Path("./a.sock"))).size(), 1U);
  EXPECT_TRUE(sockets.Unused().empty());
}

TEST(InheritedSockets, VariablesOfAnotherProcessAreIgnoredAndForgotten) {
  setenv("LISTEN_PID", "1", 1);
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_FDNAMES", "web", 1);
  const InheritedSockets sockets = InheritedSockets::FromEnvironment();
  EXPECT_EQ(sockets.size(), 0U);
  EXPECT_TRUE(sockets.Unused().empty());
  EXPECT_EQ(getenv("LISTEN_PID"), nullptr);
  EXPECT_EQ(getenv("LISTEN_FDS"), nullptr);
}

}  // namespace
}  // namespace stile
