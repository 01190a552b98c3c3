#ifndef STILE_VERIFIER_POLICY_LITERAL_SET_H_
#define STILE_VERIFIER_POLICY_LITERAL_SET_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// A set of whole texts and of beginnings of texts. Finds a match among n of them with two binary
// searches. Immutable.
class LiteralSet {
 public:
  LiteralSet() = default;
  LiteralSet(std::vector<std::string> whole, std::vector<std::string> beginnings);

  // True if `text` is one of the whole texts or begins with one of the beginnings.
  [[nodiscard]] bool Matches(std::string_view text) const noexcept;

 private:
  static constexpr std::size_t kFew = 4;

  [[nodiscard]] bool Search(std::string_view text) const noexcept;

  std::vector<std::string> whole_;       // Sorted.
  std::vector<std::string> beginnings_;  // Sorted; none begins with another.
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_LITERAL_SET_H_
