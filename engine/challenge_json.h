#ifndef STILE_ENGINE_CHALLENGE_JSON_H_
#define STILE_ENGINE_CHALLENGE_JSON_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/alternative.h"
#include "verifier/policy/policy.h"

namespace stile {

// The JSON documents that programs get. Each function writes to `out` and
// returns what it wrote, which is empty if it doesn't fit.

// No answer to a gated request is longer. Bytes.
inline constexpr std::size_t kMaxGatedJson = 512;

// {"challenge":"<token>","alternatives":[{"puzzle":"sha256","effort":N,"parts":K,"level":"light",
// "lifetime":S}, ...],"expires_at":<unix s>,"redeem":"/.stile/redeem"}. A wait's effort is in
// milliseconds, as in the token, and it has "seconds" as well.
[[nodiscard]] std::string_view WriteChallengeJson(std::string_view token,
                                                  std::span<const Alternative> alternatives,
                                                  const Policy& policy, std::uint32_t expires_at,
                                                  std::string_view prefix,
                                                  std::span<char> out) noexcept;

// {"error":"challenge","level":"light","challenge":"/.stile/challenge?c=...","reference":"..."}, at
// most kMaxGatedJson bytes. A level's name that leaves no room is left out.
[[nodiscard]] std::string_view WriteGatedJson(std::string_view level, std::string_view address,
                                              std::string_view reference,
                                              std::span<char> out) noexcept;

// {"error":"denied","reference":"..."}, with whatever stands in `head`, which opens the object and
// is a constant.
[[nodiscard]] std::string_view WriteRefusedJson(std::string_view head, std::string_view reference,
                                                std::span<char> out) noexcept;

// {"cleared":true,"level":"light","expires_at":<unix s>,"return_path":"/"}
[[nodiscard]] std::string_view WriteClearedJson(std::string_view level, std::int64_t expires_at,
                                                std::string_view return_path,
                                                std::span<char> out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_CHALLENGE_JSON_H_
