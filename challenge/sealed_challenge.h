#ifndef STILE_CHALLENGE_SEALED_CHALLENGE_H_
#define STILE_CHALLENGE_SEALED_CHALLENGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "challenge/alternative.h"
#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/return_path.h"
#include "challenge/token.h"
#include "challenge/unix_millis.h"

namespace stile {

inline constexpr std::int64_t kMaxChallengeSeconds = 3'600;

// What a challenge says, once its MAC has been checked or before it is sealed.
struct Challenge {
  static constexpr std::size_t kFixedSize = 54;
  static constexpr std::size_t kAlternativeSize = 16;
  static constexpr std::size_t kMaxSize =
      kFixedSize + kMaxAlternatives * kAlternativeSize + 2 + kMaxReturnPath + Tag::kSize;
  static constexpr std::size_t kMinTextSize = 119;
  static constexpr std::size_t kMaxTextSize = 1206;

  std::uint8_t key_id = 0;
  TokenId id{};
  UnixMillis issued_at;
  std::uint32_t expires_at = 0;  // Unix seconds.
  std::uint32_t site_id = 0;
  Binding binding;
  std::uint8_t mint_key_id = 0;  // The master that signs the clearance.
  std::uint8_t roams = 0;
  std::uint8_t alternative_count = 0;  // 1 to 4.
  std::array<Alternative, kMaxAlternatives> alternatives{};
  // Where to go after redeeming. Borrowed: from the caller when sealing, from the
  // SealedChallenge when opened.
  std::string_view return_path = "/";

  // The rank of the level that was asked: whatever is offered beside earns that or less.
  [[nodiscard]] std::uint8_t LevelRank() const noexcept {
    std::uint8_t rank = 0;
    for (std::size_t i = 0; i < alternative_count && i < kMaxAlternatives; ++i) {
      if (alternatives[i].rank > rank) rank = alternatives[i].rank;
    }
    return rank;
  }
};

// The text of one challenge, in place: no allocation.
struct ChallengeText {
  std::array<char, Challenge::kMaxTextSize> characters{};
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const noexcept { return {characters.data(), size}; }
};

// Writes the text of `challenge` under `key` to `out`. Returns false, and leaves `out` empty, if a
// field is outside the limits of docs/wire-format.md. A return path that doesn't fit its rules is
// replaced by "/".
[[nodiscard]] bool SealChallenge(const Challenge& challenge, const HmacKey& key,
                                 ChallengeText& out) noexcept;

// A challenge as a client sent it back: the same rules as for SealedClearance.
class SealedChallenge {
 public:
  // Reads at most 1,206 characters, and checks every length against the text's own.
  [[nodiscard]] TokenShape Parse(std::string_view text) noexcept;

  [[nodiscard]] std::uint8_t claimed_key_id() const noexcept { return bytes_[2]; }
  [[nodiscard]] std::uint8_t claimed_mint_key_id() const noexcept { return bytes_[51]; }
  [[nodiscard]] UnixMillis claimed_issued_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_expires_at() const noexcept;
  [[nodiscard]] std::uint32_t claimed_site_id() const noexcept;
  [[nodiscard]] std::uint8_t claimed_alternative_count() const noexcept { return bytes_[3]; }
  // `index` is below claimed_alternative_count().
  [[nodiscard]] Alternative claimed_alternative(std::size_t index) const noexcept;

  // The last 16 bytes: part of the puzzle, public.
  [[nodiscard]] Tag tag() const noexcept;
  [[nodiscard]] TokenId claimed_id() const noexcept;

  // Checks the MAC under `key`. Writes the contents to `out`, whose return path then borrows from
  // this object, and returns true only if it is right. `order_secret`, if not null, receives 16
  // bytes that only holders of the key know: they decide the order in which parts are checked.
  [[nodiscard]] bool Open(const HmacKey& key, Challenge& out,
                          std::array<std::uint8_t, 16>* order_secret = nullptr) const noexcept;

 private:
  std::array<std::uint8_t, Challenge::kMaxSize> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_SEALED_CHALLENGE_H_
