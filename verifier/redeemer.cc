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

namespace stile {
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

// Lines 10 and 11. Takes from the rates unless `repeated`.
//
// The prefix gives before the process does, so that a prefix that has used up its own rate can't
// take anybody else's; and while the process has none left, no prefix pays for asking.
Verdict JudgeWait(const Client& client, UnixMillis now, RedeemTables& tables,
                  Redemption& redemption) noexcept {
  const Challenge& challenge = redemption.challenge;
  const auto wait =
      static_cast<std::int64_t>(challenge.alternatives[redemption.alternative].effort);
  const std::int64_t left = wait - (now - challenge.issued_at).count();
  if (left > 0) {
    redemption.wait_left_ms = left;
    return Verdict::kTooEarly;
  }
  if (redemption.repeated) return Verdict::kValid;
  const RedeemTables::Options& options = tables.options;
  const std::uint64_t prefix =
      client.address.has_value()
          ? RateTable::PrefixKey(*client.address, options.ipv4_prefix, options.ipv6_prefix)
          : kUnknownAddress;
  if (tables.wait_global->NextAt(kEverybody, now) <= now &&
      tables.wait_per_prefix->Take(prefix, now) && tables.wait_global->Take(kEverybody, now)) {
    return Verdict::kValid;
  }
  const UnixMillis next = std::max(tables.wait_global->NextAt(kEverybody, now),
                                   tables.wait_per_prefix->NextAt(prefix, now));
  redemption.wait_left_ms = (next - now).count();
  return Verdict::kLimited;
}

// Line 12.
Verdict JudgeWork(const Tag& tag, const Solution& solution,
                  const std::array<std::uint8_t, 16>& order_secret,
                  const Redemption& redemption) noexcept {
  if (redemption.repeated) return Verdict::kValid;
  const Challenge& challenge = redemption.challenge;
  const Alternative& asked = challenge.alternatives[redemption.alternative];
  const std::span<const std::uint64_t> nonces(solution.nonces.data(), asked.parts);
  const auto judge = [&](const auto& puzzle) {
    return puzzle.AreSolvedBy(nonces, order_secret) ? Verdict::kValid : Verdict::kUnsolved;
  };
  const std::uint8_t index = solution.alternative;
  return asked.puzzle == Puzzle::kHashwx
             ? judge(HashwxPuzzle(tag, challenge.id, index, asked.effort, asked.parts))
             : judge(Sha256Puzzle(tag, challenge.id, index, asked.effort, asked.parts));
}

}  // namespace

namespace {

tl::expected<std::shared_ptr<RedeemTables>, Error> Assemble(
    const RedeemTables::Options& options, std::unique_ptr<RedeemMemo> memo,
    tl::expected<std::unique_ptr<RateTable>, Error> per_prefix,
    tl::expected<std::unique_ptr<RateTable>, Error> global) {
  if (options.ipv4_prefix < 1 || options.ipv4_prefix > 32 || options.ipv6_prefix < 1 ||
      options.ipv6_prefix > 64) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "",
              "The prefix that shares a rate must be 1 to 32 bits of IPv4 and 1 to 64 of IPv6."});
  }
  if (!per_prefix.has_value()) return tl::unexpected<Error>(std::move(per_prefix.error()));
  if (!global.has_value()) return tl::unexpected<Error>(std::move(global.error()));
  auto tables = std::make_shared<RedeemTables>();
  tables->memo = std::move(memo);
  tables->wait_per_prefix = std::move(*per_prefix);
  tables->wait_global = std::move(*global);
  tables->options = options;
  return tables;
}

}  // namespace

tl::expected<std::shared_ptr<RedeemTables>, Error> RedeemTables::Create(const Options& options) {
  return Assemble(options, std::make_unique<RedeemMemo>(),
                  RateTable::Create(options.wait_per_prefix, kPrefixCells),
                  RateTable::Create(options.wait_global, kGlobalCells));
}

tl::expected<std::shared_ptr<RedeemTables>, Error> RedeemTables::CreateIn(
    const Options& options, std::span<std::byte> memory, const std::array<std::uint8_t, 16>& key,
    std::shared_ptr<const void> owner) {
  if (memory.size() < BytesInMemory()) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kOutOfRange, "", "The memory is too small for the redeem tables."});
  }
  const std::size_t memo = RedeemMemo::BytesFor(RedeemMemo::kDefaultEntries);
  const std::size_t prefixes = RateTable::BytesFor(kPrefixCells);
  auto tables = Assemble(
      options, std::make_unique<RedeemMemo>(RedeemMemo::kDefaultEntries, memory.first(memo)),
      RateTable::CreateIn(options.wait_per_prefix, kPrefixCells, memory.subspan(memo, prefixes),
                          key),
      RateTable::CreateIn(options.wait_global, kGlobalCells, memory.subspan(memo + prefixes), key));
  if (tables) (*tables)->owner = std::move(owner);
  return tables;
}

std::size_t RedeemTables::BytesInMemory() noexcept {
  return RedeemMemo::BytesFor(RedeemMemo::kDefaultEntries) + RateTable::BytesFor(kPrefixCells) +
         RateTable::BytesFor(kGlobalCells);
}

Redeemer::Redeemer(std::shared_ptr<const SiteKeys> keys, std::shared_ptr<RedeemTables> tables)
    : keys_(std::move(keys)), tables_(std::move(tables)) {}

Redemption Redeemer::Redeem(std::string_view challenge, std::string_view solution,
                            const Client& client, UnixMillis now,
                            SealedChallenge& scratch) const noexcept {
  Redemption redemption;
  Solution answer;
  Keys keys;
  redemption.verdict = ParseBoth(challenge, solution, scratch, answer);
  if (redemption.verdict != Verdict::kValid) return redemption;
  redemption.verdict = Preselect(scratch, *keys_, now, keys);
  if (redemption.verdict != Verdict::kValid) return redemption;
  redemption.verdict = Judge(answer, *keys.challenge, client, now, scratch, redemption);
  if (redemption.verdict != Verdict::kValid) {
    redemption.repeated = false;
    return redemption;
  }
  redemption.clearance = EarnedClearance(redemption.challenge, answer.alternative);
  redemption.text = SealClearance(redemption.clearance, *keys.mint);
  return redemption;
}

// Lines 7 to 12.
Verdict Redeemer::Judge(const Solution& answer, const HmacKey& key, const Client& client,
                        UnixMillis now, const SealedChallenge& sealed,
                        Redemption& redemption) const noexcept {
  std::array<std::uint8_t, 16> order_secret;
  if (!sealed.Open(key, redemption.challenge, &order_secret)) return Verdict::kForged;
  redemption.authentic = true;
  const Verdict verdict = JudgeOpened(answer, client, now, sealed.tag(), order_secret, redemption);
  Wipe(order_secret);
  return verdict;
}

// Lines 8 to 12.
Verdict Redeemer::JudgeOpened(const Solution& answer, const Client& client, UnixMillis now,
                              const Tag& tag, const std::array<std::uint8_t, 16>& order_secret,
                              Redemption& redemption) const noexcept {
  redemption.alternative = answer.alternative;
  const Alternative& asked = redemption.challenge.alternatives[answer.alternative];
  redemption.puzzle = asked.puzzle;
  // Only an issuer that breaks the format can have sealed this.
  if (!IsWellFormed(asked)) return Verdict::kMalformed;
  if (!redemption.challenge.binding.Matches(client)) return Verdict::kWrongClient;

  RedeemMemo& memo = *tables_->memo;
  const RedeemMemo::Recollection recollection = memo.Recall(tag);
  if (recollection.bad >= RedeemMemo::kMaxBadSolutions) return Verdict::kTooManyTries;
  redemption.repeated = (recollection.solved >> answer.alternative & 1) != 0;

  const Verdict verdict = asked.puzzle == Puzzle::kWait
                              ? JudgeWait(client, now, *tables_, redemption)
                              : JudgeWork(tag, answer, order_secret, redemption);
  if (verdict == Verdict::kUnsolved) memo.RememberBad(tag);
  if (verdict == Verdict::kValid && !redemption.repeated) {
    memo.RememberSolved(tag, answer.alternative);
  }
  return verdict;
}

}  // namespace stile
