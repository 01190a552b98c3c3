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
#include "verifier/rate_table.h"
#include "verifier/redeem_memo.h"
#include "verifier/verdict.h"

namespace stile {

// The tables that redemptions touch, shared by every site and every generation of a process, or of
// all processes that share their memory.
struct RedeemTables {
  std::unique_ptr<RedeemMemo> memo;
  std::unique_ptr<RateTable> wait_per_prefix;
  std::unique_ptr<RateTable> wait_global;

  struct Options {
    Rate wait_per_prefix{10, std::chrono::minutes{10}, 10};
    Rate wait_global{600, std::chrono::minutes{1}, 600};
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
  Clearance clearance;   // Only with kValid.
  ClearanceText text{};  // Only with kValid: its wire form.
  // Only with kTooEarly and kLimited: when the same solution may be worth another try.
  std::int64_t wait_left_ms = 0;
};

// Turns a solution into a clearance, the same one however often it is asked. Safe to share
// between threads.
class Redeemer {
 public:
  Redeemer(std::shared_ptr<const SiteKeys> keys, std::shared_ptr<RedeemTables> tables);

  // Judges `solution` of `challenge`, presented by `client` at `now`, in the order of
  // docs/wire-format.md. `scratch` holds the decoded challenge and must outlive the result.
  // Without a known address, wait redemptions of all such clients share one cell. Does not
  // allocate, block, log, throw or read a clock.
  [[nodiscard]] Redemption Redeem(std::string_view challenge, std::string_view solution,
                                  const Client& client, UnixMillis now,
                                  SealedChallenge& scratch) const noexcept;

 private:
  // Judges what parsed and whose keys are held. Fills what it finds out.
  [[nodiscard]] Verdict Judge(const Solution& answer, const HmacKey& key, const Client& client,
                              UnixMillis now, const SealedChallenge& sealed,
                              Redemption& redemption) const noexcept;
  // Judges what is authentic besides, whose tag is `tag`.
  [[nodiscard]] Verdict JudgeOpened(const Solution& answer, const Client& client, UnixMillis now,
                                    const Tag& tag,
                                    const std::array<std::uint8_t, 16>& order_secret,
                                    Redemption& redemption) const noexcept;

  std::shared_ptr<const SiteKeys> keys_;
  std::shared_ptr<RedeemTables> tables_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_REDEEMER_H_
