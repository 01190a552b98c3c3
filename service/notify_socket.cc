#include "service/notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr timeval kPatience{1, 0};  // With a manager that doesn't read.

std::optional<std::int64_t> NumberOf(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, failure] = std::from_chars(text, end, number);
  if (failure != std::errc() || stop != end || number <= 0) return std::nullopt;
  return number;
}

std::int64_t MonotonicMicroseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

// A line of a message holds no line break.
std::string StatusLine(std::string_view status) {
  std::string line = Concat("STATUS=", status);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

NotifySocket NotifySocket::FromEnvironment() {
  NotifySocket notify;
  const char* address = std::getenv("NOTIFY_SOCKET");
  if (address == nullptr || (*address != '/' && *address != '@')) return notify;
  notify.address_ = address;
  if (notify.address_.size() >= sizeof(sockaddr_un::sun_path)) return notify;
  if (notify.address_.front() == '@') notify.address_.front() = '\0';
  notify.socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (notify.socket_ < 0) return notify;
  ::setsockopt(notify.socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const auto interval = NumberOf("WATCHDOG_USEC");
  const auto process = NumberOf("WATCHDOG_PID");
  if (interval && (!process || *process == ::getpid())) {
    notify.watchdog_ = std::chrono::microseconds{*interval};
  }
  return notify;
}

NotifySocket::NotifySocket(NotifySocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      address_(std::move(other.address_)),
      watchdog_(other.watchdog_) {}

NotifySocket::~NotifySocket() {
  if (socket_ >= 0) ::close(socket_);
}

void NotifySocket::Ready(std::string_view status) { Send(Concat("READY=1\n", StatusLine(status))); }

void NotifySocket::Reloading() {
  Send(Concat("RELOADING=1\nMONOTONIC_USEC=", MonotonicMicroseconds(), "\nSTATUS=Reloading"));
}

void NotifySocket::Status(std::string_view status) { Send(StatusLine(status)); }

void NotifySocket::Stopping(std::string_view status, std::chrono::milliseconds timeout) {
  const std::chrono::microseconds enough = timeout + std::chrono::seconds{10};
  Send(Concat("STOPPING=1\nEXTEND_TIMEOUT_USEC=", enough.count(), "\n", StatusLine(status)));
}

void NotifySocket::HandOver(int pid) {
  Send(Concat("MAINPID=", pid, "\nSTATUS=Handing over to ", pid));
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  watchdog_.reset();
}

void NotifySocket::Alive() { Send("WATCHDOG=1"); }

void NotifySocket::Send(std::string_view text) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // A manager that can't be reached is no reason to stop serving.
  (void)!::sendto(socket_, text.data(), text.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace stile
