// Tokens and solutions. Only what was sealed passes, byte for byte; a text that is read is the one
// spelling of what was read; what is sealed can be opened and sealed again.

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/context.h"
#include "challenge/solution.h"
#include "challenge/token_fields.h"
#include "tests/fuzz/fuzz_site.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/clearance_check.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

void RequireCanonical(std::string_view text) {
  std::vector<std::uint8_t> bytes(Base64UrlDecodedLength(text.size()));
  const auto size = DecodeBase64Url(text, bytes);
  STILE_REQUIRE(size.has_value() && *size == bytes.size());
  STILE_REQUIRE(EncodeBase64Url(bytes) == text);
}

void CheckBase64(FuzzInput input) {
  const std::string_view text = TextOf(input);
  std::vector<std::uint8_t> bytes(text.size());
  if (const auto size = DecodeBase64Url(text, bytes); size.has_value()) {
    STILE_REQUIRE(EncodeBase64Url({bytes.data(), *size}) == text);
    if (*size > 0) STILE_REQUIRE(!DecodeBase64Url(text, {bytes.data(), *size - 1}).has_value());
  }
  const std::string encoded = EncodeBase64Url(input);
  std::vector<std::uint8_t> decoded(input.size());
  STILE_REQUIRE(DecodeBase64Url(encoded, decoded) == std::optional<std::size_t>(input.size()));
  STILE_REQUIRE(std::equal(decoded.begin(), decoded.end(), input.begin(), input.end()));
}

void CheckClearanceText(std::string_view text) {
  const FuzzSite& site = FuzzSite::Get();
  static const ClearanceCheck check(site.keys, "stile");
  const ClearanceFinding finding = check.Check(text, site.client, site.now);
  STILE_REQUIRE(finding.verdict != Verdict::kNone);
  STILE_REQUIRE((finding.verdict == Verdict::kAbsent) == text.empty());
  if (finding.verdict == Verdict::kForged) Reach("forged clearance");
  if (finding.verdict == Verdict::kValid) {
    Reach("valid clearance");
    STILE_REQUIRE(text == site.clearance || text == site.clearance_high ||
                  std::count(site.minted.begin(), site.minted.end(), text) == 1);
  }
  if (finding.authentic) {
    STILE_REQUIRE(finding.verdict == Verdict::kValid || text == site.clearance_ipv6 ||
                  text == site.clearance_in_grace);
  }
  SealedClearance sealed;
  if (sealed.Parse(text) == TokenShape::kWellFormed) RequireCanonical(text);
}

void CheckContextText(std::string_view text) {
  const FuzzSite& site = FuzzSite::Get();
  SealedContext sealed;
  if (sealed.Parse(text) != TokenShape::kWellFormed) return;
  RequireCanonical(text);
  const HmacKey* key = site.keys->Find(KeyPurpose::kContext, sealed.claimed_key_id(),
                                       sealed.claimed_issued_at(), site.now);
  Context context;
  if (key == nullptr || !sealed.Open(*key, context)) return;
  Reach("valid context");
  STILE_REQUIRE(text == site.context && context.return_path == "/docs/a?b=c");
}

void CheckSolution(std::string_view text) {
  Solution solution;
  if (!ParseSolution(text, solution)) return;
  STILE_REQUIRE(solution.parts <= kMaxParts && FormatSolution(solution) == text);
}

std::shared_ptr<RedeemTables> Tables() {
  RedeemTables::Options options;
  constexpr Rate kEndless{1'000'000'000, std::chrono::seconds{1}, 1'000'000'000};
  options.wait_per_prefix = options.wait_global = kEndless;
  options.sha256_per_prefix = options.sha256_global = kEndless;
  auto created = RedeemTables::Create(options);
  STILE_REQUIRE(created.has_value());
  return *created;
}

// In steps it comes to what it came to at once.
void RequireSameInSteps(const Redeemer& redeemer, RedeemTables& tables, std::string_view challenge,
                        std::string_view solution, const Redemption& at_once) {
  const FuzzSite& site = FuzzSite::Get();
  tables.memo = std::make_unique<RedeemMemo>(64);
  SealedChallenge scratch;
  PuzzleCheck check;
  Redemption redemption =
      redeemer.Begin(challenge, solution, site.client, site.now, scratch, check);
  const bool open = check.state() == PuzzleCheck::State::kOpen;
  STILE_REQUIRE(open == (redemption.verdict == Verdict::kNone));
  if (open) {
    Reach("redemption in steps");
    while (check.state() == PuzzleCheck::State::kOpen) check.CheckPart();
    redemption = redeemer.Finish(challenge, solution, site.client, site.now, scratch, check);
  }
  STILE_REQUIRE(redemption.verdict == at_once.verdict && redemption.text == at_once.text);
}

void CheckRedemption(std::string_view challenge, std::string_view solution) {
  const FuzzSite& site = FuzzSite::Get();
  static const std::shared_ptr<RedeemTables> tables = Tables();
  static const Redeemer redeemer(site.keys, tables);
  tables->memo = std::make_unique<RedeemMemo>(64);  // Inputs don't depend on one another.
  SealedChallenge scratch;
  const Redemption redemption =
      redeemer.Redeem(challenge, solution, site.client, site.now, scratch);
  STILE_REQUIRE(redemption.verdict != Verdict::kNone);
  STILE_REQUIRE((redemption.verdict == Verdict::kAbsent) == challenge.empty());
  if (redemption.authentic) STILE_REQUIRE(challenge == site.challenge);
  if (redemption.verdict == Verdict::kUnsolved) Reach("unsolved redemption");
  if (redemption.verdict == Verdict::kValid) {
    Reach("valid redemption");
    STILE_REQUIRE(challenge == site.challenge && redemption.alternative < site.minted.size());
    const std::string_view text(redemption.text.data(), redemption.text.size());
    STILE_REQUIRE(text == site.minted[redemption.alternative]);
  }
  RequireSameInSteps(redeemer, *tables, challenge, solution, redemption);
  SealedChallenge sealed;
  if (sealed.Parse(challenge) == TokenShape::kWellFormed) {
    RequireCanonical(challenge);
    STILE_REQUIRE(sealed.claimed_alternative_count() >= 1 &&
                  sealed.claimed_alternative_count() <= kMaxAlternatives);
  }
}

const HmacKey& SomeKey() {
  static const HmacKey key(std::array<std::uint8_t, 3>{1, 2, 3});
  return key;
}

// Hands out the input as numbers, then zeros.
class Fields {
 public:
  explicit Fields(FuzzInput input) : left_(input) {}
  template <typename Number>
  Number Take() {
    Number number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      number = static_cast<Number>(number << 8 | (left_.empty() ? 0 : left_.front()));
      if (!left_.empty()) left_ = left_.subspan(1);
    }
    return number;
  }
  std::string_view Rest() const { return TextOf(left_); }

 private:
  FuzzInput left_;
};

Binding TakeBinding(Fields& fields) {
  const auto parts = fields.Take<std::uint8_t>();
  std::array<std::uint8_t, kBindingSize> bytes;
  for (std::uint8_t& byte : bytes) byte = fields.Take<std::uint8_t>();
  return LoadBinding(parts, bytes.data());
}

// What can be said can be sealed, opened, and sealed to the same bytes.
void CheckSealedClearance(Fields fields) {
  Clearance said;
  said.key_id = fields.Take<std::uint8_t>();
  said.issued_at = fields.Take<std::uint32_t>();
  said.expires_at = fields.Take<std::uint32_t>();
  said.site_id = fields.Take<std::uint32_t>();
  said.rank = fields.Take<std::uint8_t>();
  said.puzzle = static_cast<Puzzle>(fields.Take<std::uint8_t>());
  said.effort_log2 = fields.Take<std::uint8_t>();
  said.budget_class = fields.Take<std::uint8_t>();
  said.roams = fields.Take<std::uint8_t>();
  said.binding = TakeBinding(fields);
  const ClearanceText text = SealClearance(said, SomeKey());
  SealedClearance sealed;
  STILE_REQUIRE(sealed.Parse({text.data(), text.size()}) == TokenShape::kWellFormed);
  Clearance opened;
  STILE_REQUIRE(sealed.Open(SomeKey(), opened));
  STILE_REQUIRE(opened.issued_at == said.issued_at && opened.expires_at == said.expires_at);
  STILE_REQUIRE(opened.rank == said.rank && opened.site_id == said.site_id);
  STILE_REQUIRE(SealClearance(opened, SomeKey()) == text);
}

void CheckSealedChallenge(Fields fields) {
  Challenge said;
  said.key_id = fields.Take<std::uint8_t>();
  said.mint_key_id = fields.Take<std::uint8_t>();
  said.issued_at = UnixMillis{static_cast<std::int64_t>(fields.Take<std::uint64_t>() >> 20)};
  said.expires_at =
      static_cast<std::uint32_t>(said.issued_at.Seconds() + fields.Take<std::uint16_t>());
  said.site_id = fields.Take<std::uint32_t>();
  said.roams = fields.Take<std::uint8_t>();
  said.binding = TakeBinding(fields);
  said.alternative_count = fields.Take<std::uint8_t>() % 6;
  for (std::size_t i = 0; i < kMaxAlternatives; ++i) {
    Alternative& alternative = said.alternatives[i];
    alternative.puzzle = static_cast<Puzzle>(fields.Take<std::uint8_t>() % 4);
    alternative.rank = fields.Take<std::uint8_t>();
    alternative.parts = fields.Take<std::uint8_t>() % 70;
    alternative.effort = fields.Take<std::uint64_t>() >> 23;
    alternative.lifetime_seconds = fields.Take<std::uint32_t>() >> 12;
  }
  said.return_path = fields.Rest();
  ChallengeText text;
  if (!SealChallenge(said, SomeKey(), text)) {
    STILE_REQUIRE(text.size == 0);
    return;
  }
  SealedChallenge sealed;
  STILE_REQUIRE(sealed.Parse(text.view()) == TokenShape::kWellFormed);
  Challenge opened;
  STILE_REQUIRE(sealed.Open(SomeKey(), opened));
  STILE_REQUIRE(opened.issued_at == said.issued_at && opened.site_id == said.site_id);
  STILE_REQUIRE(opened.return_path == (IsReturnPath(said.return_path) ? said.return_path : "/"));
  for (std::size_t i = 0; i < said.alternative_count; ++i) {
    STILE_REQUIRE(opened.alternatives[i] == said.alternatives[i]);
    STILE_REQUIRE(IsWellFormed(opened.alternatives[i]));
  }
  ChallengeText again;
  STILE_REQUIRE(SealChallenge(opened, SomeKey(), again) && again.view() == text.view());
}

void CheckSealedContext(Fields fields) {
  Context said;
  said.key_id = fields.Take<std::uint8_t>();
  said.rank = fields.Take<std::uint8_t>();
  said.issued_at = fields.Take<std::uint32_t>();
  said.expires_at = fields.Take<std::uint32_t>();
  said.site_id = fields.Take<std::uint32_t>();
  said.action = fields.Take<std::uint8_t>();
  said.verdict = fields.Take<std::uint8_t>();
  said.rule = fields.Take<std::uint16_t>();
  said.return_path = fields.Rest();
  ContextText text;
  SealContext(said, SomeKey(), text);
  SealedContext sealed;
  STILE_REQUIRE(sealed.Parse(text.view()) == TokenShape::kWellFormed);
  Context opened;
  STILE_REQUIRE(sealed.Open(SomeKey(), opened));
  STILE_REQUIRE(opened.rule == said.rule && opened.action == said.action);
  STILE_REQUIRE(opened.return_path == (IsReturnPath(said.return_path) ? said.return_path : "/"));
  ContextText again;
  SealContext(opened, SomeKey(), again);
  STILE_REQUIRE(again.view() == text.view());
}

}  // namespace

// The input is a token as text, or a challenge and a solution on two lines; the same bytes are also
// taken as the bytes of a token and as the fields of one that is sealed here.
void FuzzToken(FuzzInput input) {
  if (input.size() > 4096) return;
  const std::string_view text = TextOf(input);
  CheckBase64(input);
  CheckClearanceText(text);
  CheckContextText(text);
  CheckSolution(text);
  const std::size_t line = std::min(text.find('\n'), text.size());
  CheckRedemption(text.substr(0, line), text.substr(std::min(line + 1, text.size())));

  const std::string spelled = EncodeBase64Url(input);
  CheckClearanceText(spelled);
  CheckContextText(spelled);
  CheckSolution(spelled);
  CheckRedemption(spelled, "AAA");
  CheckRedemption(FuzzSite::Get().challenge, spelled);

  const Fields fields(input);
  CheckSealedClearance(fields);
  CheckSealedChallenge(fields);
  CheckSealedContext(fields);
}

}  // namespace stile
