#ifndef STILE_SERVICE_BLOCK_STOCK_H_
#define STILE_SERVICE_BLOCK_STOCK_H_

#include <array>
#include <cstddef>
#include <memory>

namespace stile {

// Blocks of memory of one size that a thread's connections hand to each other: whoever has nothing
// to say holds none. The last one given comes first, since it is still in the cache. A thread's
// stock is its own.
class BlockStock {
 public:
  static constexpr std::size_t kBlock = 4 * 1024;  // Bytes.
  static constexpr std::size_t kMost = 64;         // Blocks that a thread keeps; others are freed.
  // Under AddressSanitizer every block is freed, so that whoever still looks at one is caught.
  [[nodiscard]] static bool Keeps() noexcept;

  // The calling thread's.
  [[nodiscard]] static BlockStock& Mine() noexcept;

  // A block, its bytes as they may be. Throws std::bad_alloc where there is none.
  [[nodiscard]] std::unique_ptr<char[]> Take();
  void Give(std::unique_ptr<char[]> block) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::array<std::unique_ptr<char[]>, kMost> blocks_;
  std::size_t size_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_BLOCK_STOCK_H_
