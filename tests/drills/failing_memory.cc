// Preloaded into stiled: the memory that it asks for is refused when the file says so that
// FAILING_MEMORY names. It holds 64-bit numbers:
//   [0] how many more allocations succeed before one fails; negative: none fails
//   [1] how many fail then, one after the other
//   [2] allocations so far    [3] refused so far
//   [4] the smallest size that counts
//   [5] not 0: instead of a refusal the process ends, as if nobody had thought of it
//   [6] not 0: only those of the thread of this id count

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT
void* __libc_realloc(void* old, std::size_t size);               // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT
}

namespace {

using Number = std::atomic<std::int64_t>;
Number* numbers = nullptr;

__attribute__((constructor)) void Open() {
  const char* path = std::getenv("FAILING_MEMORY");
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* memory = ::mmap(nullptr, 7 * sizeof(Number), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory != MAP_FAILED) numbers = static_cast<Number*>(memory);
}

bool Refuses(std::size_t size) {
  if (numbers == nullptr || static_cast<std::int64_t>(size) < numbers[4].load()) return false;
  const std::int64_t thread = numbers[6].load();
  if (thread != 0 && thread != ::syscall(SYS_gettid)) return false;
  numbers[2].fetch_add(1);
  if (numbers[0].load() < 0) return false;
  const std::int64_t left = numbers[0].fetch_sub(1);
  if (left > 0) return false;
  if (numbers[1].load() <= 0) return false;
  if (numbers[1].fetch_sub(1) > 1) numbers[0].store(0);  // The next one fails as well.
  numbers[3].fetch_add(1);
  if (numbers[5].load() != 0) ::_exit(134);
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept { return Refuses(size) ? nullptr : __libc_malloc(size); }

void* calloc(std::size_t count, std::size_t size) noexcept {
  return Refuses(count * size) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) noexcept {
  return Refuses(size) ? nullptr : __libc_realloc(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return Refuses(size) ? nullptr : __libc_memalign(alignment, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return Refuses(size) ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  void* memory = Refuses(size) ? nullptr : __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

}  // extern "C"
