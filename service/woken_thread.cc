#include "service/woken_thread.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "challenge/concat.h"
#include "service/redis_connection.h"

namespace stile {

WokenThread::~WokenThread() {
  End();
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::Status WokenThread::Start(const char* name, std::function<void()> run) {
  descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor_ < 0) {
    return absl::ResourceExhaustedError(
        Concat("the system gives no descriptor: ", std::strerror(errno)));
  }
  try {
    thread_ = std::thread([run = std::move(run)] {
      sigset_t signals;
      sigemptyset(&signals);
      sigaddset(&signals, SIGPIPE);  // hiredis writes without MSG_NOSIGNAL.
      ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      run();
    });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(Concat("the system gives no thread: ", error.what()));
  }
  pthread_setname_np(thread_.native_handle(), name);
  return absl::OkStatus();
}

void WokenThread::End() noexcept {
  ending_.store(true);
  if (!thread_.joinable()) return;
  Wake();
  thread_.join();
}

void WokenThread::Wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

WokenThread::Ready WokenThread::Sleep(const RedisConnection* connection,
                                      std::chrono::milliseconds wait) noexcept {
  std::array<pollfd, 2> polled{};
  nfds_t count = 1;
  polled[0] = {descriptor_, POLLIN, 0};
  if (connection != nullptr) {
    const int events = POLLIN | (connection->wants_write() ? POLLOUT : 0);
    polled[count++] = {connection->descriptor(), static_cast<short>(events), 0};
  }
  ::poll(polled.data(), count, static_cast<int>(wait.count()));
  if ((polled[0].revents & POLLIN) != 0) {
    std::uint64_t woken = 0;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &woken, sizeof woken);
  }
  return {polled[1].revents != 0, (polled[1].revents & (POLLIN | POLLERR | POLLHUP)) != 0,
          (polled[1].revents & POLLOUT) != 0};
}

}  // namespace stile
