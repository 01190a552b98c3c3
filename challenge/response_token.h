#ifndef STILE_CHALLENGE_RESPONSE_TOKEN_H_
#define STILE_CHALLENGE_RESPONSE_TOKEN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/spend_id.h"
#include "challenge/token.h"

namespace stile {

inline constexpr std::size_t kMaxAction = 32;
inline constexpr std::size_t kMaxTokenHost = 253;

// True for what a page may call an action: at most 32 bytes of letters, digits, '_' and '-'. Empty
// is one too.
[[nodiscard]] bool IsAction(std::string_view action) noexcept;

// True for a host as response tokens name it: 1 to 253 bytes of lower-case letters, digits, '-',
// '.', '_', ':', '[' and ']'.
[[nodiscard]] bool IsTokenHost(std::string_view host) noexcept;

// What a clearance buys for a site's own backend, to be used once: docs/wire-format.md. Times are
// whole Unix seconds.
struct ResponseToken {
  static constexpr std::size_t kFixedSize = 60;
  static constexpr std::size_t kMaxSize = kFixedSize + kMaxAction + kMaxTokenHost + Tag::kSize;
  static constexpr std::size_t kMinTextSize = 103;
  static constexpr std::size_t kMaxTextSize = 482;

  std::uint8_t key_id = 0;
  std::uint8_t rank = 0;  // Of the clearance.
  TokenId id{};           // Random: no two tokens have the same.
  std::uint32_t issued_at = 0;
  std::uint32_t expires_at = 0;
  std::uint32_t site_id = 0;
  std::uint32_t cleared_at = 0;  // When the clearance was issued.
  SpendId spend;                 // What it is used up by.
  std::string_view action;       // Borrowed, as the next.
  std::string_view host;         // Where it was bought.
};

struct ResponseTokenText {
  std::array<char, ResponseToken::kMaxTextSize> characters{};
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const noexcept { return {characters.data(), size}; }
};

// The keys of one token: of the purposes kResponse and kSpend, of its master, site and epoch.
struct ResponseKeys {
  const HmacKey& response;
  const HmacKey& spend;
};

// Writes the text of `token` to `out`. Returns false, with nothing in `out`, if its action or host
// isn't one.
[[nodiscard]] bool SealResponseToken(const ResponseToken& token, const ResponseKeys& keys,
                                     ResponseTokenText& out) noexcept;

// 16 bytes that stand for one attempt to use up the token `id`, as its site's backend calls it.
// Nobody can find two that agree. `attempt` is at most kMaxAttempt bytes; what follows isn't read.
inline constexpr std::size_t kMaxAttempt = 128;
[[nodiscard]] Tag AttemptTag(const HmacKey& spend_key, const TokenId& id,
                             std::string_view attempt) noexcept;

// A response token as a backend passed it on: the same rules as for SealedClearance.
class SealedResponseToken {
 public:
  // Reads at most 482 characters.
  [[nodiscard]] TokenShape Parse(std::string_view text) noexcept;

  [[nodiscard]] std::uint8_t claimed_key_id() const noexcept { return bytes_[2]; }
  [[nodiscard]] std::uint32_t claimed_issued_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_expires_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_site_id() const noexcept;

  // Checks the MAC. Writes the contents to `out`, whose action and host borrow from this object,
  // and returns true only if it is right.
  [[nodiscard]] bool Open(const ResponseKeys& keys, ResponseToken& out) const noexcept;

 private:
  std::array<std::uint8_t, ResponseToken::kMaxSize> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_RESPONSE_TOKEN_H_
