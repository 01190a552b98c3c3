#ifndef STILE_ENGINE_JSON_READER_H_
#define STILE_ENGINE_JSON_READER_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace stile {

// Reads one JSON text (RFC 8259) from its front, in one pass and without keeping any of it. After
// the first false nothing more can be read. Doesn't allocate.
class JsonReader {
 public:
  // How deeply what is skipped may be nested.
  static constexpr int kMaxDepth = 16;

  // Strings that hold escapes are decoded into the front of `scratch`, which is at least as long as
  // `text`; others are parts of `text`.
  JsonReader(std::string_view text, std::span<char> scratch) noexcept
      : left_(text), scratch_(scratch) {}

  // Skips white space. The first byte of what follows; '\0' at the end.
  [[nodiscard]] char Peek() noexcept;
  // Takes exactly `sign` behind white space.
  [[nodiscard]] bool Take(char sign) noexcept;
  [[nodiscard]] bool TakeString(std::string_view& value) noexcept;
  [[nodiscard]] bool SkipValue() noexcept { return SkipValue(0); }
  [[nodiscard]] bool AtEnd() noexcept { return Peek() == '\0' && left_.empty(); }

 private:
  [[nodiscard]] bool TakeEscape(std::size_t& size) noexcept;
  [[nodiscard]] bool TakeUnit(unsigned& unit) noexcept;
  [[nodiscard]] bool Put(char c, std::size_t& size) noexcept;
  [[nodiscard]] bool PutCodePoint(unsigned point, std::size_t& size) noexcept;
  [[nodiscard]] bool SkipValue(int depth) noexcept;
  [[nodiscard]] bool SkipScalar() noexcept;

  std::string_view left_;
  std::span<char> scratch_;
};

// Reads a text that is one object: calls `on_member(name, reader)` for each member, which takes the
// value and returns false if it can't. Returns false unless that was all there is.
template <typename OnMember>
[[nodiscard]] bool ReadJsonObject(std::string_view text, std::span<char> scratch,
                                  OnMember on_member) noexcept {
  JsonReader reader(text, scratch);
  if (!reader.Take('{')) return false;
  if (reader.Peek() == '}') return reader.Take('}') && reader.AtEnd();
  do {
    std::string_view name;
    if (!reader.TakeString(name) || !reader.Take(':') || !on_member(name, reader)) return false;
  } while (reader.Peek() == ',' && reader.Take(','));
  return reader.Take('}') && reader.AtEnd();
}

}  // namespace stile

#endif  // STILE_ENGINE_JSON_READER_H_
