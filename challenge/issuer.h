#ifndef STILE_CHALLENGE_ISSUER_H_
#define STILE_CHALLENGE_ISSUER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/alternative.h"
#include "challenge/binding.h"
#include "challenge/entropy.h"
#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/sealed_challenge.h"
#include "challenge/unix_millis.h"

namespace stile {

// Why a challenge could not be issued; kNone is success and the only value that comes with a text.
enum class IssueFailure : std::uint8_t {
  kNone = 0,
  kNoSigningKey = 1,     // No master may sign at this time, or the ring's horizon has passed.
  kNoEntropy = 2,        // The system gives no randomness.
  kBadAlternatives = 3,  // None, more than 4, or one outside its limits.
};

// Mints challenges. Remembers nothing about what it minted: all that a verifier needs later is
// sealed inside the challenge. Immutable once created; safe to share between threads.
class Issuer {
 public:
  // Returns kOutOfRange if `lifetime` is not in [10 s, 1 h].
  [[nodiscard]] static tl::expected<Issuer, Error> Create(std::shared_ptr<const SiteKeys> keys,
                                                          std::chrono::seconds lifetime);

  struct Order {
    Binding binding;
    std::span<const Alternative> alternatives;  // 1 to 4, in the order that solutions name them.
    std::string_view return_path;               // Replaced by "/" if it may not be one.
    std::uint8_t roams = 0;
  };

  // Writes a fresh challenge that expires at `now` + lifetime to `out`. About 1 us. Does not
  // allocate, block, log, throw or read a clock.
  [[nodiscard]] IssueFailure Issue(const Order& order, UnixMillis now, Entropy& entropy,
                                   ChallengeText& out) const noexcept;

  [[nodiscard]] std::chrono::seconds lifetime() const noexcept { return lifetime_; }

 private:
  Issuer(std::shared_ptr<const SiteKeys> keys, std::chrono::seconds lifetime)
      : keys_(std::move(keys)), lifetime_(lifetime) {}

  std::shared_ptr<const SiteKeys> keys_;
  std::chrono::seconds lifetime_;
};

// Returns the clearance that solving alternative `index` of `challenge` earns: a function of the
// challenge alone, so that redeeming again gives the same bytes. `index` is below the
// challenge's alternative_count.
[[nodiscard]] Clearance EarnedClearance(const Challenge& challenge, std::size_t index) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_ISSUER_H_
