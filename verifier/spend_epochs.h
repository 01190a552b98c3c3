#ifndef STILE_VERIFIER_SPEND_EPOCHS_H_
#define STILE_VERIFIER_SPEND_EPOCHS_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "challenge/spend_id.h"
#include "challenge/unix_millis.h"
#include "verifier/spend_blocks.h"
#include "verifier/spend_store.h"

namespace stile {

// What a node of a fleet makes of the store that remembers spends for all of them: which epoch new
// tokens carry, when it changes, what the store must be told next, and what its replies mean. No
// I/O and no clock; one thread drives it, and loops number tokens from blocks() at the same time.
//
// The store keeps
//   a sentinel   "EPOCH RUN_ID REPLICATION_ID"
//   blocks       strings of zero bits, each of one (epoch, node, boot, block), made by the node
//   that
//                numbers tokens from it *before* it does, never made twice and never by a spend
// and runs three scripts, each of them one atomic step. "Its own identity" is the run id and the
// replication id that the server has at that instant, read inside the script, never what anybody
// remembers of it: a server that restarts has another run id; one that is demoted, takes over a
// replica's data and is promoted again has another replication id.
//
//   adopt(floor, now)    The sentinel is there with the server's own identity and an epoch of at
//                        least `floor`: answers that epoch. Else writes a sentinel with its own
//                        identity and the epoch max(the sentinel's, floor, now in seconds - 1) + 1,
//                        and answers that. Fails beyond 2^32 - 1.
//   open(epoch, block)   The sentinel isn't there, or has another identity or epoch: kStale. The
//                        block's key exists: kTaken. Else makes it, zero bits, with a time to live:
//                        kOpened.
//   spend(tokens)        The sentinel isn't there or has another identity: kStale for all. For each
//                        token: its epoch isn't the sentinel's: kOtherEpoch. Its block isn't there
//                        or is shorter: kNoBlock. Else its bit is set: kFresh if it was 0, kSpent
//                        if it was 1. Answers the sentinel's epoch beside them.
//
// Why no token passes twice: a pass is a bit that changes from 0 to 1 in a block that one node made
// once. It passes again only if the store goes back to before that, which takes a restart or
// another master's data. Then the server's identity is none that its sentinel can hold, the epoch
// rises above every epoch whose blocks the data may hold, and tokens of those are refused. A block
// that is gone (evicted, flushed, expired early after a clock jump) refuses.
class SpendEpochs {
 public:
  struct Options {
    std::uint16_t node = 0;
    std::uint64_t boot = 0;  // Random, of this process.
    std::chrono::seconds token_lifetime{300};
    std::chrono::seconds issue_window{60};  // How long numbers are taken from a block.
    std::chrono::seconds skew{30};          // How far the clocks of nodes and store may differ.
  };
  explicit SpendEpochs(const Options& options) noexcept;

  // What must be sent now, one at a time: the next comes once this one's reply, or its loss, has
  // been told.
  enum class Step : std::uint8_t { kNone = 0, kAdopt = 1, kOpen = 2 };
  struct Order {
    Step step = Step::kNone;
    std::uint32_t epoch = 0;           // kAdopt: the floor. kOpen: the block's.
    std::uint32_t block = 0;           // kOpen.
    std::uint32_t bytes = 0;           // kOpen: of the block.
    std::chrono::milliseconds keep{};  // kOpen: its time to live.
  };
  [[nodiscard]] Order Next(UnixMillis now) noexcept;

  // A connection is there, to a store that keeps its contract (service/redis_contract.h).
  void OnConnect() noexcept;
  // It is gone, or the store breaks its contract. What was sent has no reply any more.
  void OnDisconnect() noexcept;

  // Replies to orders. An epoch below the floor or 0 is none that the script answers: returns
  // false, and the connection should be dropped.
  [[nodiscard]] bool OnAdopted(std::uint32_t epoch) noexcept;
  enum class OpenReply : std::uint8_t { kNone = 0, kOpened = 1, kTaken = 2, kStale = 3 };
  // kNone: an error, or anything else: the block may exist or not, and is never used.
  void OnOpen(OpenReply reply, UnixMillis now) noexcept;

  // What to do about a token before the store is asked.
  enum class Admission : std::uint8_t {
    kRefuse = 0,  // Of an epoch that is over, or of no block that can be: unknown for good.
    kAway = 1,    // The store can't be asked now: unknown in passing.
    kAsk = 2,
  };
  [[nodiscard]] Admission Admit(const SpendId& id) const noexcept;

  // One token's reply, and the letter that the script answers it with.
  enum class SpendReply : std::uint8_t {
    kNone = 0,        // Anything else, an error, a loss, or too late.
    kFresh = 1,       // f
    kSpent = 2,       // s
    kRepeated = 3,    // r: spent, by the attempt with this very idempotency id.
    kNoBlock = 4,     // m
    kOtherEpoch = 5,  // e
    kStale = 6,       // The whole script's.
  };
  [[nodiscard]] static SpendReply SpendReplyOf(char letter) noexcept;
  // What a reply means. `confirmed` is false where replicas should have confirmed what the script
  // did and not enough of them have: nothing is fresh then, and what is spent stays so.
  [[nodiscard]] static SpendAnswer Meaning(SpendReply reply, bool confirmed = true) noexcept;
  // The epoch that the script says the store has, with each of its replies; 0: kStale. Notices that
  // it isn't this node's.
  void OnStoreEpoch(std::uint32_t epoch) noexcept;
  // Once in a while: the next order is kAdopt, so that a node that nobody asks learns of another's
  // change. Numbers are given meanwhile.
  void Recheck() noexcept { recheck_ = true; }

  // Where a token's bit is.
  struct Place {
    std::uint32_t block = 0;
    std::uint32_t position = 0;
    bool possible = false;  // No block that can be holds it.
  };
  [[nodiscard]] static Place PlaceOf(std::uint64_t sequence) noexcept;

  [[nodiscard]] SpendBlocks& blocks() noexcept { return blocks_; }
  // 0: none is known yet.
  [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t epoch_changes() const noexcept { return epoch_changes_; }
  [[nodiscard]] bool serving() const noexcept { return phase_ == Phase::kServing; }

 private:
  enum class Phase : std::uint8_t { kAway = 0, kAdopting = 1, kServing = 2 };

  [[nodiscard]] bool NeedsBlock(UnixMillis now) const noexcept;
  [[nodiscard]] int NextSize(UnixMillis now) const noexcept;
  void Readopt() noexcept;

  Options options_;
  SpendBlocks blocks_;
  Phase phase_ = Phase::kAway;
  bool recheck_ = false;
  Order sent_;  // What has no reply yet.
  UnixMillis sent_at_;
  std::uint32_t epoch_ = 0;
  std::uint32_t next_block_ = 0;
  int size_ = 0;           // Of the latest block: kSmallest doubled that many times.
  UnixMillis opened_at_;   // The latest block's.
  UnixMillis not_before_;  // No block is asked for earlier, after a failure.
  std::uint64_t epoch_changes_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_SPEND_EPOCHS_H_
