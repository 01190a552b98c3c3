#ifndef STILE_VERIFIER_POLICY_TEXT_JSON_SCANNER_H_
#define STILE_VERIFIER_POLICY_TEXT_JSON_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stile {

// Reads JSON (RFC 8259) from front to back, one value after the other, and keeps nothing of it.
// Every call that returns false has failed for good: problem() and offset() say why and where.
class JsonScanner {
 public:
  // How deeply the values of a text may be nested.
  static constexpr std::size_t kMaxDepth = 32;

  // A string of the text. `text` lives until the next call, unless it is not escaped: then it is
  // a part of the text.
  struct String {
    std::string_view text;
    std::size_t offset = 0;  // Of its first quote.
  };

  // Begins at `begin`. `text` must outlive the scanner.
  explicit JsonScanner(std::string_view text, std::size_t begin = 0) : text_(text), at_(begin) {}

  // The first byte of the next value or sign, skipping spaces; '\0' at the end.
  [[nodiscard]] char Peek() noexcept;
  // Of what Peek returns, or of what is wrong.
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }

  // Takes `sign`, one of "{}[],:".
  [[nodiscard]] bool Take(char sign);
  [[nodiscard]] bool TakeString(String& string);
  // Takes any value, whatever is in it.
  [[nodiscard]] bool SkipValue();
  // True if nothing but space is left.
  [[nodiscard]] bool TakeEnd();

  // Takes an object and calls `on_member(name)` for each of its members, which takes the value.
  template <typename OnMember>
  [[nodiscard]] bool TakeObject(OnMember on_member) {
    if (!Take('{')) return false;
    if (Peek() == '}') return Take('}');
    for (;;) {
      String name;
      if (!TakeString(name) || !Take(':') || !on_member(name)) return false;
      if (Peek() == '}') return Take('}');
      if (!Take(',')) return false;
    }
  }
  // Takes an array and calls `on_element()` for each element, which takes it.
  template <typename OnElement>
  [[nodiscard]] bool TakeArray(OnElement on_element) {
    if (!Take('[')) return false;
    if (Peek() == ']') return Take(']');
    for (;;) {
      if (!on_element()) return false;
      if (Peek() == ']') return Take(']');
      if (!Take(',')) return false;
    }
  }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  bool Fail(std::string problem);
  bool TakeEscape();
  bool TakeNumber();
  bool TakeScalar();
  bool TakeDigits();

  std::string_view text_;
  std::size_t at_;
  std::string unescaped_;
  std::string problem_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_JSON_SCANNER_H_
