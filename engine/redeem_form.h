#ifndef STILE_ENGINE_REDEEM_FORM_H_
#define STILE_ENGINE_REDEEM_FORM_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

// How a redeem body is written.
enum class RedeemEncoding : std::uint8_t {
  kNone = 0,  // A media type that isn't taken.
  kForm = 1,  // application/x-www-form-urlencoded
  kJson = 2,  // application/json
};

// The encoding that a Content-Type field names. Parameters don't matter.
[[nodiscard]] RedeemEncoding RedeemEncodingOf(std::string_view content_type) noexcept;

// What a client redeems, as it was sent: nothing about it is checked yet.
struct RedeemForm {
  std::string_view challenge;
  std::string_view solution;
};

// Reads `body` into `out`, whose views borrow from `body` or from `scratch`. Returns false, with
// `out` unspecified, unless the body holds the fields `challenge` and `solution` once each and
// nothing else. Strict in both encodings: a percent sign needs two hex digits, JSON must be one
// object of two strings, and neither a string nor a name may hold an escape, since no character of
// a token needs one. `scratch` is at least as long as `body`. Linear; doesn't allocate.
[[nodiscard]] bool DecodeRedeemForm(RedeemEncoding encoding, std::string_view body,
                                    std::span<char> scratch, RedeemForm& out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_REDEEM_FORM_H_
