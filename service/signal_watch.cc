#include "service/signal_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>

namespace stile {
namespace {

int OpenSignals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return -1;
  std::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

SignalWatch::SignalWatch(std::initializer_list<int> signals)
    : signals_(OpenSignals(signals)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

SignalWatch::~SignalWatch() {
  if (signals_ >= 0) ::close(signals_);
  if (wake_ >= 0) ::close(wake_);
}

std::optional<int> SignalWatch::Wait(std::chrono::milliseconds timeout) {
  const std::optional<Caught> caught = Catch(timeout);
  return caught ? std::optional(caught->number) : std::nullopt;
}

std::optional<SignalWatch::Caught> SignalWatch::Catch(std::chrono::milliseconds timeout) {
  pollfd sources[2] = {{signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
  const auto limit = static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, 3'600'000));
  if (::poll(sources, 2, limit) <= 0) return std::nullopt;
  signalfd_siginfo signal = {};
  if (::read(signals_, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    return Caught{static_cast<int>(signal.ssi_signo), signal.ssi_pid, signal.ssi_uid};
  }
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
  return std::nullopt;
}

void SignalWatch::Wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

}  // namespace stile
