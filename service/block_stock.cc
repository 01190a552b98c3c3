#include "service/block_stock.h"

#include <utility>

namespace stile {

bool BlockStock::Keeps() noexcept {
#if defined(__SANITIZE_ADDRESS__)
  return false;
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return false;
#endif
#endif
  return true;
}

BlockStock& BlockStock::Mine() noexcept {
  thread_local BlockStock stock;
  return stock;
}

std::unique_ptr<char[]> BlockStock::Take() {
  if (size_ == 0) return std::make_unique_for_overwrite<char[]>(kBlock);
  return std::move(blocks_[--size_]);
}

void BlockStock::Give(std::unique_ptr<char[]> block) noexcept {
  if (Keeps() && size_ < kMost) blocks_[size_++] = std::move(block);
}

}  // namespace stile
