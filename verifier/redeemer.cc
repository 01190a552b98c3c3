#include "verifier/redeemer.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "challenge/issuer.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/secret_bytes.h"
#include "challenge/solution.h"
#include "verifier/effort/price_paid.h"

namespace stile {

// A solution with the tag and the secret of its challenge, whose MAC was right.
struct OpenedSolution {
  Tag tag;
  std::array<std::uint8_t, 16> order_secret;
  Solution solution;

  [[nodiscard]] std::span<const std::uint64_t> nonces() const noexcept {
    return std::span(solution.nonces).first(solution.parts);
  }
};

namespace {

constexpr std::size_t kPrefixCells = std::size_t{1} << 16;
constexpr std::size_t kGlobalCells = 1;

// Cells that no address prefix of a real network is mapped to.
constexpr std::uint64_t kUnknownAddress = 1;
constexpr std::uint64_t kEverybody = 0;

// What opens a challenge, and what signs the clearance that it earns.
struct Keys {
  const HmacKey* challenge = nullptr;
  const HmacKey* mint = nullptr;
};

bool IsKnownPuzzle(Puzzle puzzle) noexcept {
  return puzzle == Puzzle::kSha256 || puzzle == Puzzle::kWait || puzzle == Puzzle::kHashwx;
}

// Lines 1 and 2 of the table in docs/wire-format.md.
Verdict ParseBoth(std::string_view challenge, std::string_view text, SealedChallenge& sealed,
                  Solution& solution) noexcept {
  switch (sealed.Parse(challenge)) {
    case TokenShape::kWellFormed:
      break;
    case TokenShape::kAbsent:
      return Verdict::kAbsent;
    default:
      return Verdict::kMalformed;
  }
  if (!ParseSolution(text, solution)) return Verdict::kMalformed;
  if (solution.alternative >= sealed.claimed_alternative_count()) return Verdict::kMalformed;
  const Alternative claimed = sealed.claimed_alternative(solution.alternative);
  if (claimed.parts != solution.parts || !IsKnownPuzzle(claimed.puzzle)) {
    return Verdict::kMalformed;
  }
  return Verdict::kValid;
}

// Lines 3 to 6: what the claims of an unopened challenge can be refused for.
Verdict Preselect(const SealedChallenge& sealed, const SiteKeys& keys, UnixMillis now,
                  Keys& found) noexcept {
  if (sealed.claimed_site_id() != keys.site_id()) return Verdict::kWrongSite;
  if (std::int64_t{sealed.claimed_expires_at()} <= now.Seconds()) return Verdict::kExpired;
  const UnixMillis issued_at = sealed.claimed_issued_at();
  if (issued_at - std::chrono::seconds{kClockSkewSeconds} > now) return Verdict::kNotYetValid;
  const std::int64_t seconds = issued_at.Seconds();
  found.challenge = keys.Find(KeyPurpose::kChallenge, sealed.claimed_key_id(), seconds, now);
  found.mint = keys.Find(KeyPurpose::kClearance, sealed.claimed_mint_key_id(), seconds, now);
  if (found.challenge == nullptr || found.mint == nullptr) return Verdict::kUnknownKey;
  return Verdict::kValid;
}

// One client's share of what is taken of one kind of alternative.
//
// The prefix gives before the process does, so that a prefix that has used up its own rate can't
// take anybody else's; and while the process has none left, no prefix pays for asking.
class Share {
 public:
  Share(const RedeemTables::Limits& limits, const RedeemTables::Options& options,
        const Client& client) noexcept
      : limits_(limits),
        prefix_(
            client.address.has_value()
                ? RateTable::PrefixKey(*client.address, options.ipv4_prefix, options.ipv6_prefix)
                : kUnknownAddress) {}

  // When one is left, `now` or earlier if one is.
  [[nodiscard]] UnixMillis NextAt(UnixMillis now) const noexcept {
    return std::max(limits_.global->NextAt(kEverybody, now),
                    limits_.per_prefix->NextAt(prefix_, now));
  }
  // Takes one, or else notes in `redemption` when there will be one.
  [[nodiscard]] Verdict Take(UnixMillis now, Redemption& redemption) const noexcept {
    if (limits_.global->NextAt(kEverybody, now) <= now && limits_.per_prefix->Take(prefix_, now) &&
        limits_.global->Take(kEverybody, now)) {
      return Verdict::kValid;
    }
    return Limited(now, redemption);
  }
  [[nodiscard]] Verdict Limited(UnixMillis now, Redemption& redemption) const noexcept {
    redemption.wait_left_ms = (NextAt(now) - now).count();
    return Verdict::kLimited;
  }

 private:
  const RedeemTables::Limits& limits_;
  std::uint64_t prefix_;
};

// The turn of one first redemption that paid `paid`, as the site's effort control has it.
class Turn {
 public:
  // `effort` may be null: then it is always now.
  Turn(EffortControl* effort, std::uint32_t paid, UnixMillis now) noexcept
      : effort_(effort), paid_(paid), now_(now) {}

  // Whether it has come; if not, when it does is in `redemption`. Looked at before a puzzle is
  // checked, which costs more.
  [[nodiscard]] bool HasCome(Redemption& redemption) const noexcept {
    if (effort_ == nullptr) return true;
    redemption.wait_left_ms = effort_->TurnIn(paid_, now_);
    return redemption.wait_left_ms == 0;
  }
  // Takes it for what is solved: valid, or limited if others were faster.
  [[nodiscard]] Verdict Take(Redemption& redemption) const noexcept {
    if (effort_ == nullptr || effort_->TakeTurn(paid_, now_)) return Verdict::kValid;
    redemption.wait_left_ms = std::max<std::int64_t>(effort_->TurnIn(paid_, now_), 1);
    return Verdict::kLimited;
  }

 private:
  EffortControl* effort_;
  std::uint32_t paid_;
  UnixMillis now_;
};

// Lines 10 and 11. Takes from the rates unless `repeated`.
Verdict JudgeWait(const Client& client, UnixMillis now, const RedeemTables& tables,
                  const Turn& turn, Redemption& redemption) noexcept {
  const Challenge& challenge = redemption.challenge;
  const auto wait =
      static_cast<std::int64_t>(challenge.alternatives[redemption.alternative].effort);
  const std::int64_t left = wait - (now - challenge.issued_at).count();
  if (left > 0) {
    redemption.wait_left_ms = left;
    return Verdict::kTooEarly;
  }
  if (redemption.repeated) return Verdict::kValid;
  if (!turn.HasCome(redemption)) return Verdict::kLimited;
  const Verdict verdict = Share(tables.wait, tables.options, client).Take(now, redemption);
  return verdict == Verdict::kValid ? turn.Take(redemption) : verdict;
}

// Whether sha256 for `rank` is a fallback: the challenge offers hashwx for at least as much.
bool IsFallback(const Challenge& challenge, std::uint8_t rank) noexcept {
  for (std::size_t i = 0; i < challenge.alternative_count && i < kMaxAlternatives; ++i) {
    const Alternative& other = challenge.alternatives[i];
    if (other.puzzle == Puzzle::kHashwx && other.rank >= rank) return true;
  }
  return false;
}

// Lines 11 and 12. Whoever's solution is wrong takes nothing from the rates.
Verdict JudgeSha256(const OpenedSolution& opened, const Client& client, UnixMillis now,
                    const RedeemTables& tables, const Turn& turn, Redemption& redemption) noexcept {
  if (redemption.repeated) return Verdict::kValid;
  const Challenge& challenge = redemption.challenge;
  const Alternative& asked = challenge.alternatives[redemption.alternative];
  const bool limited = IsFallback(challenge, asked.rank);
  const Share share(tables.sha256, tables.options, client);
  if (limited && share.NextAt(now) > now) return share.Limited(now, redemption);
  if (!turn.HasCome(redemption)) return Verdict::kLimited;
  const Sha256Puzzle puzzle(opened.tag, challenge.id, opened.solution.alternative, asked.effort,
                            asked.parts);
  if (!puzzle.AreSolvedBy(opened.nonces(), opened.order_secret)) return Verdict::kUnsolved;
  const Verdict verdict = limited ? share.Take(now, redemption) : Verdict::kValid;
  return verdict == Verdict::kValid ? turn.Take(redemption) : verdict;
}

Verdict VerdictOf(const PuzzleCheck& check, Redemption& redemption) noexcept {
  switch (check.state()) {
    case PuzzleCheck::State::kSolved:
      return Verdict::kValid;
    case PuzzleCheck::State::kUnsolved:
      return Verdict::kUnsolved;
    case PuzzleCheck::State::kPutOff:
      redemption.wait_left_ms = check.wait().count();
      return Verdict::kLimited;
    case PuzzleCheck::State::kNone:
    case PuzzleCheck::State::kOpen:
      break;
  }
  return Verdict::kNone;
}

// Lines 11 and 12; kNone while the latter is left to `begun`.
Verdict JudgeHashwx(const OpenedSolution& opened, PuzzleCheck* begun, const PuzzleCheck* done,
                    const Turn& turn, Redemption& redemption) noexcept {
  if (redemption.repeated) return Verdict::kValid;
  const Challenge& challenge = redemption.challenge;
  const Alternative& asked = challenge.alternatives[redemption.alternative];
  if (done == nullptr && !turn.HasCome(redemption)) return Verdict::kLimited;
  if (begun != nullptr) {
    *begun = PuzzleCheck(opened.tag, challenge.id, asked, opened.solution, opened.order_secret);
    return Verdict::kNone;
  }
  if (done != nullptr && done->IsOf(opened.tag, opened.solution)) {
    const Verdict verdict = VerdictOf(*done, redemption);
    if (verdict == Verdict::kValid) return turn.Take(redemption);
    if (verdict != Verdict::kNone) return verdict;
  }
  const HashwxPuzzle puzzle(opened.tag, challenge.id, opened.solution.alternative, asked.effort,
                            asked.parts);
  if (!puzzle.AreSolvedBy(opened.nonces(), opened.order_secret)) return Verdict::kUnsolved;
  return turn.Take(redemption);
}

tl::expected<std::shared_ptr<RedeemTables>, Error> Assemble(
    const RedeemTables::Options& options, std::unique_ptr<RedeemMemo> memo,
    std::array<tl::expected<std::unique_ptr<RateTable>, Error>, 4> rates) {
  if (options.ipv4_prefix < 1 || options.ipv4_prefix > 32 || options.ipv6_prefix < 1 ||
      options.ipv6_prefix > 64) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "",
              "The prefix that shares a rate must be 1 to 32 bits of IPv4 and 1 to 64 of IPv6."});
  }
  for (auto& rate : rates) {
    if (!rate.has_value()) return tl::unexpected<Error>(std::move(rate.error()));
  }
  auto tables = std::make_shared<RedeemTables>();
  tables->memo = std::move(memo);
  tables->wait = {std::move(*rates[0]), std::move(*rates[1])};
  tables->sha256 = {std::move(*rates[2]), std::move(*rates[3])};
  tables->options = options;
  return tables;
}

}  // namespace

tl::expected<std::shared_ptr<RedeemTables>, Error> RedeemTables::Create(const Options& options) {
  return Assemble(options, std::make_unique<RedeemMemo>(),
                  {RateTable::Create(options.wait_per_prefix, kPrefixCells),
                   RateTable::Create(options.wait_global, kGlobalCells),
                   RateTable::Create(options.sha256_per_prefix, kPrefixCells),
                   RateTable::Create(options.sha256_global, kGlobalCells)});
}

tl::expected<std::shared_ptr<RedeemTables>, Error> RedeemTables::CreateIn(
    const Options& options, std::span<std::byte> memory, const std::array<std::uint8_t, 16>& key,
    std::shared_ptr<const void> owner) {
  if (memory.size() < BytesInMemory()) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "", "The memory is too small for the redeem tables."});
  }
  std::size_t begin = 0;
  const auto next = [&](std::size_t bytes) {
    return memory.subspan(std::exchange(begin, begin + bytes), bytes);
  };
  auto memo = std::make_unique<RedeemMemo>(RedeemMemo::kDefaultEntries,
                                           next(RedeemMemo::BytesFor(RedeemMemo::kDefaultEntries)));
  const auto rate = [&](const Rate& of, std::size_t cells) {
    return RateTable::CreateIn(of, cells, next(RateTable::BytesFor(cells)), key);
  };
  // In braces, so that they are made in this order.
  auto tables = Assemble(
      options, std::move(memo),
      {rate(options.wait_per_prefix, kPrefixCells), rate(options.wait_global, kGlobalCells),
       rate(options.sha256_per_prefix, kPrefixCells), rate(options.sha256_global, kGlobalCells)});
  if (tables) (*tables)->owner = std::move(owner);
  return tables;
}

std::size_t RedeemTables::BytesInMemory() noexcept {
  return RedeemMemo::BytesFor(RedeemMemo::kDefaultEntries) +
         2 * (RateTable::BytesFor(kPrefixCells) + RateTable::BytesFor(kGlobalCells));
}

Redeemer::Redeemer(std::shared_ptr<const SiteKeys> keys, std::shared_ptr<RedeemTables> tables,
                   std::shared_ptr<EffortControl> effort, std::shared_ptr<const Policy> policy)
    : keys_(std::move(keys)),
      tables_(std::move(tables)),
      effort_(policy == nullptr ? nullptr : std::move(effort)),
      policy_(std::move(policy)) {}

Redemption Redeemer::Run(std::string_view challenge, std::string_view solution,
                         const Client& client, UnixMillis now, SealedChallenge& scratch,
                         PuzzleCheck* begun, const PuzzleCheck* done) const noexcept {
  Redemption redemption;
  OpenedSolution opened;
  Keys keys;
  redemption.verdict = ParseBoth(challenge, solution, scratch, opened.solution);
  if (redemption.verdict != Verdict::kValid) return redemption;
  redemption.verdict = Preselect(scratch, *keys_, now, keys);
  if (redemption.verdict != Verdict::kValid) return redemption;
  if (!scratch.Open(*keys.challenge, redemption.challenge, &opened.order_secret)) {
    redemption.verdict = Verdict::kForged;
    return redemption;
  }
  redemption.authentic = true;
  opened.tag = scratch.tag();
  redemption.verdict = Judge(opened, client, now, begun, done, redemption);
  Wipe(opened.order_secret);
  if (redemption.verdict != Verdict::kValid) {
    redemption.repeated = false;
    return redemption;
  }
  redemption.clearance = EarnedClearance(redemption.challenge, opened.solution.alternative);
  redemption.text = SealClearance(redemption.clearance, *keys.mint);
  return redemption;
}

Verdict Redeemer::Judge(const OpenedSolution& opened, const Client& client, UnixMillis now,
                        PuzzleCheck* begun, const PuzzleCheck* done,
                        Redemption& redemption) const noexcept {
  const std::uint8_t alternative = opened.solution.alternative;
  redemption.alternative = alternative;
  const Alternative& asked = redemption.challenge.alternatives[alternative];
  redemption.puzzle = asked.puzzle;
  // Only an issuer that breaks the format can have sealed this.
  if (!IsWellFormed(asked)) return Verdict::kMalformed;
  if (!redemption.challenge.binding.Matches(client)) return Verdict::kWrongClient;

  RedeemMemo& memo = *tables_->memo;
  const RedeemMemo::Recollection recollection = memo.Recall(opened.tag);
  if (recollection.bad >= RedeemMemo::kMaxBadSolutions) return Verdict::kTooManyTries;
  redemption.repeated = (recollection.solved >> alternative & 1) != 0;

  std::uint32_t paid = 0;
  if (effort_ != nullptr) {
    paid = PricePaidFor(redemption.challenge, alternative, *policy_, effort_->SitePrice(now));
  }
  const Turn turn(effort_.get(), paid, now);
  Verdict verdict = Verdict::kNone;
  if (asked.puzzle == Puzzle::kWait) {
    verdict = JudgeWait(client, now, *tables_, turn, redemption);
  } else if (asked.puzzle == Puzzle::kHashwx) {
    verdict = JudgeHashwx(opened, begun, done, turn, redemption);
  } else {
    verdict = JudgeSha256(opened, client, now, *tables_, turn, redemption);
  }
  if (verdict == Verdict::kUnsolved) memo.RememberBad(opened.tag);
  if (verdict == Verdict::kValid && !redemption.repeated) {
    memo.RememberSolved(opened.tag, alternative);
    redemption.price_paid = paid;
  }
  return verdict;
}

}  // namespace stile
