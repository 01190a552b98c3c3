#ifndef STILE_CHALLENGE_CLEARANCE_H_
#define STILE_CHALLENGE_CLEARANCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/alternative.h"
#include "challenge/binding.h"
#include "challenge/hmac_key.h"
#include "challenge/token.h"

namespace stile {

using TokenId = std::array<std::uint8_t, 16>;

// The signed credential that a solution earns, once its MAC has been checked or before it is
// signed. Times are whole Unix seconds.
struct Clearance {
  static constexpr std::size_t kBodySize = 53;
  static constexpr std::size_t kSize = kBodySize + Tag::kSize;
  static constexpr std::size_t kTextSize = 92;

  std::uint8_t key_id = 0;
  TokenId id{};
  std::uint32_t issued_at = 0;
  std::uint32_t expires_at = 0;
  std::uint32_t site_id = 0;
  std::uint8_t rank = 0;
  Puzzle puzzle = Puzzle::kNone;
  std::uint8_t effort_log2 = 0;
  std::uint8_t budget_class = 0;
  std::uint8_t roams = 0;
  Binding binding;

  friend bool operator==(const Clearance&, const Clearance&) noexcept = default;
};

using ClearanceText = std::array<char, Clearance::kTextSize>;

// Returns the text of `clearance` under `key`, which belongs to its purpose, key id, site and
// epoch. The same input gives the same bytes.
[[nodiscard]] ClearanceText SealClearance(const Clearance& clearance, const HmacKey& key) noexcept;

// A clearance as a client sent it. What it claims may refuse it or select a key slot, and nothing
// else, until Open has believed it.
class SealedClearance {
 public:
  // Decodes `text` into this object. Returns its shape; on anything but kWellFormed the claims
  // mean nothing. Reads at most 92 characters.
  [[nodiscard]] TokenShape Parse(std::string_view text) noexcept;

  [[nodiscard]] std::uint8_t claimed_key_id() const noexcept { return block_[2]; }
  [[nodiscard]] std::uint32_t claimed_issued_at() const noexcept { return Word(20); }
  [[nodiscard]] std::uint32_t claimed_expires_at() const noexcept { return Word(24); }
  [[nodiscard]] std::uint32_t claimed_site_id() const noexcept { return Word(28); }

  // Checks the MAC under `key`. Writes the contents to `out` and returns true only if it is
  // right.
  [[nodiscard]] bool Open(const HmacKey& key, Clearance& out) const noexcept;

  // The same, and if the MAC is right writes whether the client's user agent is one that the
  // clearance is bound to, or that it is bound to none, to `user_agent_matches`. Costs less than to
  // ask the binding later.
  [[nodiscard]] bool Open(const HmacKey& key, std::string_view user_agent, Clearance& out,
                          bool& user_agent_matches) const noexcept;

  // Open for many at once, side by side: sets `authentic` of each, and writes its contents to `out`
  // only if its MAC is right. At most kMaxSha256Lanes.
  struct Opening {
    const SealedClearance* sealed;
    const HmacKey* key;
    Clearance* out;
    bool authentic;
  };
  static void OpenEach(std::span<Opening> openings) noexcept;

 private:
  [[nodiscard]] std::uint32_t Word(std::size_t at) const noexcept {
    const std::uint8_t* p = block_.data() + at;
    return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
           static_cast<std::uint32_t>(p[2]) << 8 | p[3];
  }
  void CopyTo(Clearance& out) const noexcept;

  // The body, padded for the MAC. Not cleared before Parse.
  alignas(16) std::array<std::uint8_t, kSha256Block> block_;
  Tag tag_{};
};

}  // namespace stile

#endif  // STILE_CHALLENGE_CLEARANCE_H_
