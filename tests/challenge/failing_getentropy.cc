#include "tests/challenge/failing_getentropy.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {
std::atomic<bool> is_failing{false};
std::atomic<int> calls{0};
}  // namespace

extern "C" int getentropy(void* buffer, size_t length) {
  ++calls;
  if (is_failing) {
    errno = ENOSYS;
    return -1;
  }
  return syscall(SYS_getrandom, buffer, length, 0) == static_cast<long>(length) ? 0 : -1;
}

namespace stile {

FailingGetentropy::FailingGetentropy() { is_failing = true; }
FailingGetentropy::~FailingGetentropy() { is_failing = false; }

int GetentropyCalls() { return calls; }

}  // namespace stile
