#ifndef STILE_ENGINE_BOUNDED_TEXT_H_
#define STILE_ENGINE_BOUNDED_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

// Text written piece by piece into a buffer that someone else owns. A piece that doesn't fit is
// left out whole, and with it all that follows; `complete` then is false. Doesn't allocate.
class BoundedText {
 public:
  explicit BoundedText(std::span<char> out) noexcept : out_(out) {}

  BoundedText& Add(std::string_view piece) noexcept;
  BoundedText& AddNumber(std::uint64_t number) noexcept;
  // A JSON string (RFC 8259 section 7) with its quotes. `<`, `>` and `&` are escaped as well as
  // what must be, so that nothing that mistakes the text for HTML finds a tag in it. Bytes over
  // 0x7F stay: what is written here is UTF-8 from the configuration.
  BoundedText& AddJson(std::string_view text) noexcept;

  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] std::string_view view() const noexcept { return {out_.data(), size_}; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool complete_ = true;
};

}  // namespace stile

#endif  // STILE_ENGINE_BOUNDED_TEXT_H_
