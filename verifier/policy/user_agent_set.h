#ifndef STILE_VERIFIER_POLICY_USER_AGENT_SET_H_
#define STILE_VERIFIER_POLICY_USER_AGENT_SET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// How much of a user agent is searched; the user-agent class reads as much.
inline constexpr std::size_t kMaxUserAgent = 512;
inline constexpr std::size_t kMaxUserAgentPattern = 256;

// Which pairs of neighbouring bytes a user agent has. Made once per request, it spares nearly
// every search: a pattern can only occur where its pairs do.
class UserAgentPairs {
 public:
  explicit UserAgentPairs(std::string_view user_agent) noexcept;

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool Has(std::uint16_t pair) const noexcept { return seen_[pair] != 0; }

  [[nodiscard]] static std::uint16_t Pair(char first, char second) noexcept {
    return static_cast<std::uint16_t>(
        (static_cast<std::uint8_t>(first) << 5 ^ static_cast<std::uint8_t>(second)) & (kSize - 1));
  }

 private:
  static constexpr std::size_t kSize = 1024;

  std::string_view text_;
  std::array<std::uint8_t, kSize> seen_{};
};

// The user-agent patterns of one rule: substrings, compared byte for byte. Immutable.
class UserAgentSet {
 public:
  UserAgentSet() = default;
  explicit UserAgentSet(const std::vector<std::string>& patterns);

  [[nodiscard]] bool Matches(const UserAgentPairs& user_agent) const noexcept;

 private:
  // Where several pairs are looked up, they are the first, the middle and the last.
  struct Pattern {
    std::array<std::uint16_t, 3> pairs{};
    bool filtered = false;  // It has two bytes or more.
    std::string text;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_USER_AGENT_SET_H_
