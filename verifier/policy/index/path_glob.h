#ifndef STILE_VERIFIER_POLICY_INDEX_PATH_GLOB_H_
#define STILE_VERIFIER_POLICY_INDEX_PATH_GLOB_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace stile {

// Bounds the work that one glob can cause.
inline constexpr std::size_t kMaxPathPattern = 512;
inline constexpr std::size_t kMaxStars = 8;

// True if `text` is `pattern`, in which '*' stands for any bytes, also none and also '/', and '?'
// for any one byte. Takes at most pattern.size() * text.size() steps.
[[nodiscard]] bool MatchesGlob(std::string_view pattern, std::string_view text) noexcept;

// A pattern with wildcards elsewhere than in a '*' at its end. Immutable.
class PathGlob {
 public:
  explicit PathGlob(std::string pattern);

  // `path` begins with beginning(). Compares the end first, which is where most paths differ.
  [[nodiscard]] bool Matches(std::string_view path) const noexcept {
    return path.size() >= begin_ + end_ && path.ends_with(Ending()) &&
           MatchesGlob(Middle(), path.substr(begin_, path.size() - begin_ - end_));
  }
  // What stands before the first wildcard.
  [[nodiscard]] std::string_view beginning() const noexcept {
    return std::string_view(pattern_).substr(0, begin_);
  }
  [[nodiscard]] std::size_t Bytes() const noexcept { return sizeof(*this) + pattern_.capacity(); }

 private:
  [[nodiscard]] std::string_view Ending() const noexcept {
    return std::string_view(pattern_).substr(pattern_.size() - end_);
  }
  [[nodiscard]] std::string_view Middle() const noexcept {
    return std::string_view(pattern_).substr(begin_, pattern_.size() - begin_ - end_);
  }

  std::string pattern_;
  std::size_t begin_;  // Bytes before the first wildcard,
  std::size_t end_;    // and after the last.
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_PATH_GLOB_H_
