#ifndef STILE_VERIFIER_CLEARANCE_CHECK_H_
#define STILE_VERIFIER_CLEARANCE_CHECK_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "verifier/request.h"
#include "verifier/tables/revocation_table.h"
#include "verifier/verdict.h"

namespace stile {

class ClearanceBatch;

// How long after its expiry an authentic clearance still carries unsafe methods.
inline constexpr std::int64_t kFormGraceSeconds = 600;

// What is known about a request's clearances. A default one refuses.
struct ClearanceFinding {
  Verdict verdict = Verdict::kNone;
  // The contents, if the MAC was right (kValid, kRevoked, kWrongClient, and kExpired with
  // `authentic`, which is looked at for kFormGraceSeconds only).
  Clearance clearance;
  // The MAC was right. Only then may anything but the verdict be used.
  bool authentic = false;
  // kExpired, authentic, bound to this client, not revoked, and within the grace for unsafe
  // methods.
  bool in_grace = false;
  // What the next challenge seals: how often this client's authentic clearances were met
  // elsewhere. One more than in the clearance if it is kWrongClient, up to 255; but a clearance of
  // the other address family is no sign of roaming. 0 unless authentic.
  std::uint8_t roams = 0;
  // A second token worth keeping when a new one is set: text of an authentic, unexpired clearance
  // of the other address family, whose user agent matches. Borrowed from the Cookie field; empty
  // if there is none.
  std::string_view other_family;

  friend bool operator==(const ClearanceFinding&, const ClearanceFinding&) noexcept = default;
};

// Judges clearances on the request path. Immutable; safe to share between threads.
class ClearanceCheck {
 public:
  // `cookie_name` is what a request's cookie is called, compared byte for byte. It holds no ';',
  // '=', space or tab. Without `revocations` nothing was revoked.
  ClearanceCheck(std::shared_ptr<const SiteKeys> keys, std::string cookie_name,
                 std::shared_ptr<const RevocationTable> revocations = nullptr);

  // Returns the verdict on one token, presented by `client` at `now`.
  //
  // Runs the cheapest check first and stops at the first failure, in the order of
  // docs/wire-format.md; no field is believed before its MAC is checked. Does not allocate, block,
  // log, throw or read a clock.
  [[nodiscard]] ClearanceFinding Check(std::string_view token, const Client& client,
                                       UnixMillis now) const noexcept;

  // Returns the best finding over the request's cookies of this name: at most 4 of them, at most 2
  // tokens in each. The best is a valid one of the highest rank, of those one that was bought dear,
  // then what has proven more, then what lasts longer; else, if the method is unsafe, one in its
  // grace; else the one whose verdict comes last in docs/wire-format.md. kAbsent if there is none.
  // `other_family` comes from whichever token has it. Reads each Cookie field once; an attacker's
  // eight tokens cost no more than eight valid ones.
  [[nodiscard]] ClearanceFinding Find(const Request& request, UnixMillis now) const noexcept {
    ClearanceFinding best;
    Find(request, now, best);
    return best;
  }

  // The same, written where it is kept: to `best`, which is a default one.
  void Find(const Request& request, UnixMillis now, ClearanceFinding& best) const noexcept;

  // The same again, for one request of many: `best` may be settled no sooner than Settle of `batch`
  // returns. Until then `request`, `best` and this object must stay where they are.
  void Find(const Request& request, UnixMillis now, ClearanceBatch& batch,
            ClearanceFinding& best) const noexcept;

  [[nodiscard]] const std::string& cookie_name() const noexcept { return cookie_name_; }
  [[nodiscard]] std::uint32_t site_id() const noexcept { return keys_->site_id(); }

 private:
  std::shared_ptr<const SiteKeys> keys_;
  std::string cookie_name_;
  std::shared_ptr<const RevocationTable> revocations_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_CLEARANCE_CHECK_H_
