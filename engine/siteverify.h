#ifndef STILE_ENGINE_SITEVERIFY_H_
#define STILE_ENGINE_SITEVERIFY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "challenge/response_token.h"
#include "verifier/spend_store.h"

namespace stile {

// Why a backend is told no. The names are those that clients of Turnstile know.
enum class SiteverifyError : std::uint8_t {
  kNone = 0,
  kMissingSecret = 1,
  kInvalidSecret = 2,
  kMissingResponse = 3,
  kInvalidResponse = 4,     // Not a token, not ours, or another site's.
  kBadRequest = 5,          // The request can't be read.
  kTimeoutOrDuplicate = 6,  // Expired, used before, or nobody can say any more.
  kInternal = 7,            // Ours; ask again.
};
inline constexpr std::size_t kSiteverifyErrorCount = 8;

// "missing-input-secret" and so on.
[[nodiscard]] std::string_view SiteverifyErrorName(SiteverifyError error) noexcept;

// What a backend asked, judged as far as that goes without the store of spends: refused already, or
// one question to it. Holds no view, so that it may wait for the store's answer.
struct SiteverifyQuestion {
  // kNone: ask the store. A secret and a response that are both missing are two errors.
  SiteverifyError error = SiteverifyError::kInternal;
  SiteverifyError second_error = SiteverifyError::kNone;
  SpendQuestion spend;

  // What the token says.
  std::uint8_t rank = 0;
  std::uint32_t issued_at = 0;
  std::uint32_t cleared_at = 0;
  std::uint8_t action_size = 0;
  std::uint8_t host_size = 0;
  std::array<char, kMaxAction> action_space{};
  std::array<char, kMaxTokenHost> host_space{};

  [[nodiscard]] bool AsksStore() const noexcept { return error == SiteverifyError::kNone; }
  [[nodiscard]] std::string_view action() const noexcept {
    return {action_space.data(), action_size};
  }
  [[nodiscard]] std::string_view host() const noexcept { return {host_space.data(), host_size}; }
};

}  // namespace stile

#endif  // STILE_ENGINE_SITEVERIFY_H_
