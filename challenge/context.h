#ifndef STILE_CHALLENGE_CONTEXT_H_
#define STILE_CHALLENGE_CONTEXT_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "challenge/hmac_key.h"
#include "challenge/return_path.h"
#include "challenge/token.h"

namespace stile {

// A decision on its way from one request to the next: the address of a challenge page, or the
// second hop of a proxy. Carries what was decided, so that nothing is evaluated twice.
struct Context {
  static constexpr std::size_t kFixedSize = 24;
  static constexpr std::size_t kMaxSize = kFixedSize + kMaxReturnPath + Tag::kSize;
  static constexpr std::size_t kMinTextSize = 55;
  static constexpr std::size_t kMaxTextSize = 1078;
  static constexpr std::uint16_t kNoRule = 65535;
  static constexpr std::uint32_t kMaxSeconds = 3600;

  std::uint8_t key_id = 0;
  std::uint8_t rank = 0;  // Demanded.
  std::uint32_t issued_at = 0;
  std::uint32_t expires_at = 0;
  std::uint32_t site_id = 0;
  std::uint8_t action = 0;   // An Action, by its number.
  std::uint8_t verdict = 0;  // A Verdict, by its number.
  std::uint8_t roams = 0;
  std::uint16_t rule = kNoRule;
  std::string_view return_path = "/";  // Borrowed, as in Challenge.
};

struct ContextText {
  std::array<char, Context::kMaxTextSize> characters{};
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const noexcept { return {characters.data(), size}; }
};

// Writes the text of `context` under `key` to `out`. A return path that doesn't fit its rules is
// replaced by "/".
void SealContext(const Context& context, const HmacKey& key, ContextText& out) noexcept;

// A context as a client or a proxy sent it: the same rules as for SealedClearance.
class SealedContext {
 public:
  [[nodiscard]] TokenShape Parse(std::string_view text) noexcept;

  [[nodiscard]] std::uint8_t claimed_key_id() const noexcept { return bytes_[2]; }
  [[nodiscard]] std::uint32_t claimed_issued_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_expires_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_site_id() const noexcept;

  // `out`'s return path borrows from this object.
  [[nodiscard]] bool Open(const HmacKey& key, Context& out) const noexcept;

 private:
  std::array<std::uint8_t, Context::kMaxSize> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_CONTEXT_H_
