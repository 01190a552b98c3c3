#ifndef STILE_SERVICE_HANDLER_MEMORY_H_
#define STILE_SERVICE_HANDLER_MEMORY_H_

#include <cstddef>
#include <new>

namespace stile {

// Where the one pending operation of a kind on a connection lives while it is pending, so that
// Asio allocates nothing for it. Must outlive the operation: its handler keeps the connection.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  [[nodiscard]] void* Allocate(std::size_t size) {
    if (in_use_ || size > sizeof(storage_)) return ::operator new(size);
    in_use_ = true;
    return storage_;
  }
  void Deallocate(void* pointer) noexcept {
    if (pointer == storage_) {
      in_use_ = false;
    } else {
      ::operator delete(pointer);
    }
  }

 private:
  alignas(std::max_align_t) unsigned char storage_[192];
  bool in_use_ = false;
};

// The allocator of a handler whose operation is to live in a HandlerMemory.
template <typename T>
class HandlerAllocator {
 public:
  using value_type = T;

  explicit HandlerAllocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
  template <typename U>
  HandlerAllocator(const HandlerAllocator<U>& other) noexcept  // NOLINT: converts, as it must.
      : memory_(other.memory_) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return static_cast<T*>(memory_->Allocate(count * sizeof(T)));
  }
  void deallocate(T* pointer, std::size_t) noexcept { memory_->Deallocate(pointer); }

  template <typename U>
  bool operator==(const HandlerAllocator<U>& other) const noexcept {
    return memory_ == other.memory_;
  }

 private:
  template <typename>
  friend class HandlerAllocator;
  HandlerMemory* memory_;
};

}  // namespace stile

#endif  // STILE_SERVICE_HANDLER_MEMORY_H_
