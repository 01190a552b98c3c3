// Preloaded into stiled: what it does to files below FAILING_DISK_UNDER goes wrong as the file says
// that FAILING_DISK names. Its 64-bit numbers: [0] the errno of write and ftruncate, [1] of opening
// for writing, rename and unlink, [2] of fsync, [3] milliseconds that an fsync takes, [4] of
// reading, [5] milliseconds that every send takes, as if the loops waited for a disk. 0: nothing is
// wrong. [6] counts what was refused or delayed.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

using Number = std::atomic<std::int64_t>;
enum Fault { kWrite, kOpen, kSync, kSyncMs, kRead, kSendMs, kCount, kFaults };
Number* numbers = nullptr;
const char* under = nullptr;

__attribute__((constructor)) void Open() {
  const char* path = std::getenv("FAILING_DISK");
  under = std::getenv("FAILING_DISK_UNDER");
  const int file = path == nullptr || under == nullptr
                       ? -1
                       : static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR));
  if (file < 0) return;
  void* memory =
      ::mmap(nullptr, kFaults * sizeof(Number), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::syscall(SYS_close, file);
  if (memory != MAP_FAILED) numbers = static_cast<Number*>(memory);
}

std::int64_t Get(Fault fault) { return numbers == nullptr ? 0 : numbers[fault].load(); }

bool IsBelow(const char* path) { return std::strncmp(path, under, std::strlen(under)) == 0; }

bool IsBelow(int fd) {
  char name[64], path[4096];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(name, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return IsBelow(path);
}

void Sleep(std::int64_t ms) {
  numbers[kCount].fetch_add(1);
  timespec time = {ms / 1000, ms % 1000 * 1'000'000};
  ::nanosleep(&time, nullptr);
}

template <typename Place>
bool Fails(Fault fault, Place place) {
  const std::int64_t error = Get(fault);
  if (error == 0 || !IsBelow(place)) return false;
  numbers[kCount].fetch_add(1);
  errno = static_cast<int>(error);
  return true;
}

int OpenAt(int folder, const char* path, int flags, mode_t mode) {
  if ((flags & (O_WRONLY | O_RDWR)) != 0 && Fails(kOpen, path)) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

mode_t ModeOf(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = ModeOf(flags, list);
  va_end(list);
  return OpenAt(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = ModeOf(flags, list);
  va_end(list);
  return OpenAt(AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (Get(kWrite) != 0 && Fails(kWrite, fd)) return -1;
  return ::syscall(SYS_write, fd, data, size);
}

ssize_t read(int fd, void* data, size_t size) {
  if (Get(kRead) != 0 && Fails(kRead, fd)) return -1;
  return ::syscall(SYS_read, fd, data, size);
}

int ftruncate(int fd, off_t size) noexcept {
  if (Get(kWrite) != 0 && Fails(kWrite, fd)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int rename(const char* from, const char* to) noexcept {
  if (Get(kOpen) != 0 && Fails(kOpen, to)) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int fsync(int fd) {
  if (Get(kSyncMs) != 0 && IsBelow(fd)) Sleep(Get(kSyncMs));
  if (Get(kSync) != 0 && Fails(kSync, fd)) return -1;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  if (Get(kSendMs) != 0) Sleep(Get(kSendMs));
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (Get(kSendMs) != 0) Sleep(Get(kSendMs));
  return ::syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  if (Get(kSendMs) != 0) Sleep(Get(kSendMs));
  return ::syscall(SYS_writev, fd, parts, count);
}

}  // extern "C"
