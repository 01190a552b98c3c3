#ifndef STILE_VERIFIER_REDEEMER_H_
#define STILE_VERIFIER_REDEEMER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/alternative.h"
#include "challenge/binding.h"
#include "challenge/clearance.h"
#include "challenge/error.h"
#include "challenge/hmac_key.h"
#include "challenge/key_ring.h"
#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"
#include "challenge/unix_millis.h"
#include "verifier/effort/effort_control.h"
#include "verifier/policy/policy.h"
#include "verifier/puzzle_check.h"
#include "verifier/rate_table.h"
#include "verifier/redeem_memo.h"
#include "verifier/verdict.h"

namespace stile {

struct OpenedSolution;

// The tables that redemptions touch, shared by every site and every generation of a process, or of
// all processes that share their memory.
struct RedeemTables {
  // How much of one kind of alternative is taken.
  struct Limits {
    std::unique_ptr<RateTable> per_prefix;
    std::unique_ptr<RateTable> global;
  };
  std::unique_ptr<RedeemMemo> memo;
  Limits wait;
  Limits sha256;  // Where the challenge offers hashwx as well, so that it is a fallback.

  struct Options {
    Rate wait_per_prefix{10, std::chrono::minutes{10}, 10};
    Rate wait_global{600, std::chrono::minutes{1}, 600};
    Rate sha256_per_prefix{30, std::chrono::minutes{10}, 30};
    Rate sha256_global{1'200, std::chrono::minutes{1}, 1'200};
    // What counts as one prefix.
    int ipv4_prefix = 24;
    int ipv6_prefix = 56;
  };
  // Returns kOutOfRange if a prefix is not in [1, 32] (IPv4) or [1, 64] (IPv6), and what
  // RateTable::Create returns.
  [[nodiscard]] static tl::expected<std::shared_ptr<RedeemTables>, Error> Create(
      const Options& options);

  // Tables in the memory of `owner`, which they keep: BytesInMemory() bytes aligned to 64, zeroed
  // before their first use. `key` is the same for all who use that memory. Returns the same.
  [[nodiscard]] static tl::expected<std::shared_ptr<RedeemTables>, Error> CreateIn(
      const Options& options, std::span<std::byte> memory, const std::array<std::uint8_t, 16>& key,
      std::shared_ptr<const void> owner);
  [[nodiscard]] static std::size_t BytesInMemory() noexcept;

  Options options;
  std::shared_ptr<const void> owner;  // Null: they have memory of their own.
};

// The outcome of one redemption. A default one refuses.
struct Redemption {
  Verdict verdict = Verdict::kNone;
  bool repeated = false;   // kValid from the memo: the puzzle was not checked again.
  bool authentic = false;  // The challenge's MAC was right; `challenge` may be used.
  Challenge challenge;     // Its return path borrows from the SealedChallenge passed in.
  std::size_t alternative = 0;
  Puzzle puzzle = Puzzle::kNone;
  // The price in percent at which the challenge was issued, as PricePaidFor has it. Only where the
  // redeemer knows the site's effort control, and with kValid that isn't repeated; else 0.
  std::uint32_t price_paid = 0;
  Clearance clearance;   // Only with kValid.
  ClearanceText text{};  // Only with kValid: its wire form.
  // Only with kTooEarly and kLimited: when the same solution may be worth another try.
  std::int64_t wait_left_ms = 0;
};

// Turns a solution into a clearance, the same one however often it is asked. Safe to share
// between threads.
class Redeemer {
 public:
  // Without `effort` nobody who has solved waits for a turn; with it, `policy` says what is asked.
  Redeemer(std::shared_ptr<const SiteKeys> keys, std::shared_ptr<RedeemTables> tables,
           std::shared_ptr<EffortControl> effort = nullptr,
           std::shared_ptr<const Policy> policy = nullptr);

  // Judges `solution` of `challenge`, presented by `client` at `now`, in the order of
  // docs/wire-format.md. `scratch` holds the decoded challenge and must outlive the result.
  // Without a known address, limited redemptions of all such clients share one cell. Does not
  // allocate, block, log, throw or read a clock.
  [[nodiscard]] Redemption Redeem(std::string_view challenge, std::string_view solution,
                                  const Client& client, UnixMillis now,
                                  SealedChallenge& scratch) const noexcept {
    return Run(challenge, solution, client, now, scratch, nullptr, nullptr);
  }

  // The same in steps, for a caller that has the parts of a hashwx solution checked elsewhere.
  // Begin does all but that, in about a microsecond. If the outcome hangs on it, `check` is open
  // and the redemption's verdict kNone; otherwise the redemption is final, and `check` not open.
  [[nodiscard]] Redemption Begin(std::string_view challenge, std::string_view solution,
                                 const Client& client, UnixMillis now, SealedChallenge& scratch,
                                 PuzzleCheck& check) const noexcept {
    return Run(challenge, solution, client, now, scratch, &check, nullptr);
  }
  // Finish is given what Begin was, with whatever redeemer of the site is in force by then, and
  // what came of the check; one that was put off makes it kLimited. `now` is when the solution
  // came: nobody's challenge expires while he waits for us. What a check of anything else says is
  // not believed, nor that of one which is open: then the parts are checked here.
  [[nodiscard]] Redemption Finish(std::string_view challenge, std::string_view solution,
                                  const Client& client, UnixMillis now, SealedChallenge& scratch,
                                  const PuzzleCheck& check) const noexcept {
    return Run(challenge, solution, client, now, scratch, nullptr, &check);
  }

 private:
  // Begin where `begun` isn't null, Finish where `done` isn't.
  [[nodiscard]] Redemption Run(std::string_view challenge, std::string_view solution,
                               const Client& client, UnixMillis now, SealedChallenge& scratch,
                               PuzzleCheck* begun, const PuzzleCheck* done) const noexcept;
  // Lines 8 to 12, of what is authentic. Fills what it finds out.
  [[nodiscard]] Verdict Judge(const OpenedSolution& opened, const Client& client, UnixMillis now,
                              PuzzleCheck* begun, const PuzzleCheck* done,
                              Redemption& redemption) const noexcept;

  std::shared_ptr<const SiteKeys> keys_;
  std::shared_ptr<RedeemTables> tables_;
  std::shared_ptr<EffortControl> effort_;  // May be null, as
  std::shared_ptr<const Policy> policy_;   // this one is where it isn't needed.
};

}  // namespace stile

#endif  // STILE_VERIFIER_REDEEMER_H_
