#ifndef STILE_SERVICE_BYTE_BUFFER_H_
#define STILE_SERVICE_BYTE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "service/block_stock.h"

namespace stile {

// Bytes on their way through: written at the end, consumed from the front. Keeps its memory until
// Release, and what is small comes from the thread's BlockStock, so that a connection in use
// allocates nothing. Any call that makes room may move the bytes.
class ByteBuffer {
 public:
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] char* data() noexcept { return memory_.get() + begin_; }
  [[nodiscard]] std::span<const char> bytes() const noexcept {
    return {memory_.get() + begin_, size()};
  }
  [[nodiscard]] std::string_view view() const noexcept { return {memory_.get() + begin_, size()}; }

  // Room for at least `wanted` bytes behind the last one; Commit says how many were written.
  [[nodiscard]] std::span<char> Room(std::size_t wanted) {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ - end_ < wanted) MakeRoom(wanted);
    return {memory_.get() + end_, capacity_ - end_};
  }
  void Commit(std::size_t written) noexcept { end_ += written; }

  void Append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Room(text.size()).data(), text.data(), text.size());
    end_ += text.size();
  }

  void Consume(std::size_t count) noexcept { begin_ += count; }
  // Drops what lies behind the first `count` bytes.
  void Truncate(std::size_t count) noexcept { end_ = begin_ + count; }
  // Makes everything consumed since the last Append or Room unconsumed again.
  void Rewind() noexcept { begin_ = 0; }
  void Clear() noexcept { begin_ = end_ = 0; }

  // Gives the memory back if nothing is in it and it is larger than `kept`.
  void Release(std::size_t kept) noexcept {
    if (!empty() || capacity_ <= kept) return;
    if (capacity_ == BlockStock::kBlock) BlockStock::Mine().Give(std::move(memory_));
    memory_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  void MakeRoom(std::size_t wanted) {
    const std::size_t held = size();
    if (capacity_ - held >= wanted) {
      std::memmove(memory_.get(), memory_.get() + begin_, held);
    } else {
      const std::size_t capacity = std::max({held + wanted, capacity_ * 2, BlockStock::kBlock});
      auto memory = capacity == BlockStock::kBlock
                        ? BlockStock::Mine().Take()
                        : std::make_unique_for_overwrite<char[]>(capacity);
      if (held != 0) std::memcpy(memory.get(), memory_.get() + begin_, held);
      memory_ = std::move(memory);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_BYTE_BUFFER_H_
