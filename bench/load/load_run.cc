#include "bench/load/load_run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace stile::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kGrace = 10 * kSecond;  // For the replies that are due at the end.

std::int64_t Now() noexcept {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * kSecond + time.tv_nsec;
}

[[noreturn]] void EndWithError(const std::string& what) {
  EndRun(what + ": " + std::strerror(errno));
}

int ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) EndRun("a path that is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    EndWithError("cannot connect to " + path);
  }
  return descriptor;
}

int ConnectTcp(const std::string& to) {
  const std::size_t colon = to.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, to.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    EndRun("not an IPv4 address with a port: " + to);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(to.c_str() + colon + 1)));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    EndWithError("cannot connect to " + to);
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, RequestList& requests, ReplyCheck& check)
    : options_(options),
      requests_(requests),
      check_(check),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      clients_(options.connections),
      buffer_(256 * 1024) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (!options.reconnect) Connect(clients_[i]);
    free_.push_back(clients_.size() - 1 - i);
  }
}

LoadRun::~LoadRun() {
  for (const Client& client : clients_) close(client.descriptor);
  close(epoll_);
}

void LoadRun::Connect(Client& client) {
  client.descriptor = options_.to.starts_with("unix:") ? ConnectUnix(options_.to.substr(5))
                                                       : ConnectTcp(options_.to);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(&client - clients_.data());
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, client.descriptor, &event) != 0) EndWithError("epoll");
}

void LoadRun::Begin(Client& client, Nanoseconds due, Nanoseconds now) {
  const std::string_view request = requests_.Next();
  client.waits = true;
  client.due = due;
  if (due >= counts_from_) {
    result_.late_start = std::max(result_.late_start, static_cast<std::uint64_t>(now - due));
  }
  ++under_way_;
  ++begun_;
  if (options_.reconnect) Connect(client);
  const ssize_t sent =
      send(client.descriptor, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) EndWithError("cannot send");
  // Nothing of this connection is under way, so that there is room for a request of any size that
  // a socket's buffer has.
  if (static_cast<std::size_t>(sent) != request.size()) EndRun("a request that is too large");
}

// Sends what is due, as far as there are free connections. The oldest free one comes first.
void LoadRun::BeginDue(Nanoseconds now) {
  while (!free_.empty()) {
    const Nanoseconds due =
        start_ + static_cast<Nanoseconds>(static_cast<double>(begun_) * interval_);
    if (due > now || due >= end_) return;
    const std::size_t client = free_.back();
    free_.pop_back();
    Begin(clients_[client], due, now);
  }
}

void LoadRun::OnReadable(Client& client) {
  const ssize_t got = recv(client.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    EndWithError("cannot receive");
  }
  if (got == 0 && options_.reconnect && !client.waits) {
    close(client.descriptor);
    client.descriptor = -1;
    return OnFree(client, Now());
  }
  if (got == 0) EndRun("the server ended a connection");
  if (!client.waits) EndRun("bytes that nobody asked for");
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  if (client.due >= counts_from_) result_.bytes += bytes.size();
  if (client.content == 0) {
    if (!client.head.empty()) {
      client.head.append(bytes);
      bytes = client.head;
    }
    ReplyCheck::Reply reply;
    switch (check_.Check(bytes, reply)) {
      case ReplyCheck::Result::kWrong:
        EndRun(check_.why());
      case ReplyCheck::Result::kNeedMore:
        if (client.head.empty()) client.head = bytes;
        return;
      case ReplyCheck::Result::kGood:
        break;
    }
    client.content = reply.content;
    bytes.remove_prefix(reply.head);
  }
  if (bytes.size() > client.content) EndRun("more bytes than the reply has");
  client.content -= bytes.size();
  client.head.clear();
  if (client.content == 0) OnReply(client);
}

void LoadRun::OnReply(Client& client) {
  const Nanoseconds now = Now();
  client.waits = false;
  --under_way_;
  ++result_.answered;
  // Without a rate a reply counts if it comes within the time, so that the throughput is that of
  // the time; with one, if its request was due within it.
  const bool counts =
      interval_ == 0 ? now >= counts_from_ && now < end_ : client.due >= counts_from_;
  if (counts) result_.latency.Add(static_cast<std::uint64_t>(now - client.due));
  if (!options_.reconnect) OnFree(client, now);
}

void LoadRun::OnFree(Client& client, Nanoseconds now) {
  if (interval_ != 0) {
    free_.insert(free_.begin(), static_cast<std::size_t>(&client - clients_.data()));
  } else if (now < end_) {
    Begin(client, now, now);
  }
}

// Returns how many of `events` there are. One that sleeps does so until the next request is due.
int LoadRun::Wait(std::span<epoll_event> events, Nanoseconds now) const noexcept {
  timespec patience{};
  if (!options_.spin) {
    Nanoseconds left = kSecond / 10;
    if (interval_ != 0 && !free_.empty()) {
      const Nanoseconds due =
          start_ + static_cast<Nanoseconds>(static_cast<double>(begun_) * interval_);
      left = std::clamp<Nanoseconds>(due - now, 0, left);
    }
    patience.tv_nsec = left;
  }
  return epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &patience, nullptr);
}

bool LoadRun::Done(Nanoseconds now) const noexcept {
  if (now < end_ || under_way_ != 0) return false;
  return interval_ == 0 ||
         start_ + static_cast<Nanoseconds>(static_cast<double>(begun_) * interval_) >= end_;
}

LoadResult LoadRun::Run() {
  // Timers are on time: the kernel's 50 us of slack would be part of what is measured.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  start_ = Now();
  counts_from_ = start_ + static_cast<Nanoseconds>(options_.warm_up * kSecond);
  end_ = counts_from_ + static_cast<Nanoseconds>(options_.seconds * kSecond);
  interval_ = options_.rate > 0 ? kSecond / options_.rate : 0;
  if (interval_ == 0) {
    for (Client& client : clients_) Begin(client, start_, start_);
  }
  std::array<epoll_event, 256> events;
  Nanoseconds idle = 0;
  for (Nanoseconds now = start_; !Done(now);) {
    if (now > end_ + kGrace) EndRun("replies that are due don't come");
    if (interval_ != 0) BeginDue(now);
    const int count = Wait(events, now);
    if (count < 0 && errno != EINTR) EndWithError("epoll");
    for (int i = 0; i < count; ++i) {
      OnReadable(clients_[static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64)]);
    }
    const Nanoseconds before = now;
    now = Now();
    if (count == 0 && before >= counts_from_ && now < end_) idle += now - before;
  }
  result_.seconds = options_.seconds;
  result_.busy_share = 1 - static_cast<double>(idle) / (options_.seconds * kSecond);
  return result_;
}

}  // namespace stile::bench
