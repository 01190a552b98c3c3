#include "verifier/gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::Earned;
using fixture::FlipTag;
using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Seal;
using fixture::Visitor;
using fixture::VisitorAt;

Rule RuleFor(std::string name, std::string path, Action action, std::uint8_t rank = 0,
             RuleMode mode = RuleMode::kEnforce) {
  Rule rule;
  rule.name = std::move(name);
  rule.paths = {std::move(path)};
  rule.action = action;
  rule.rank = rank;
  rule.mode = mode;
  return rule;
}

// open: 0, shut: 1, work: 2 asks standard, 3 is a shadow rule; everything else asks light.
std::shared_ptr<const Policy> HousePolicy() {
  PolicySource source;
  source.rules = {RuleFor("open", "/open/*", Action::kAllow),
                  RuleFor("shut", "/shut/*", Action::kDeny),
                  RuleFor("work", "/forge/*", Action::kChallenge, 3),
                  RuleFor("trial", "/trial/*", Action::kDeny, 0, RuleMode::kShadow)};
  auto policy = Policy::Compile(std::move(source));
  if (!policy.has_value()) {
    ADD_FAILURE() << ToString(policy.error());
    return Policy::Minimal();
  }
  return *policy;
}

class GateTest : public testing::Test {
 protected:
  Decision Decide(std::string_view target, const std::string& token = "",
                  std::string_view method = "GET", const Client& client = Visitor()) const {
    std::vector<std::string> cookies;
    if (!token.empty()) cookies.push_back(std::string(kCookieName) + "=" + token);
    Request request = Get(target, cookies, client);
    request.method = method;
    return Gate(ClearanceCheck(Keys(), std::string(kCookieName)), policy_, mode_)
        .Decide(request, kNow);
  }

  std::shared_ptr<const Policy> policy_ = HousePolicy();
  GateMode mode_ = GateMode::kEnforce;
};

std::string Token(std::uint8_t rank, Puzzle puzzle, std::uint8_t effort_log2) {
  Clearance clearance = Earned();
  clearance.rank = rank;
  clearance.puzzle = puzzle;
  clearance.effort_log2 = effort_log2;
  return Seal(clearance);
}
std::string Waited() { return Token(1, Puzzle::kWait, 0); }
std::string Worked(std::uint8_t rank) { return Token(rank, Puzzle::kSha256, 40); }

std::string ExpiredSince(std::uint32_t seconds, std::uint8_t rank = 2) {
  Clearance clearance = Earned();
  clearance.rank = rank;
  clearance.issued_at = kNowSeconds - 3600;
  clearance.expires_at = kNowSeconds - seconds;
  return Seal(clearance);
}

TEST_F(GateTest, ChallengesAtTheLevelThatIsAsked) {
  const Decision decision = Decide("/page");
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kAbsent);
  EXPECT_EQ(decision.rank_held, 0);
  EXPECT_EQ(decision.level_rank, 2);
  EXPECT_EQ(decision.rank_needed, policy_->LevelFor(2)->AcceptedRank());
  EXPECT_EQ(decision.rule, 65535);
  EXPECT_FALSE(decision.by_grace);
  EXPECT_FALSE(decision.by_mode);
  const Decision work = Decide("/forge/a");
  EXPECT_EQ(work.action, Action::kChallenge);
  EXPECT_EQ(work.level_rank, 3);
  EXPECT_EQ(work.rule, 2);
}

TEST_F(GateTest, AllowsClearanceOfTheRankThatIsNeeded) {
  const Decision decision = Decide("/page", Worked(2));
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_EQ(decision.verdict, Verdict::kValid);
  EXPECT_EQ(decision.rank_held, 2);
  EXPECT_FALSE(decision.by_grace);
  EXPECT_EQ(Decide("/forge/a", Worked(3)).action, Action::kAllow);
  EXPECT_EQ(Decide("/forge/a", Worked(255)).action, Action::kAllow);
}

TEST_F(GateTest, ChallengesClearanceOfLowerRank) {
  const Decision decision = Decide("/forge/a", Worked(2));
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kValid);
  EXPECT_EQ(decision.rank_held, 2);
  EXPECT_EQ(decision.rank_needed, 3);
}

TEST_F(GateTest, WhoWaitedWhereWaitingIsOfferedIsNotAskedAgain) {
  EXPECT_EQ(Decide("/page", Waited()).action, Action::kAllow);
  EXPECT_EQ(Decide("/forge/a", Waited()).action, Action::kChallenge);
}

TEST_F(GateTest, ChallengesEveryClearanceThatIsNotValid) {
  EXPECT_EQ(Decide("/page", FlipTag(Worked(2))).action, Action::kChallenge);
  EXPECT_EQ(Decide("/page", FlipTag(Worked(2))).verdict, Verdict::kForged);
  EXPECT_EQ(Decide("/page", Worked(2), "GET", VisitorAt("192.0.3.7")).action, Action::kChallenge);
  EXPECT_EQ(Decide("/page", ExpiredSince(1)).action, Action::kChallenge);
  EXPECT_EQ(Decide("/page", "x").verdict, Verdict::kMalformed);
  EXPECT_EQ(Decide("/page", FlipTag(Worked(2))).rank_held, 0);
}

TEST_F(GateTest, AllowAndDenyAskForNothing) {
  const Decision open = Decide("/open/a");
  EXPECT_EQ(open.action, Action::kAllow);
  EXPECT_EQ(open.rank_needed, 0);
  EXPECT_EQ(open.rule, 0);
  EXPECT_EQ(open.verdict, Verdict::kAbsent);
  const Decision shut = Decide("/shut/a", Worked(255));
  EXPECT_EQ(shut.action, Action::kDeny);
  EXPECT_EQ(shut.rank_needed, 0);
  EXPECT_EQ(shut.rank_held, 255);
  EXPECT_EQ(shut.rule, 1);
}

TEST_F(GateTest, ReportsTheShadowRuleThatMatched) {
  EXPECT_EQ(Decide("/trial/a").shadow_rule, 3);
  EXPECT_EQ(Decide("/trial/a").action, Action::kChallenge);
  EXPECT_EQ(Decide("/page").shadow_rule, 65535);
}

// --- Grace ---

TEST_F(GateTest, FreshlyExpiredClearanceCarriesUnsafeMethods) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const Decision decision = Decide("/page", ExpiredSince(599), method);
    EXPECT_EQ(decision.action, Action::kAllow) << method;
    EXPECT_EQ(decision.verdict, Verdict::kExpired);
    EXPECT_TRUE(decision.by_grace);
    EXPECT_EQ(decision.rank_held, 0);
  }
}

TEST_F(GateTest, FreshlyExpiredClearanceCarriesNoSafeMethod) {
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(Decide("/page", ExpiredSince(1), method).action, Action::kChallenge) << method;
  }
}

TEST_F(GateTest, GraceEnds) {
  EXPECT_EQ(Decide("/page", ExpiredSince(600), "POST").action, Action::kChallenge);
}

TEST_F(GateTest, GraceIsForAuthenticClearancesOfThisClientOnly) {
  EXPECT_EQ(Decide("/page", FlipTag(ExpiredSince(1)), "POST").action, Action::kChallenge);
  EXPECT_EQ(Decide("/page", ExpiredSince(1), "POST", VisitorAt("192.0.3.7")).action,
            Action::kChallenge);
}

TEST_F(GateTest, GraceRaisesNoRank) {
  EXPECT_EQ(Decide("/forge/a", ExpiredSince(1, 2), "POST").action, Action::kChallenge);
  EXPECT_EQ(Decide("/forge/a", ExpiredSince(1, 3), "POST").action, Action::kAllow);
}

TEST_F(GateTest, GraceOpensNothingThatIsDenied) {
  EXPECT_EQ(Decide("/shut/a", ExpiredSince(1), "POST").action, Action::kDeny);
}

TEST_F(GateTest, ValidClearanceNeedsNoGrace) {
  EXPECT_FALSE(Decide("/page", Worked(2), "POST").by_grace);
}

// --- Modes ---

TEST_F(GateTest, OpenLetsEverythingPassUnread) {
  mode_ = GateMode::kOpen;
  for (const std::string_view target : {"/page", "/shut/a", "/forge/a"}) {
    const Decision decision = Decide(target, FlipTag(Worked(2)));
    EXPECT_EQ(decision.action, Action::kAllow);
    EXPECT_TRUE(decision.by_mode);
    EXPECT_EQ(decision.verdict, Verdict::kAbsent);
    EXPECT_EQ(decision.rank_held, 0);
  }
}

TEST_F(GateTest, ShadowDecidesAndLetsPass) {
  mode_ = GateMode::kShadow;
  const Decision challenged = Decide("/forge/a", FlipTag(Worked(3)));
  EXPECT_EQ(challenged.action, Action::kAllow);
  EXPECT_TRUE(challenged.by_mode);
  EXPECT_EQ(challenged.verdict, Verdict::kForged);
  EXPECT_EQ(challenged.rank_needed, 3);
  EXPECT_EQ(challenged.rule, 2);
  const Decision denied = Decide("/shut/a");
  EXPECT_EQ(denied.action, Action::kAllow);
  EXPECT_TRUE(denied.by_mode);
  EXPECT_FALSE(Decide("/page", Worked(2)).by_mode);
  EXPECT_FALSE(Decide("/open/a").by_mode);
}

TEST_F(GateTest, AttackAsksTheHighestLevelOfEveryChallenge) {
  mode_ = GateMode::kAttack;
  const Level& highest = *policy_->LevelFor(255);
  const Decision decision = Decide("/page", Worked(2));
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.level_rank, highest.rank);
  EXPECT_EQ(decision.rank_needed, highest.AcceptedRank());
  EXPECT_EQ(Decide("/page", Waited()).action, Action::kChallenge);
  EXPECT_EQ(Decide("/page", Worked(highest.rank)).action, Action::kAllow);
  EXPECT_EQ(Decide("/open/a").action, Action::kAllow);
  EXPECT_EQ(Decide("/shut/a").action, Action::kDeny);
  EXPECT_EQ(Decide("/page", ExpiredSince(1, 2), "POST").action, Action::kChallenge);
}

TEST_F(GateTest, AttackRefusesTheHighestRankIfItWasProvenCheaply) {
  const Level& highest = *policy_->LevelFor(255);
  ASSERT_EQ(highest.alternative_count, 2);
  for (std::size_t i = 0; i < highest.alternative_count; ++i) {
    const auto [puzzle, effort] =
        std::pair(highest.alternatives[i].puzzle, highest.alternatives[i].effort);
    std::uint8_t effort_log2 = 0;
    while (effort >> (effort_log2 + 1) != 0) ++effort_log2;
    const std::string enough = Token(highest.rank, puzzle, effort_log2);
    const std::string cheap =
        Token(highest.rank, puzzle, static_cast<std::uint8_t>(effort_log2 - 1));
    mode_ = GateMode::kEnforce;
    EXPECT_EQ(Decide("/page", cheap).action, Action::kAllow);
    mode_ = GateMode::kAttack;
    EXPECT_EQ(Decide("/page", enough).action, Action::kAllow);
    EXPECT_EQ(Decide("/page", cheap).action, Action::kChallenge);
  }
  EXPECT_EQ(Decide("/page", Token(highest.rank, Puzzle::kWait, 255)).action, Action::kChallenge);
}

// The whole of it: what is held by which puzzle and with what effort, in each mode, against the
// rules that ask `light` and `standard`.
TEST_F(GateTest, NoPuzzleAndNoEffortOpensARankThatIsNotHeld) {
  constexpr std::uint8_t kOfStandard[] = {255, 23, 255, 20};  // By Puzzle; 255: not offered.
  for (const GateMode mode : {GateMode::kEnforce, GateMode::kAttack}) {
    mode_ = mode;
    for (int rank = 1; rank <= 4; ++rank) {
      for (int puzzle = 0; puzzle < 6; ++puzzle) {
        for (const int effort : {0, 19, 20, 22, 23, 40, 255}) {
          const std::string token =
              Token(static_cast<std::uint8_t>(rank), static_cast<Puzzle>(puzzle),
                    static_cast<std::uint8_t>(effort));
          const bool offered = puzzle < 4 && kOfStandard[puzzle] != 255;
          const bool proven = offered && effort >= kOfStandard[puzzle];
          const bool attack = mode == GateMode::kAttack;
          const bool passes_light = attack ? rank >= 3 && proven : rank >= 1;
          const bool passes_standard = rank >= 3 && (!attack || proven);
          SCOPED_TRACE(testing::Message() << "rank " << rank << " puzzle " << puzzle << " effort "
                                          << effort << " attack " << attack);
          EXPECT_EQ(Decide("/page", token).action,
                    passes_light ? Action::kAllow : Action::kChallenge);
          EXPECT_EQ(Decide("/forge/a", token).action,
                    passes_standard ? Action::kAllow : Action::kChallenge);
          EXPECT_EQ(Decide("/shut/a", token).action, Action::kDeny);
        }
      }
    }
  }
}

TEST_F(GateTest, AttackAcceptsWhateverTheHighestLevelOffers) {
  PolicySource source;
  Level only;
  only.name = "only";
  only.rank = 4;
  only.alternative_count = 2;
  only.alternatives[0] = {Puzzle::kSha256, 4, 16, 0, 40'000'000, 3600};
  only.alternatives[1] = {Puzzle::kWait, 4, 0, 0, 30'000, 600};
  only.earns = {"only", "only", "", ""};
  source.levels = {only};
  auto policy = Policy::Compile(std::move(source));
  ASSERT_TRUE(policy.has_value()) << ToString(policy.error());
  policy_ = *policy;
  mode_ = GateMode::kAttack;
  EXPECT_EQ(Decide("/page").level_rank, 4);
  EXPECT_EQ(Decide("/page", Token(4, Puzzle::kWait, 0)).action, Action::kAllow);
  EXPECT_EQ(Decide("/page", Worked(3)).action, Action::kChallenge);
}

// --- Foresight ---

TEST_F(GateTest, ForeseesWhatIsDecided) {
  for (const GateMode mode :
       {GateMode::kEnforce, GateMode::kShadow, GateMode::kOpen, GateMode::kAttack}) {
    mode_ = mode;
    const Gate gate(ClearanceCheck(Keys(), std::string(kCookieName)), policy_, mode_);
    for (const char* target : {"/page", "/open/a", "/shut/a", "/forge/a", "/trial/a"}) {
      for (const std::uint8_t rank : {0, 1, 2, 3}) {
        const Decision decided = Decide(target, rank == 0 ? "" : Worked(rank));
        const Decision foreseen =
            gate.Foresee(Get(target, {}, Visitor()), rank, Puzzle::kSha256, 40, mode, kNow);
        EXPECT_EQ(foreseen.action, decided.action) << target << " " << int{rank};
        EXPECT_EQ(foreseen.rule, decided.rule) << target << " " << int{rank};
        EXPECT_EQ(foreseen.rank_needed, decided.rank_needed) << target << " " << int{rank};
        EXPECT_EQ(foreseen.by_mode, decided.by_mode) << target << " " << int{rank};
      }
    }
  }
}

// --- Roams ---

TEST_F(GateTest, SealsOneMoreRoamForAClearanceMetElsewhere) {
  Clearance clearance = Earned();
  clearance.roams = 1;
  EXPECT_EQ(Decide("/page", Seal(clearance)).roams, 1);
  EXPECT_EQ(Decide("/page", Seal(clearance), "GET", VisitorAt("192.0.3.7")).roams, 2);
  EXPECT_EQ(Decide("/page", Seal(clearance), "GET", VisitorAt("2001:db8::1")).roams, 1);
  EXPECT_EQ(Decide("/page", FlipTag(Seal(clearance)), "GET", VisitorAt("192.0.3.7")).roams, 0);
  EXPECT_EQ(Decide("/page").roams, 0);
}

}  // namespace
}  // namespace stile
