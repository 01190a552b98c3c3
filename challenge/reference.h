#ifndef STILE_CHALLENGE_REFERENCE_H_
#define STILE_CHALLENGE_REFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "challenge/hmac_key.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"

namespace stile {

// What one answer of Stile's was about: when, where and why. A visitor reads its text to the
// operator, who has `stile inspect` say what happened. Holds nothing about the visitor.
// docs/wire-format.md has the layout.
struct Reference {
  static constexpr std::uint16_t kNoRule = 65535;
  // The action of an answer that Stile gave because it could not do its own part.
  static constexpr std::uint8_t kUnavailable = 7;

  std::uint32_t issued_at = 0;  // Unix seconds.
  std::uint16_t node = 0;       // Which stiled it was, as configured.
  std::uint16_t site = 0;       // The upper 16 bits of the site id.
  std::uint8_t action = 0;      // An Action by its number, or kUnavailable; below 8.
  std::uint8_t verdict = 0;     // A Verdict, by its number; below 32.
  std::uint16_t rule = kNoRule;

  friend bool operator==(const Reference&, const Reference&) noexcept = default;
};

// 28 characters of Crockford's base32 in groups of four: "04N9-2V0M-...".
inline constexpr std::size_t kReferenceTextSize = 34;
using ReferenceText = std::array<char, kReferenceTextSize>;

// No spelling of a reference is longer: shorter than the text of any token. Characters.
inline constexpr std::size_t kMaxReferenceSpelling = 48;

// Returns the text of `reference` under `key`, which belongs to the purpose "reference", the site
// and the epoch of `issued_at`. Without a key (null) the tag is zero: the text still says what it
// says, and proves nothing. An action or verdict that is too great is cut to its lowest bits.
[[nodiscard]] ReferenceText SealReference(const Reference& reference, const HmacKey* key) noexcept;

// A reference as somebody wrote it down.
class SealedReference {
 public:
  // Reads any spelling: either case, with or without dashes and spaces, O for 0, I and L for 1.
  // Returns nullopt unless there are exactly 28 characters besides, of version 1.
  [[nodiscard]] static std::optional<SealedReference> Parse(std::string_view text) noexcept;

  // What it says, which anybody may have made up.
  [[nodiscard]] const Reference& claimed() const noexcept { return claimed_; }
  // True if it was made without a key.
  [[nodiscard]] bool is_unsigned() const noexcept { return tag_ == 0; }
  // True if it was made with `key`. One that is unsigned never was.
  [[nodiscard]] bool IsFrom(const HmacKey& key) const noexcept;
  // The one spelling that SealReference gives.
  [[nodiscard]] ReferenceText Spelling() const noexcept;

 private:
  SealedReference() = default;

  Reference claimed_;
  std::uint64_t tag_ = 0;  // 48 bits.
};

// True if a master that `keys` holds, and believes at `now`, made `sealed` for their site. A
// reference doesn't name its master, to stay short: each is tried. For operators; takes some
// microseconds.
[[nodiscard]] bool IsAuthentic(const SealedReference& sealed, const SiteKeys& keys,
                               UnixMillis now) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_REFERENCE_H_
