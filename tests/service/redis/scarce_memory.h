#ifndef STILE_TESTS_SERVICE_REDIS_SCARCE_MEMORY_H_
#define STILE_TESTS_SERVICE_REDIS_SCARCE_MEMORY_H_

namespace stile {

// While one exists, the threads of this name get no memory from operator new.
class ScarceMemory {
 public:
  explicit ScarceMemory(const char* thread_name);
  ~ScarceMemory();
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;
};

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_REDIS_SCARCE_MEMORY_H_
