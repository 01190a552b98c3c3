#ifndef STILE_CHALLENGE_KEY_FILE_H_
#define STILE_CHALLENGE_KEY_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/key_ring.h"

namespace stile {

// Reads the master secrets of a deployment from TOML text:
//
//   [[key]]
//   id = 1
//   secret = "<base64url of 32 to 64 bytes>"
//   sign_from = 2026-01-01T00:00:00Z
//   verify_until = 2027-01-01T00:00:00Z     # Optional.
//
// `name` is the file's name, for the places of errors. Returns every mistake at once, each with
// name:line:column and what to change: text over 64 KiB (kOutOfRange, before it is parsed), TOML
// that doesn't parse, unknown or missing keys, wrong types, a secret that isn't base64url or has
// the wrong length, an id used twice, a verify_until not after its sign_from, no key at all
// (kInvalidArgument). No message quotes a secret. What concerns the ring as a whole is left to
// KeyRing::Create.
[[nodiscard]] tl::expected<std::vector<MasterKey>, Errors> ParseKeyFile(std::string_view text,
                                                                        std::string_view name);

// Returns the TOML of one new [[key]] entry with 32 random bytes; empty if the system gives no
// randomness. The text holds the secret.
[[nodiscard]] std::string FormatNewKey(std::uint8_t id, UnixMillis sign_from);

}  // namespace stile

#endif  // STILE_CHALLENGE_KEY_FILE_H_
