#ifndef STILE_CHALLENGE_TOKEN_H_
#define STILE_CHALLENGE_TOKEN_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// What tokens have in common; docs/wire-format.md.
inline constexpr std::uint8_t kTokenVersion = 1;
inline constexpr std::int64_t kClockSkewSeconds = 60;

enum class TokenKind : std::uint8_t { kChallenge = 1, kClearance = 2, kContext = 3, kResponse = 4 };

// What a text looks like before anything in it is believed. kNone is never returned.
enum class TokenShape : std::uint8_t {
  kNone = 0,
  kWellFormed = 1,  // The right length, canonical, of this version and kind.
  kAbsent = 2,      // Empty.
  kMalformed = 3,   // Anything else.
  kUnsigned = 4,    // A clearance whose tag is missing.
};

}  // namespace stile

#endif  // STILE_CHALLENGE_TOKEN_H_
