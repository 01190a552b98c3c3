#ifndef STILE_VERIFIER_SPEND_STORE_H_
#define STILE_VERIFIER_SPEND_STORE_H_

#include <cstdint>

#include "challenge/spend_id.h"
#include "challenge/unix_millis.h"

namespace stile {

// What became of an attempt to use a token up. Only kFresh is a pass.
enum class SpendResult : std::uint8_t {
  kUnknown = 0,  // Nobody can say whether it was used: it may have been.
  kFresh = 1,    // It was unused, and is used up now, for good. Given once per token.
  kSpent = 2,    // It was used before.
};

// 128 bits made of a site's secret key, a token and what its backend calls an attempt; all zero:
// the backend gave no idempotency key.
struct IdempotencyId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] bool empty() const noexcept { return high == 0 && low == 0; }
  friend bool operator==(const IdempotencyId&, const IdempotencyId&) noexcept = default;
};

// One attempt to use a token up.
struct SpendQuestion {
  SpendId id;
  std::uint32_t expires_at = 0;  // Unix seconds: of the token, so when it may be forgotten.
  IdempotencyId idempotency;
};

// A default one refuses.
struct SpendAnswer {
  SpendResult result = SpendResult::kUnknown;
  // Only with kFresh: the attempt that used the token up had the same idempotency id, and this is
  // its verdict once more.
  bool repeated = false;
  // Only with kUnknown: the store could not be asked, or was too busy to tell, so the same question
  // may have an answer soon. Otherwise it has none for good: a token of another boot or epoch.
  bool passing = false;
};

// The number of one new token.
struct SpendGrant {
  SpendId id;
  std::uint32_t expires_at = 0;  // Unix seconds. Later than asked for while a clock was set back.
};

// Where the numbers of new tokens come from. Safe to use from many threads at once. Neither
// allocates, blocks, throws nor makes a system call.
class SpendNumbers {
 public:
  virtual ~SpendNumbers() = default;

  // Takes the next number, for a token that lives `seconds` from `now`. Returns false, with `out`
  // untouched, if there is none to give: all that can be remembered is taken by tokens that haven't
  // expired, or the store that must know of it isn't there. At most kMaxTokenSeconds.
  [[nodiscard]] virtual bool Issue(UnixMillis now, std::uint32_t seconds,
                                   SpendGrant& out) noexcept = 0;

  static constexpr std::uint32_t kMaxTokenSeconds = 3600;
};

// A store in memory, which has an answer at once. One that is elsewhere is asked by the service
// (service/spend_desk.h), which takes the same questions and gets the same answers later.
class SpendStore : public SpendNumbers {
 public:
  [[nodiscard]] virtual SpendAnswer Spend(const SpendQuestion& question,
                                          UnixMillis now) noexcept = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_SPEND_STORE_H_
