// stile_responder ADDRESS [CPU]: answers whatever ends with an empty line with a 200 without
// content, and looks at nothing. The least that a server with epoll does: what a load is held
// against to see that it isn't the load that is measured, and a stub for nginx to ask. ADDRESS is
// unix:PATH, or 127.0.0.1:PORT; prints "listening ADDRESS" once it listens.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\nContent-Length: 0\r\n\r\n";

[[noreturn]] void End(const char* what) {
  std::perror(what);
  std::exit(1);
}

int ListenUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) std::exit(2);
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) End("bind");
  return descriptor;
}

int ListenTcp(const std::string& at) {
  const std::size_t colon = at.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, at.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    std::exit(2);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(at.c_str() + colon + 1)));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) End("bind");
  socklen_t size = sizeof(address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("listening 127.0.0.1:%d\n", ntohs(address.sin_port));
  return descriptor;
}

void Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) End("epoll_ctl");
}

void Answer(int descriptor) {
  static char buffer[64 * 1024];
  const ssize_t got = recv(descriptor, buffer, sizeof(buffer), 0);
  if (got <= 0) {
    close(descriptor);
    return;
  }
  if (!std::string_view(buffer, static_cast<std::size_t>(got)).ends_with("\r\n\r\n")) return;
  if (send(descriptor, kReply.data(), kReply.size(), MSG_NOSIGNAL) < 0) close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: stile_responder ADDRESS [CPU]\n", stderr);
    return 2;
  }
  if (argc == 3) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(std::atoi(argv[2])), &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0) End("sched_setaffinity");
  }
  const std::string at = argv[1];
  const bool local = at.starts_with("unix:");
  const int listener = local ? ListenUnix(at.substr(5)) : ListenTcp(at);
  if (listen(listener, 1024) != 0) End("listen");
  if (local) std::printf("listening %s\n", at.c_str());
  std::fflush(stdout);

  const int epoll = epoll_create1(0);
  Watch(epoll, listener);
  epoll_event events[256];
  while (true) {
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != listener) {
        Answer(events[i].data.fd);
        continue;
      }
      const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (client >= 0) Watch(epoll, client);
    }
  }
}
