#include "service/degradation.h"

#include <algorithm>
#include <array>

namespace stile {
namespace {

constexpr std::string_view kMendFiles = "mend what `stile check` says, then `stile reload`";

constexpr std::array<DegradationText, kDegradationCount> kTexts = {{
    {Degradation::kLastGood, "last-good", "the files are wrong",
     "what served last is served, as it was recorded then", kMendFiles, Touched::kRequests, false},
    {Degradation::kMinimalPolicy, "minimal-policy",
     "a policy is wrong and nothing usable was recorded",
     "the built-in minimal policy is served: everything is challenged", kMendFiles,
     Touched::kRequests, false},
    {Degradation::kKeys, "keys", "the keys can't be used",
     "temporary keys took their place: visitors solve again, and where a rule has an on_fault of "
     "open or closed that is heeded",
     "restore the key file, then `stile reload`", Touched::kRequests, false},
    {Degradation::kState, "state", "what is served can't be recorded",
     "it is served all the same; a start over broken files would find nothing to serve",
     "make state.directory writable and see that the disk is not full, then `stile reload`",
     Touched::kNone, false},
    {Degradation::kGeo, "geo", "a database of [geo] can't be used",
     "countries or networks are unknown: rules about them say what becomes of the unknown",
     "replace the file that `stile check` names, then `stile reload`", Touched::kRequests, false},
    {Degradation::kCertificates, "certificates", "a listener's certificate can't be used",
     "it is left out: where a listener has no other, TLS handshakes fail", kMendFiles,
     Touched::kHandshakes, false},
    {Degradation::kSpendStore, "spend-store",
     "the shared store of spends can't be asked, or refuses to write",
     "on_store_error says what becomes of response tokens; clearances need no store",
     "start Redis, give it room, or mend the way to it", Touched::kTokens, true},
    {Degradation::kSpendContract, "spend-contract",
     "the shared store of spends is not set up as it must be",
     "it isn't asked: on_store_error says what becomes of response tokens",
     "change in Redis what is named", Touched::kTokens, true},
    {Degradation::kTables, "tables", "this process counts apart from the others of this machine",
     "its budgets, spends and revocations are its own",
     "mend what the log's tables-apart says, then restart", Touched::kRequests, true},
    {Degradation::kBudgetMerge, "budget-merge", "budgets aren't merged with those of other nodes",
     "this machine counts for itself, so a client has a budget on each",
     "start Redis, or mend the way to it", Touched::kRequests, true},
    {Degradation::kOverload, "overload", "there are more requests than can be served in time",
     "whoever has a clearance, or is let through by the policy, is served first and in full; the "
     "others are refused in short form, and nobody passes who wouldn't otherwise",
     "see in /metrics who asks for so much (stile_decisions_total, stile_rule_matches_total); give "
     "it more CPU, or another node",
     Touched::kShed, false},
    {Degradation::kModeFile, "mode-file", "the mode file can't be understood",
     "what it said before holds", "mend or remove it as the log's mode-file-refused says",
     Touched::kNone, true},
    {Degradation::kModeRecord, "mode-record",
     "orders about modes aren't kept over a restart, or those kept were lost by one",
     "those that were given since the start hold",
     "see the log's modes-not-kept or modes-lost; order again what is to hold, or `stile mode "
     "configured` if nothing is",
     Touched::kNone, true},
    {Degradation::kGenerationPinned, "generation-pinned", "processes that served the files crashed",
     "what served before is served until admission.pin_for is over; then the files get one more "
     "chance",
     "change the files, then `stile reload`; `stile reload --force` takes them as they are",
     Touched::kRequests, false},
    {Degradation::kMemory, "memory", "the system gives no memory",
     "what it was for is let go: a connection, an operator's request, a reload; all else goes on",
     "see in /metrics what is let go (stile_memory_refusals_total), and who uses the memory; raise "
     "the limit (MemoryMax, RLIMIT_AS, the container's), or take something else off this machine",
     Touched::kNone, false},
    {Degradation::kClock, "clock", "the system's clock leapt and isn't believed yet",
     "time goes on by the clock that counts from the machine's start, so that nobody's clearance "
     "ends; a leap is adopted once it has held for clock.adopt_after",
     "see that the system's clock is right; if it is, `stile reload --force` adopts it at once",
     Touched::kRequests, true},
}};

// A row in the place of each degradation, with all of its texts.
constexpr bool IsWhole() {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const DegradationText& text = kTexts[i];
    if (static_cast<std::size_t>(text.degradation) != i) return false;
    if (text.name.empty() || text.message.empty() || text.doing.empty() || text.advice.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(IsWhole(), "Give each degradation its texts, in the order of the enumeration.");

}  // namespace

const DegradationText& TextOf(Degradation degradation) noexcept {
  return kTexts[std::min(static_cast<std::size_t>(degradation), kTexts.size() - 1)];
}

}  // namespace stile
