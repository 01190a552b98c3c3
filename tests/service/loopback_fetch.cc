#include "tests/service/loopback_fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <gtest/gtest.h>

namespace stile {

LoopbackConnection::LoopbackConnection(const SocketAddress& address)
    : socket_(::socket(address.is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0)) {
  const timeval limit = {10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  int connected = -1;
  if (address.is_unix) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, address.path.c_str(), sizeof name.sun_path - 1);
    connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  } else {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.host.c_str(), &name.sin_addr);
    connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  EXPECT_EQ(connected, 0) << ToString(address) << ": " << std::strerror(errno);
}

LoopbackConnection::~LoopbackConnection() { ::close(socket_); }

void LoopbackConnection::Send(std::string_view bytes) const {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

std::string LoopbackConnection::ReadUntil(std::string_view end) const {
  std::string text;
  char buffer[4096];
  while (end.empty() || text.find(end) == std::string::npos) {
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got < 0 && errno != ECONNRESET) ADD_FAILURE() << std::strerror(errno);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::string LoopbackConnection::ReadToEnd() const { return ReadUntil(""); }

std::string Fetch(const SocketAddress& address, std::string_view path) {
  const LoopbackConnection connection(address);
  connection.Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return connection.ReadToEnd();
}

}  // namespace stile
