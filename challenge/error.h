#ifndef STILE_CHALLENGE_ERROR_H_
#define STILE_CHALLENGE_ERROR_H_

#include <cstdint>
#include <string>
#include <vector>

namespace stile {

enum class ErrorCode : std::uint8_t {
  kInvalidArgument = 1,     // The input is wrong whatever the state.
  kOutOfRange = 2,          // A number or a length is outside its limits.
  kFailedPrecondition = 3,  // The input is fine, but something it needs is missing.
  kInternal = 4,            // The system failed: no randomness, no memory.
};

// What went wrong, where, and what to change.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string place;    // "keys.toml:3:8", the name of an option, or empty.
  std::string message;  // One sentence that says what to change. Holds no secret.
};

// Every mistake of one input at once, in the order of the input. Never empty where it is returned.
using Errors = std::vector<Error>;

// Returns `text` with every control byte replaced by '?': what a message may quote of a file.
[[nodiscard]] std::string Printable(std::string text);

// Returns "place: message", or just the message where there is no place.
[[nodiscard]] std::string ToString(const Error& error);

// Returns one line per error, without a newline at the end.
[[nodiscard]] std::string ToString(const Errors& errors);

}  // namespace stile

#endif  // STILE_CHALLENGE_ERROR_H_
