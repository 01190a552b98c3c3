// stile_stand_in ROLE ADDRESS COUNTS: one of those whom a proxy talks to, for measurements, as the
// least of all servers.
//
//   origin  the website: 200 with 512 bytes of content
//   http    who is asked whether a request may pass, by HTTP: yes, 200
//   spop    the same by HAProxy's protocol
//
// ADDRESS is unix:PATH, or 127.0.0.1:PORT. COUNTS is a file of two 64-bit numbers that is mapped,
// so that anybody may read them at any time: the requests that were answered, and those of them
// that brought X-Stile-Verdict: valid. Requests have no content.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/proxies/spop_yes.h"

namespace {

using stile::bench::AnswerSpop;
using stile::bench::SpopReply;

struct Counts {
  std::uint64_t answered = 0;
  std::uint64_t told_valid = 0;
};

[[noreturn]] void End(const char* what) {
  std::perror(what);
  std::exit(1);
}

Counts* MapCounts(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Counts)) != 0) End(path);
  void* const mapped = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) End("mmap");
  return static_cast<Counts*>(mapped);
}

int Listen(const std::string& at) {
  const bool local = at.starts_with("unix:");
  const int listener = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!local) setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_un to_path{};
  sockaddr_in to_port{};
  to_path.sun_family = AF_UNIX;
  to_port.sin_family = AF_INET;
  to_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string rest = at.substr(at.rfind(':') + 1);
  if (rest.size() >= sizeof(to_path.sun_path)) std::exit(2);
  std::memcpy(to_path.sun_path, rest.data(), rest.size());
  to_port.sin_port = htons(static_cast<std::uint16_t>(std::atoi(rest.c_str())));
  const int bound = local ? bind(listener, reinterpret_cast<sockaddr*>(&to_path), sizeof(to_path))
                          : bind(listener, reinterpret_cast<sockaddr*>(&to_port), sizeof(to_port));
  if (bound != 0 || listen(listener, 1024) != 0) End("cannot listen");
  return listener;
}

// Answers what came on a connection as far as it is whole. Returns false where it ends.
class StandIn {
 public:
  StandIn(const std::string& role, Counts& counts)
      : counts_(counts), is_spop_(role == "spop"), reply_(HttpReply(role == "origin")) {}

  bool Serve(std::string& held, std::string& out) {
    std::size_t done = 0;
    bool goes_on = true;
    while (goes_on && done < held.size()) {
      const std::string_view bytes = std::string_view(held).substr(done);
      const SpopReply reply = is_spop_ ? AnswerSpop(bytes, out) : AnswerHttp(bytes, out);
      if (reply.taken == 0) break;
      done += reply.taken;
      counts_.answered += reply.question ? 1 : 0;
      goes_on = !reply.ends;
    }
    held.erase(0, done);
    return goes_on;
  }

 private:
  static std::string HttpReply(bool is_origin) {
    const std::size_t size = is_origin ? 512 : 0;
    return std::string("HTTP/1.1 200 OK\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n") +
           (is_origin ? "X-From: the-origin\r\n" : "X-Stile-Verdict: valid\r\n") +
           "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'o');
  }

  // Proxies write names of fields in any case.
  SpopReply AnswerHttp(std::string_view bytes, std::string& out) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return {};
    const std::string_view head = bytes.substr(0, end + 2);
    out += reply_;
    if (head.find("erdict: valid\r\n") != head.npos) ++counts_.told_valid;
    return {end + 4, true, head.find("onnection: close\r\n") != head.npos};
  }

  Counts& counts_;
  const bool is_spop_;
  const std::string reply_;
};

void Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) End("epoll_ctl");
}

// The bytes of a connection that are no whole request yet, by its descriptor.
using Held = std::unordered_map<int, std::string>;

void OnReadable(StandIn& stand_in, int client, Held& held) {
  static char buffer[64 * 1024];
  static std::string out;
  const ssize_t got = recv(client, buffer, sizeof(buffer), 0);
  bool goes_on = got > 0;
  if (goes_on) {
    out.clear();
    std::string& bytes = held[client];
    bytes.append(buffer, static_cast<std::size_t>(got));
    goes_on = stand_in.Serve(bytes, out);
    // Replies are small, and nobody asks a second time before having one: there is room for all.
    if (!out.empty() && send(client, out.data(), out.size(), MSG_NOSIGNAL) < 0) goes_on = false;
  }
  if (goes_on) return;
  held.erase(client);
  close(client);
}

[[noreturn]] void Run(StandIn& stand_in, int listener) {
  Held held;
  epoll_event events[64];
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  Watch(epoll, listener);
  while (true) {
    const int count = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != listener) {
        OnReadable(stand_in, events[i].data.fd, held);
        continue;
      }
      const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) Watch(epoll, client);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argc == 4 ? argv[1] : "";
  if (role != "origin" && role != "http" && role != "spop") {
    std::fputs("usage: stile_stand_in origin|http|spop ADDRESS COUNTS\n", stderr);
    return 2;
  }
  Counts* const counts = MapCounts(argv[3]);
  StandIn stand_in(role, *counts);
  Run(stand_in, Listen(argv[2]));
}
