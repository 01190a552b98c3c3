#include "bench/flood/live/web_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace stile::bench {
namespace {

int Connect(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("flood_client: connect");
    if (descriptor >= 0) close(descriptor);
    return -1;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

std::string_view FieldOf(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, at - begin);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }
  return {};
}

}  // namespace

std::string_view WebReply::Field(std::string_view name) const { return FieldOf(head, name); }

WebClient::WebClient(std::uint16_t port) : port_(port), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ >= 0) return;
  std::perror("flood_client: epoll");
  std::exit(1);
}

WebClient::~WebClient() {
  for (const Connection& connection : connections_) {
    if (connection.descriptor >= 0) close(connection.descriptor);
  }
  close(epoll_);
}

std::size_t WebClient::Free() {
  if (!idle_.empty()) {
    const std::size_t number = idle_.back();
    idle_.pop_back();
    return number;
  }
  if (shut_.empty()) {
    connections_.emplace_back();
    shut_.push_back(connections_.size() - 1);
  }
  const std::size_t number = shut_.back();
  shut_.pop_back();
  Connection& connection = connections_[number];
  connection.descriptor = Connect(port_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  if (connection.descriptor >= 0) {
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event);
  }
  return number;
}

void WebClient::Send(std::uint32_t asker, std::string_view request) {
  const std::size_t number = Free();
  Connection& connection = connections_[number];
  connection.asker = asker;
  connection.busy = true;
  connection.held.clear();
  under_way_ += 1;
  // A request is far smaller than the buffer of a socket that nothing is under way on.
  const ssize_t sent = connection.descriptor < 0 ? -1
                                                 : send(connection.descriptor, request.data(),
                                                        request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) Break(number);
}

void WebClient::Break(std::size_t number) {
  Connection& connection = connections_[number];
  if (connection.descriptor >= 0) close(connection.descriptor);
  connection.descriptor = -1;
  if (connection.busy) {
    replies_.push_back({connection.asker, 0, {}, {}});
    under_way_ -= 1;
  } else {
    std::erase(idle_, number);
  }
  connection.busy = false;
  shut_.push_back(number);
}

// True once the whole reply is there; it is among replies_ then.
bool WebClient::Finish(Connection& connection) {
  const std::string& held = connection.held;
  const std::size_t end = held.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view length =
      FieldOf(std::string_view(held).substr(0, end + 2), "content-length");
  const std::size_t size =
      length.empty() ? 0 : std::strtoul(std::string(length).c_str(), nullptr, 10);
  if (held.size() < end + 4 + size) return false;
  replies_.push_back({connection.asker, std::atoi(held.c_str() + 9), held.substr(0, end + 2),
                      held.substr(end + 4, size)});
  return true;
}

void WebClient::Read(std::size_t number) {
  static std::array<char, 65'536> buffer;
  Connection& connection = connections_[number];
  if (connection.descriptor < 0) return;
  const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return Break(number);
  connection.held.append(buffer.data(), static_cast<std::size_t>(got));
  if (!connection.busy || !Finish(connection)) return;
  connection.busy = false;
  under_way_ -= 1;
  const std::string_view kept = FieldOf(replies_.back().head, "connection");
  idle_.push_back(number);
  if (kept == "close") Break(number);
}

const std::vector<WebReply>& WebClient::Poll(int millis) {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                               replies_.empty() ? millis : 0);
  for (int i = 0; i < count; ++i) Read(events[static_cast<std::size_t>(i)].data.u64);
  given_ = std::exchange(replies_, {});
  return given_;
}

}  // namespace stile::bench
