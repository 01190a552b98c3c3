#include "verifier/redeemer.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/solution.h"
#include "tests/verifier/site_fixture.h"
#include "verifier/clearance_check.h"

namespace stile {
namespace {

using fixture::ChallengeKey;
using fixture::Issue;
using fixture::IssueFor;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Patched;
using fixture::Solve;
using fixture::SolveBadly;
using fixture::Tables;
using fixture::Visitor;
using fixture::VisitorAt;
using fixture::WaitSolution;
using std::chrono::milliseconds;
using std::chrono::seconds;

using Bytes = std::vector<std::uint8_t>;

class RedeemerTest : public testing::Test {
 protected:
  Redemption Redeem(std::string_view challenge, std::string_view solution,
                    const Client& client = Visitor(), UnixMillis now = kNow + seconds{10}) {
    return redeemer_.Redeem(challenge, solution, client, now, scratch_);
  }
  Verdict VerdictOf(std::string_view challenge, std::string_view solution,
                    const Client& client = Visitor(), UnixMillis now = kNow + seconds{10}) {
    return Redeem(challenge, solution, client, now).verdict;
  }

  std::shared_ptr<RedeemTables> tables_ = Tables();
  Redeemer redeemer_{Keys(), tables_};
  SealedChallenge scratch_;
};

std::string_view TextOf(const Redemption& redemption) {
  return {redemption.text.data(), redemption.text.size()};
}

TEST_F(RedeemerTest, SolutionEarnsWhatTheChallengeSealed) {
  const std::string challenge = Issue(Visitor(), kNow + milliseconds{999}, *Keys(), 3);
  const Redemption redemption = Redeem(challenge, Solve(challenge));
  ASSERT_EQ(redemption.verdict, Verdict::kValid);
  EXPECT_FALSE(redemption.repeated);
  EXPECT_TRUE(redemption.authentic);
  EXPECT_EQ(redemption.alternative, 0U);
  EXPECT_EQ(redemption.puzzle, Puzzle::kSha256);
  EXPECT_EQ(redemption.challenge.return_path, "/deep?link=1");
  const Clearance& clearance = redemption.clearance;
  EXPECT_EQ(clearance.key_id, 1);
  EXPECT_EQ(clearance.id, redemption.challenge.id);
  EXPECT_EQ(clearance.issued_at, kNowSeconds);
  EXPECT_EQ(clearance.expires_at, kNowSeconds + 43'200);
  EXPECT_EQ(clearance.site_id, Keys()->site_id());
  EXPECT_EQ(clearance.rank, 2);
  EXPECT_EQ(clearance.puzzle, Puzzle::kSha256);
  EXPECT_EQ(clearance.effort_log2, 6);
  EXPECT_EQ(clearance.budget_class, 0);
  EXPECT_EQ(clearance.roams, 3);
  EXPECT_EQ(clearance.binding, Binding::Of(Visitor(), BindingOptions{}));

  const ClearanceFinding finding =
      ClearanceCheck(Keys(), "stile").Check(TextOf(redemption), Visitor(), kNow);
  EXPECT_EQ(finding.verdict, Verdict::kValid);
  EXPECT_EQ(finding.clearance, clearance);
}

TEST_F(RedeemerTest, WaitingEarnsItsOwnLevel) {
  const std::string challenge = Issue();
  const Redemption redemption =
      Redeem(challenge, WaitSolution(), Visitor(), kNow + milliseconds{5000});
  ASSERT_EQ(redemption.verdict, Verdict::kValid);
  EXPECT_EQ(redemption.puzzle, Puzzle::kWait);
  EXPECT_EQ(redemption.clearance.rank, 1);
  EXPECT_EQ(redemption.clearance.effort_log2, 0);
  EXPECT_EQ(redemption.clearance.budget_class, 1);
  EXPECT_EQ(redemption.clearance.expires_at, kNowSeconds + 600);
}

TEST_F(RedeemerTest, CallsEmptyChallengeAbsent) {
  EXPECT_EQ(VerdictOf("", ""), Verdict::kAbsent);
  EXPECT_EQ(VerdictOf("", "???"), Verdict::kAbsent);
}

TEST_F(RedeemerTest, RefusesChallengeThatIsNone) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  EXPECT_EQ(VerdictOf(challenge.substr(1), solution), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge + "AAAA", solution), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(std::string(1 << 20, 'A'), solution), Verdict::kMalformed);
  for (const std::size_t offset : {0, 1, 3, 53}) {
    const std::string patched =
        Patched(challenge, ChallengeKey(), [offset](Bytes& b) { b[offset] ^= 0x40; });
    EXPECT_EQ(VerdictOf(patched, solution), Verdict::kMalformed) << offset;
  }
}

TEST_F(RedeemerTest, RefusesSolutionThatDoesNotFitTheChallenge) {
  const std::string challenge = Issue();
  const auto encoded = [](const Bytes& bytes) { return EncodeBase64Url(bytes); };
  EXPECT_EQ(VerdictOf(challenge, ""), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge, "A"), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge, "!!!!"), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge, std::string(1 << 20, 'A')), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge, encoded({2, 0})), Verdict::kMalformed);  // No alternative 2.
  EXPECT_EQ(VerdictOf(challenge, encoded({255, 0})), Verdict::kMalformed);
  EXPECT_EQ(VerdictOf(challenge, encoded({0, 0})), Verdict::kMalformed);  // 4 parts asked.
  Bytes three(2 + 3 * 8);
  three[1] = 3;
  EXPECT_EQ(VerdictOf(challenge, encoded(three)), Verdict::kMalformed);
  Bytes of_wait(2 + 8);
  of_wait[0] = 1;
  of_wait[1] = 1;
  EXPECT_EQ(VerdictOf(challenge, encoded(of_wait)), Verdict::kMalformed);
}

TEST_F(RedeemerTest, RefusesPuzzleThatItDoesNotKnow) {
  const std::string challenge = Issue();
  const std::string patched = Patched(challenge, ChallengeKey(), [](Bytes& b) { b[54] = 4; });
  EXPECT_EQ(VerdictOf(patched, Solve(challenge)), Verdict::kMalformed);
}

TEST_F(RedeemerTest, TakesHashwxSolvedAndNoOther) {
  const std::string challenge =
      Patched(Issue(), ChallengeKey(), [](Bytes& b) { b[54] = 3; });  // Puzzle hashwx.
  const std::string solution = Solve(challenge);
  Solution wrong;
  ASSERT_TRUE(ParseSolution(solution, wrong));
  wrong.nonces[1] += 1;
  EXPECT_EQ(VerdictOf(challenge, FormatSolution(wrong)), Verdict::kUnsolved);
  EXPECT_EQ(VerdictOf(challenge, Solve(Issue())), Verdict::kUnsolved);
  const Redemption redemption = Redeem(challenge, solution);
  EXPECT_EQ(redemption.verdict, Verdict::kValid);
  EXPECT_EQ(redemption.clearance.puzzle, Puzzle::kHashwx);
}

TEST_F(RedeemerTest, RefusesAlternativeThatNoIssuerMaySeal) {
  const std::string challenge = Issue();
  const std::string patched =
      Patched(challenge, ChallengeKey(), [](Bytes& b) { b[55] = 0; });  // Rank.
  const Redemption redemption = Redeem(patched, Solve(patched));
  EXPECT_EQ(redemption.verdict, Verdict::kMalformed);
  EXPECT_EQ(redemption.text, ClearanceText{});
}

TEST_F(RedeemerTest, RefusesChallengeOfOtherSite) {
  std::vector<MasterKey> masters;
  masters.push_back(fixture::Master(1, UnixMillis{0}));
  const auto other = fixture::KeysOf(std::move(masters), kNow, "other");
  const std::string challenge = Issue(Visitor(), kNow, *other);
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge)), Verdict::kWrongSite);
}

TEST_F(RedeemerTest, ExpiresInTheSecondThatTheChallengeNames) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  EXPECT_EQ(VerdictOf(challenge, solution, Visitor(), kNow + seconds{120}), Verdict::kExpired);
  EXPECT_EQ(VerdictOf(challenge, solution, Visitor(), kNow + milliseconds{119'999}),
            Verdict::kValid);
}

TEST_F(RedeemerTest, AcceptsChallengeIssuedUpToAMinuteAhead) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  EXPECT_EQ(VerdictOf(challenge, solution, Visitor(), kNow - milliseconds{60'001}),
            Verdict::kNotYetValid);
  EXPECT_EQ(VerdictOf(challenge, solution, Visitor(), kNow - milliseconds{60'000}),
            Verdict::kValid);
}

TEST_F(RedeemerTest, RefusesIssueTimeBeyondAllMeasure) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  const std::string patched = Patched(challenge, ChallengeKey(), [](Bytes& b) {
    for (std::size_t i = 20; i < 28; ++i) b[i] = 0xFF;
  });
  EXPECT_EQ(VerdictOf(patched, solution), Verdict::kNotYetValid);
}

TEST_F(RedeemerTest, RefusesKeysThatAreNotHeld) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  for (const std::size_t offset : {2, 51}) {  // The challenge's key, the mint key.
    const std::string patched =
        Patched(challenge, ChallengeKey(), [offset](Bytes& b) { b[offset] = 99; });
    const Redemption redemption = Redeem(patched, solution);
    EXPECT_EQ(redemption.verdict, Verdict::kUnknownKey) << offset;
    EXPECT_FALSE(redemption.authentic);
  }
}

TEST_F(RedeemerTest, RefusesEveryFlippedBitOfAChallenge) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  const std::size_t bits = Base64UrlDecodedLength(challenge.size()) * 8;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const std::string patched = Patched(challenge, nullptr, [bit](Bytes& b) {
      b[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    });
    const Redemption redemption = Redeem(patched, solution);
    EXPECT_NE(redemption.verdict, Verdict::kValid) << "bit " << bit;
    EXPECT_FALSE(redemption.authentic) << "bit " << bit;
    EXPECT_EQ(redemption.text, ClearanceText{}) << "bit " << bit;
    if (bit >= bits - 128) {
      EXPECT_EQ(redemption.verdict, Verdict::kForged) << "bit " << bit;
    }
  }
}

TEST_F(RedeemerTest, RefusesChallengeOfOtherClient) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  const Redemption redemption = Redeem(challenge, solution, VisitorAt("192.0.3.7"));
  EXPECT_EQ(redemption.verdict, Verdict::kWrongClient);
  EXPECT_TRUE(redemption.authentic);
  EXPECT_EQ(redemption.text, ClearanceText{});
  Client other_agent = Visitor();
  other_agent.user_agent = fixture::kOtherUserAgent;
  EXPECT_EQ(VerdictOf(challenge, solution, other_agent), Verdict::kWrongClient);
  EXPECT_EQ(VerdictOf(challenge, solution, VisitorAt("::ffff:192.0.2.200")), Verdict::kValid);
}

TEST_F(RedeemerTest, RefusesSolutionWithOneBadPart) {
  for (std::size_t part = 0; part < 4; ++part) {
    const std::string challenge = Issue();
    const Redemption redemption = Redeem(challenge, SolveBadly(challenge, part));
    EXPECT_EQ(redemption.verdict, Verdict::kUnsolved) << part;
    EXPECT_EQ(redemption.text, ClearanceText{});
  }
}

TEST_F(RedeemerTest, RefusesSolutionOfOtherChallenge) {
  const std::array<Alternative, 1> hard{Alternative{Puzzle::kSha256, 2, 4, 0, 40'000, 600}};
  const std::string challenge = IssueFor(hard, Visitor(), kNow);
  EXPECT_EQ(VerdictOf(challenge, Solve(IssueFor(hard, Visitor(), kNow))), Verdict::kUnsolved);
}

TEST_F(RedeemerTest, RefusesSolutionOfOtherAlternative) {
  const Alternative hard{Puzzle::kSha256, 2, 4, 0, 40'000, 600};
  const std::array<Alternative, 2> twice{hard, hard};
  const std::string challenge = IssueFor(twice, Visitor(), kNow);
  Bytes bytes(2 + 4 * 8);
  ASSERT_TRUE(DecodeBase64Url(Solve(challenge, 0), bytes).has_value());
  bytes[0] = 1;
  EXPECT_EQ(VerdictOf(challenge, EncodeBase64Url(bytes)), Verdict::kUnsolved);
}

TEST_F(RedeemerTest, RefusesAnySolutionAfterThreeBadOnes) {
  const std::string challenge = Issue();
  const std::string good = Solve(challenge);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(VerdictOf(challenge, SolveBadly(challenge, 0)), Verdict::kUnsolved);
  }
  EXPECT_EQ(VerdictOf(challenge, SolveBadly(challenge, 0)), Verdict::kTooManyTries);
  EXPECT_EQ(VerdictOf(challenge, good), Verdict::kTooManyTries);
  EXPECT_EQ(VerdictOf(challenge, WaitSolution()), Verdict::kTooManyTries);
  const std::string fresh = Issue();
  EXPECT_EQ(VerdictOf(fresh, Solve(fresh)), Verdict::kValid);
}

TEST_F(RedeemerTest, TwoBadSolutionsAreForgiven) {
  const std::string challenge = Issue();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(VerdictOf(challenge, SolveBadly(challenge, 1)), Verdict::kUnsolved);
  }
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge)), Verdict::kValid);
}

TEST_F(RedeemerTest, StrangersCanNotUseUpTriesOfAChallenge) {
  const std::string challenge = Issue();
  const std::string bad = SolveBadly(challenge, 0);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(VerdictOf(challenge, bad, VisitorAt("192.0.3.7")), Verdict::kWrongClient);
  }
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge)), Verdict::kValid);
}

TEST_F(RedeemerTest, RepeatedSolutionIsNotCheckedAgain) {
  const std::string challenge = Issue();
  const Redemption first = Redeem(challenge, Solve(challenge));
  const Redemption again = Redeem(challenge, Solve(challenge), Visitor(), kNow + seconds{100});
  EXPECT_EQ(again.verdict, Verdict::kValid);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.text, first.text);
}

TEST_F(RedeemerTest, ForgettingChangesNoClearance) {
  const std::string challenge = Issue();
  const Redemption first = Redeem(challenge, Solve(challenge));
  const Redeemer restarted(Keys(), Tables());
  const Redemption again =
      restarted.Redeem(challenge, Solve(challenge, 0, 1'000'000), Visitor(), kNow, scratch_);
  EXPECT_EQ(again.verdict, Verdict::kValid);
  EXPECT_FALSE(again.repeated);
  EXPECT_EQ(again.text, first.text);
}

TEST_F(RedeemerTest, SolvingOneAlternativeSolvesNoOther) {
  const std::string challenge = Issue();
  ASSERT_EQ(VerdictOf(challenge, WaitSolution()), Verdict::kValid);
  EXPECT_EQ(VerdictOf(challenge, SolveBadly(challenge, 0)), Verdict::kUnsolved);
}

TEST_F(RedeemerTest, MintsWithTheMasterThatTheChallengeNames) {
  std::vector<MasterKey> masters;
  masters.push_back(fixture::Master(1, UnixMillis{0}));
  masters.push_back(fixture::Master(2, kNow + seconds{5}));
  const auto keys = fixture::KeysOf(std::move(masters), kNow);
  const std::string challenge = Issue(Visitor(), kNow, *keys);
  const Redeemer redeemer(keys, Tables());
  const Redemption redemption =
      redeemer.Redeem(challenge, Solve(challenge), Visitor(), kNow + seconds{10}, scratch_);
  ASSERT_EQ(redemption.verdict, Verdict::kValid);
  EXPECT_EQ(redemption.clearance.key_id, 1);
  EXPECT_EQ(Issue(Visitor(), kNow + seconds{10}, *keys).substr(0, 4), "AQEC");  // Key 2 signs now.
}

// --- Waiting ---

TEST_F(RedeemerTest, RefusesWaitThatIsNotOver) {
  const std::string challenge = Issue();
  const Redemption redemption =
      Redeem(challenge, WaitSolution(), Visitor(), kNow + milliseconds{4'999});
  EXPECT_EQ(redemption.verdict, Verdict::kTooEarly);
  EXPECT_EQ(redemption.wait_left_ms, 1);
  EXPECT_EQ(Redeem(challenge, WaitSolution(), Visitor(), kNow - seconds{60}).wait_left_ms, 65'000);
}

TEST_F(RedeemerTest, ComingBackTooEarlyUsesUpNothing) {
  const std::string challenge = Issue();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(VerdictOf(challenge, WaitSolution(), Visitor(), kNow + seconds{1}),
              Verdict::kTooEarly);
  }
  EXPECT_EQ(VerdictOf(challenge, WaitSolution()), Verdict::kValid);
}

TEST_F(RedeemerTest, LimitsWaitsOfOnePrefix) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid) << i;
  }
  const std::string challenge = Issue();
  const Redemption limited = Redeem(challenge, WaitSolution());
  EXPECT_EQ(limited.verdict, Verdict::kLimited);
  EXPECT_EQ(limited.wait_left_ms, 60'000);
  EXPECT_EQ(limited.text, ClearanceText{});
  EXPECT_EQ(VerdictOf(challenge, WaitSolution(), Visitor(), kNow + seconds{70}), Verdict::kValid);
  EXPECT_EQ(VerdictOf(Issue(), Solve(Issue())), Verdict::kUnsolved);  // Work has no such limit.
}

TEST_F(RedeemerTest, RepeatedWaitTakesNothingAgain) {
  const std::string challenge = Issue();
  const Redemption first = Redeem(challenge, WaitSolution());
  for (int i = 0; i < 100; ++i) {
    const Redemption again = Redeem(challenge, WaitSolution());
    ASSERT_EQ(again.verdict, Verdict::kValid);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.text, first.text);
  }
  for (int i = 0; i < 9; ++i) EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid) << i;
  EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kLimited);
}

TEST_F(RedeemerTest, ClientsWithoutAddressShareOneCell) {
  for (int i = 0; i < 11; ++i) {
    Client client;
    const std::string agent = "agent of " + std::string(static_cast<std::size_t>(i), 'x');
    client.user_agent = agent;
    EXPECT_EQ(VerdictOf(Issue(client), WaitSolution(), client),
              i < 10 ? Verdict::kValid : Verdict::kLimited);
  }
}

TEST_F(RedeemerTest, PrefixThatIsLimitedTakesNothingFromTheProcess) {
  tables_ = Tables({.wait_per_prefix = {1, std::chrono::hours{1}, 1},
                    .wait_global = {1, std::chrono::hours{1}, 2}});
  redeemer_ = Redeemer(Keys(), tables_);
  EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kLimited);
  const Client other = VisitorAt("198.51.100.1");
  EXPECT_EQ(VerdictOf(Issue(other), WaitSolution(), other), Verdict::kValid);
}

TEST_F(RedeemerTest, ProcessThatIsLimitedTakesNothingFromAPrefix) {
  tables_ = Tables({.wait_per_prefix = {1, std::chrono::hours{24}, 1},
                    .wait_global = {1, std::chrono::seconds{30}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid);
  const Client other = VisitorAt("198.51.100.1");
  const std::string challenge = Issue(other);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(VerdictOf(challenge, WaitSolution(), other), Verdict::kLimited);
  }
  EXPECT_EQ(VerdictOf(challenge, WaitSolution(), other, kNow + seconds{40}), Verdict::kValid);
}

// --- sha256 where it is a fallback ---

constexpr Alternative kBetter = {Puzzle::kHashwx, 2, 1, 0, 1, 43'200};
constexpr Alternative kFallback = {Puzzle::kSha256, 2, 1, 2, 1, 10'800};

std::string IssueFallback(const Client& client = Visitor()) {
  const std::array<Alternative, 2> both{kBetter, kFallback};
  return IssueFor(both, client, kNow);
}

TEST_F(RedeemerTest, LimitsSha256OfOnePrefixWhereHashwxIsOffered) {
  tables_ = Tables({.sha256_per_prefix = {1, std::chrono::minutes{1}, 2}});
  redeemer_ = Redeemer(Keys(), tables_);
  for (int i = 0; i < 2; ++i) {
    const std::string challenge = IssueFallback();
    EXPECT_EQ(VerdictOf(challenge, Solve(challenge, 1)), Verdict::kValid) << i;
  }
  const std::string challenge = IssueFallback();
  const std::string solution = Solve(challenge, 1);
  const Redemption limited = Redeem(challenge, solution);
  EXPECT_EQ(limited.verdict, Verdict::kLimited);
  EXPECT_EQ(limited.wait_left_ms, 60'000);
  EXPECT_EQ(limited.text, ClearanceText{});
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge, 0)), Verdict::kValid);  // hashwx has no limit.
  // The same solution is good later.
  EXPECT_EQ(VerdictOf(challenge, solution, Visitor(), kNow + seconds{80}), Verdict::kValid);
  const Client other = VisitorAt("198.51.100.1");
  const std::string theirs = IssueFallback(other);
  EXPECT_EQ(VerdictOf(theirs, Solve(theirs, 1), other), Verdict::kValid);
}

TEST_F(RedeemerTest, LimitsSha256OfTheProcess) {
  tables_ = Tables({.sha256_global = {1, std::chrono::minutes{1}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  const std::string first = IssueFallback();
  EXPECT_EQ(VerdictOf(first, Solve(first, 1)), Verdict::kValid);
  EXPECT_TRUE(Redeem(first, Solve(first, 1)).repeated);  // A repeat takes nothing.
  const Client other = VisitorAt("198.51.100.1");
  const std::string second = IssueFallback(other);
  EXPECT_EQ(VerdictOf(second, Solve(second, 1), other), Verdict::kLimited);
}

TEST_F(RedeemerTest, Sha256ThatIsNoFallbackHasNoLimit) {
  tables_ = Tables({.sha256_per_prefix = {1, std::chrono::hours{1}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  Alternative lower = kBetter;
  lower.rank = 1;
  const std::array<Alternative, 1> alone{kFallback};
  const std::array<Alternative, 2> for_more{lower, kFallback};
  for (int i = 0; i < 3; ++i) {
    const std::string first = IssueFor(alone, Visitor(), kNow);
    EXPECT_EQ(VerdictOf(first, Solve(first, 0)), Verdict::kValid) << i;
    const std::string second = IssueFor(for_more, Visitor(), kNow);
    EXPECT_EQ(VerdictOf(second, Solve(second, 1)), Verdict::kValid) << i;
  }
}

TEST_F(RedeemerTest, UnsolvedSha256TakesNothingFromTheLimits) {
  tables_ = Tables({.sha256_per_prefix = {1, std::chrono::hours{1}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  Alternative hard = kFallback;
  hard.effort = std::uint64_t{1} << 40;
  const std::array<Alternative, 2> both{kBetter, hard};
  for (int i = 0; i < 5; ++i) {
    const std::string challenge = IssueFor(both, Visitor(), kNow);
    Solution guess;
    guess.alternative = guess.parts = 1;
    EXPECT_EQ(VerdictOf(challenge, FormatSolution(guess)), Verdict::kUnsolved);
  }
  const std::string challenge = IssueFallback();
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge, 1)), Verdict::kValid);
}

TEST_F(RedeemerTest, LimitsOfSha256AndOfWaitingAreTwo) {
  tables_ = Tables({.wait_per_prefix = {1, std::chrono::hours{1}, 1},
                    .sha256_per_prefix = {1, std::chrono::hours{1}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  ASSERT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid);
  const std::string challenge = IssueFallback();
  EXPECT_EQ(VerdictOf(challenge, Solve(challenge, 1)), Verdict::kValid);
  EXPECT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kLimited);
}

TEST(RedeemTablesTest, RefusesPrefixesAndRatesOutsideTheirLimits) {
  const auto is_refused = [](const RedeemTables::Options& options) {
    const auto tables = RedeemTables::Create(options);
    return !tables.has_value() && tables.error().code == ErrorCode::kOutOfRange;
  };
  EXPECT_FALSE(is_refused({}));
  EXPECT_TRUE(is_refused({.ipv4_prefix = 0}));
  EXPECT_TRUE(is_refused({.ipv4_prefix = 33}));
  EXPECT_TRUE(is_refused({.ipv6_prefix = 0}));
  EXPECT_TRUE(is_refused({.ipv6_prefix = 65}));
  EXPECT_TRUE(is_refused({.wait_per_prefix = {0, seconds{1}, 1}}));
  EXPECT_TRUE(is_refused({.wait_global = {1, seconds{1}, 0}}));
  EXPECT_TRUE(is_refused({.sha256_per_prefix = {1, seconds{0}, 1}}));
  EXPECT_TRUE(is_refused({.sha256_global = {0, seconds{1}, 1}}));
}

// --- Precedence: of two faults the one further up in docs/wire-format.md is found ---

enum Fault {
  kMalformed,
  kWrongSite,
  kExpired,
  kNotYetValid,
  kUnknownKey,
  kForged,
  kWrongClient,
  kTooManyTries,
  kTooEarlyOrUnsolved,
  kFaults
};

constexpr Verdict kVerdictOfFault[kFaults] = {
    Verdict::kMalformed,   Verdict::kWrongSite,    Verdict::kExpired,
    Verdict::kNotYetValid, Verdict::kUnknownKey,   Verdict::kForged,
    Verdict::kWrongClient, Verdict::kTooManyTries, Verdict::kUnsolved};

void PatchU32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  }
}

class RedemptionPrecedenceTest : public testing::TestWithParam<std::tuple<int, int, bool>> {};

TEST_P(RedemptionPrecedenceTest, FirstFaultDecides) {
  const auto [first, second, waits] = GetParam();
  const auto has = [first = first, second = second](Fault fault) {
    return first == fault || second == fault;
  };
  const UnixMillis now = kNow + seconds{5};
  const UnixMillis issued_at = has(kNotYetValid)          ? now + seconds{100}
                               : has(kTooEarlyOrUnsolved) ? now
                                                          : kNow;
  std::string challenge = Patched(Issue(Visitor(), issued_at), ChallengeKey(), [&](Bytes& b) {
    if (has(kWrongSite)) b[32] ^= 1;
    if (has(kExpired)) PatchU32(b, 28, kNowSeconds);
    if (has(kUnknownKey)) b[51] = 99;
  });
  const std::shared_ptr<RedeemTables> tables = Tables();
  SealedChallenge scratch;
  ASSERT_EQ(scratch.Parse(challenge), TokenShape::kWellFormed);
  if (has(kTooManyTries)) {
    for (int i = 0; i < 3; ++i) tables->memo->RememberBad(scratch.tag());
  }
  std::string solution = WaitSolution();
  if (!waits) solution = has(kTooEarlyOrUnsolved) ? SolveBadly(challenge, 2) : Solve(challenge);
  if (has(kMalformed)) solution += "A";
  if (has(kForged)) {
    challenge = Patched(challenge, nullptr, [](Bytes& b) { b.back() ^= 1; });
  }
  const Client client = has(kWrongClient) ? VisitorAt("192.0.3.7") : Visitor();
  const Verdict expected =
      waits && first == kTooEarlyOrUnsolved ? Verdict::kTooEarly : kVerdictOfFault[first];
  EXPECT_EQ(Redeemer(Keys(), tables).Redeem(challenge, solution, client, now, scratch).verdict,
            expected);
}

// Every pair once, and every fault with itself; by work and by waiting.
std::vector<std::tuple<int, int, bool>> Pairs() {
  std::vector<std::tuple<int, int, bool>> pairs;
  for (int first = 0; first < kFaults; ++first) {
    for (int second = first; second < kFaults; ++second) {
      pairs.emplace_back(first, second, false);
      pairs.emplace_back(first, second, true);
    }
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(Pairs, RedemptionPrecedenceTest, testing::ValuesIn(Pairs()));

TEST_F(RedeemerTest, TooEarlyComesBeforeLimited) {
  tables_ = Tables({.wait_per_prefix = {1, std::chrono::hours{1}, 1}});
  redeemer_ = Redeemer(Keys(), tables_);
  ASSERT_EQ(VerdictOf(Issue(), WaitSolution()), Verdict::kValid);
  EXPECT_EQ(VerdictOf(Issue(), WaitSolution(), Visitor(), kNow), Verdict::kTooEarly);
}

}  // namespace
}  // namespace stile
