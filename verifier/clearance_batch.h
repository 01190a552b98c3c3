#ifndef STILE_VERIFIER_CLEARANCE_BATCH_H_
#define STILE_VERIFIER_CLEARANCE_BATCH_H_

#include <array>
#include <cstddef>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/key_ring.h"
#include "challenge/sha256_lanes.h"
#include "challenge/unix_millis.h"
#include "verifier/clearance_check.h"
#include "verifier/request.h"

namespace stile {

// Clearances whose MACs are computed side by side: those of requests that have one clearance in one
// Cookie field, of any sites. ClearanceCheck::Find puts them in; Settle finishes them. Some 3 KB,
// for the stack. Used by one thread.
class ClearanceBatch {
 public:
  static constexpr std::size_t kSize = kMaxSha256Lanes;

  ClearanceBatch() noexcept {}
  ClearanceBatch(const ClearanceBatch&) = delete;
  ClearanceBatch& operator=(const ClearanceBatch&) = delete;

  // Settles every finding that waits. A batch does so by itself when it is full.
  void Settle() noexcept;

 private:
  friend class ClearanceCheck;

  // One whose MAC is all that is missing. Written before it is read.
  struct Held {
    SealedClearance sealed;
    std::string_view text;
    const HmacKey* key;
    const SiteKeys* keys;
    const RevocationTable* revocations;
    const Request* request;
    ClearanceFinding* finding;
    UnixMillis now;
    bool expired;
  };

  std::array<Held, kSize> held_;
  std::size_t size_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_CLEARANCE_BATCH_H_
