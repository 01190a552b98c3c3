#include "challenge/issuer.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "tests/challenge/allocation_count.h"
#include "tests/challenge/failing_getentropy.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

constexpr std::array<Alternative, 2> kAlternatives = {{
    {Puzzle::kSha256, 2, 16, 5, 4'000'000, 43'200},
    {Puzzle::kWait, 1, 0, 1, 5'000, 600},
}};

Issuer MakeIssuer(std::chrono::seconds lifetime = std::chrono::seconds{600}) {
  return Issuer::Create(MainSite(), lifetime).value();
}

Issuer::Order MakeOrder() { return {MakeBinding(), kAlternatives, "/a?b=c", 3}; }

IssueFailure Failure(const Issuer::Order& order, UnixMillis now = kNow) {
  Entropy entropy;
  ChallengeText text;
  text.size = 7;
  const IssueFailure failure = MakeIssuer().Issue(order, now, entropy, text);
  EXPECT_EQ(text.size != 0, failure == IssueFailure::kNone);
  return failure;
}

// Issues one challenge and opens it.
Challenge IssueAndOpen(SealedChallenge& sealed, UnixMillis now = kNow) {
  Entropy entropy;
  ChallengeText text;
  EXPECT_EQ(MakeIssuer().Issue(MakeOrder(), now, entropy, text), IssueFailure::kNone);
  EXPECT_EQ(sealed.Parse(text.view()), TokenShape::kWellFormed);
  const HmacKey* key =
      MainSite()->Find(KeyPurpose::kChallenge, sealed.claimed_key_id(), now.Seconds(), now);
  EXPECT_NE(key, nullptr);
  Challenge challenge;
  EXPECT_TRUE(sealed.Open(*key, challenge));
  return challenge;
}

TEST(Issuer, IsMadeWithLifetimesFromTenSecondsToAnHour) {
  EXPECT_TRUE(Issuer::Create(MainSite(), std::chrono::seconds{10}).has_value());
  EXPECT_TRUE(Issuer::Create(MainSite(), std::chrono::hours{1}).has_value());
  for (const int seconds : {-1, 0, 9, 3'601}) {
    const auto issuer = Issuer::Create(MainSite(), std::chrono::seconds{seconds});
    ASSERT_FALSE(issuer.has_value()) << seconds;
    EXPECT_EQ(issuer.error().code, ErrorCode::kOutOfRange);
  }
}

TEST(Issuer, IsNotMadeWithoutKeys) {
  const auto issuer = Issuer::Create(nullptr, std::chrono::seconds{600});
  ASSERT_FALSE(issuer.has_value());
  EXPECT_EQ(issuer.error().code, ErrorCode::kInvalidArgument);
}

TEST(Issuer, SealsTheOrder) {
  SealedChallenge sealed;
  const Challenge challenge = IssueAndOpen(sealed, kNow + std::chrono::milliseconds{999});
  EXPECT_EQ(challenge.key_id, 1);
  EXPECT_EQ(challenge.mint_key_id, 1);
  EXPECT_EQ(challenge.issued_at, kNow + std::chrono::milliseconds{999});
  EXPECT_EQ(challenge.expires_at, kNoon + 600);
  EXPECT_EQ(challenge.site_id, SiteId("main"));
  EXPECT_EQ(challenge.binding, MakeBinding());
  EXPECT_EQ(challenge.roams, 3);
  EXPECT_EQ(challenge.alternative_count, 2);
  EXPECT_EQ(challenge.alternatives[0], kAlternatives[0]);
  EXPECT_EQ(challenge.alternatives[1], kAlternatives[1]);
  EXPECT_EQ(challenge.return_path, "/a?b=c");
}

TEST(Issuer, GivesEveryChallengeItsOwnId) {
  const Issuer issuer = MakeIssuer();
  Entropy entropy;
  std::set<TokenId> ids;
  for (int i = 0; i < 1'000; ++i) {
    ChallengeText text;
    ASSERT_EQ(issuer.Issue(MakeOrder(), kNow, entropy, text), IssueFailure::kNone);
    SealedChallenge sealed;
    ASSERT_EQ(sealed.Parse(text.view()), TokenShape::kWellFormed);
    ids.insert(sealed.claimed_id());
  }
  EXPECT_EQ(ids.size(), 1'000U);
}

TEST(Issuer, RefusesWithoutASigningKey) {
  EXPECT_EQ(Failure(MakeOrder(), MainSite()->horizon()), IssueFailure::kNoSigningKey);
  EXPECT_EQ(Failure(MakeOrder(), UnixMillis{-1}), IssueFailure::kNoSigningKey);
  EXPECT_EQ(Failure(MakeOrder(), UnixMillis{INT64_MAX}), IssueFailure::kNoSigningKey);
}

TEST(Issuer, RefusesWithoutRandomness) {
  const FailingGetentropy failing;
  EXPECT_EQ(Failure(MakeOrder()), IssueFailure::kNoEntropy);
}

TEST(Issuer, RefusesBadAlternatives) {
  Issuer::Order order = MakeOrder();
  order.alternatives = {};
  EXPECT_EQ(Failure(order), IssueFailure::kBadAlternatives);
  const std::vector<Alternative> five(5, kAlternatives[0]);
  order.alternatives = five;
  EXPECT_EQ(Failure(order), IssueFailure::kBadAlternatives);
  std::vector<Alternative> one_is_bad(2, kAlternatives[0]);
  one_is_bad[1].effort = 0;
  order.alternatives = one_is_bad;
  EXPECT_EQ(Failure(order), IssueFailure::kBadAlternatives);
  const std::vector<Alternative> four(4, kAlternatives[0]);
  order.alternatives = four;
  EXPECT_EQ(Failure(order), IssueFailure::kNone);
}

TEST(Issuer, DoesNotAllocate) {
  const Issuer issuer = MakeIssuer();
  const std::string path = std::string("/").append(767, 'a');
  Issuer::Order order = MakeOrder();
  order.return_path = path;
  Entropy entropy;
  ChallengeText text;
  const std::size_t before = AllocationCount();
  int issued = 0;
  for (int i = 0; i < 100; ++i) {
    issued += issuer.Issue(order, kNow, entropy, text) == IssueFailure::kNone ? 1 : 0;
  }
  const std::size_t after = AllocationCount();
  EXPECT_EQ(issued, 100);
  EXPECT_EQ(after, before);
}

TEST(EarnedClearance, IsTheOneThatAnotherImplementationMints) {
  const ClearanceText text =
      SealClearance(EarnedClearance(MakeChallenge(), 0), MainKey(KeyPurpose::kClearance));
  EXPECT_EQ(std::string_view(text.data(), text.size()), kClearanceText);
}

TEST(EarnedClearance, TakesEverythingFromTheChallenge) {
  SealedChallenge sealed;
  const Challenge challenge = IssueAndOpen(sealed, kNow + std::chrono::milliseconds{999});
  const Clearance work = EarnedClearance(challenge, 0);
  EXPECT_EQ(work.key_id, challenge.mint_key_id);
  EXPECT_EQ(work.id, challenge.id);
  EXPECT_EQ(work.issued_at, kNoon);
  EXPECT_EQ(work.expires_at, kNoon + 43'200);
  EXPECT_EQ(work.site_id, challenge.site_id);
  EXPECT_EQ(work.rank, 2);
  EXPECT_EQ(work.puzzle, Puzzle::kSha256);
  EXPECT_EQ(work.effort_log2, 21);
  EXPECT_EQ(work.budget_class, 5);
  EXPECT_EQ(work.roams, 3);
  EXPECT_EQ(work.binding, challenge.binding);
  const Clearance wait = EarnedClearance(challenge, 1);
  EXPECT_EQ(wait.expires_at, kNoon + 600);
  EXPECT_EQ(wait.rank, 1);
  EXPECT_EQ(wait.puzzle, Puzzle::kWait);
  EXPECT_EQ(wait.effort_log2, 0);
  EXPECT_EQ(wait.budget_class, 1);
}

TEST(EarnedClearance, IsTheSameHoweverOftenTheChallengeIsOpened) {
  Entropy entropy;
  ChallengeText text;
  ASSERT_EQ(MakeIssuer().Issue(MakeOrder(), kNow, entropy, text), IssueFailure::kNone);
  std::set<std::string> clearances;
  for (int i = 0; i < 10; ++i) {
    // A ring of another day, as after a restart or on another node.
    std::vector<MasterKey> masters;
    masters.push_back(MakeMaster(1));
    masters.push_back(MakeMaster(2, kNow, 99));
    const UnixMillis created = kNow + std::chrono::hours{24 * (i % 3)};
    const auto site = KeyRing::Create(std::move(masters), created).value().ForSite("main").value();
    SealedChallenge sealed;
    ASSERT_EQ(sealed.Parse(text.view()), TokenShape::kWellFormed);
    Challenge challenge;
    ASSERT_TRUE(sealed.Open(*site->Find(KeyPurpose::kChallenge, 1, kNoon, created), challenge));
    const ClearanceText clearance =
        SealClearance(EarnedClearance(challenge, 0),
                      *site->Find(KeyPurpose::kClearance, challenge.mint_key_id, kNoon, created));
    clearances.insert(std::string(clearance.data(), clearance.size()));
  }
  EXPECT_EQ(clearances.size(), 1U);
}

TEST(EarnedClearance, LogarithmOfTheEffortIsRoundedDown) {
  Challenge challenge = MakeChallenge();
  for (const auto& [effort, log2] :
       {std::pair{std::uint64_t{1}, 0}, {2, 1}, {3, 1}, {4, 2}, {kMaxEffort, 40}}) {
    challenge.alternatives[0].effort = effort;
    EXPECT_EQ(EarnedClearance(challenge, 0).effort_log2, log2) << effort;
  }
}

TEST(EarnedClearance, AnIndexPastTheAlternativesEarnsNothing) {
  EXPECT_EQ(EarnedClearance(MakeChallenge(), 2), Clearance());
}

}  // namespace
}  // namespace stile
