#include "engine/admission/admission.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "engine/admission/shadow_run.h"
#include "tests/engine/admission/admission_fixture.h"

namespace stile {
namespace {

using fixture::EngineWith;
using fixture::kNow;
using fixture::MakeEngine;
using fixture::PathRule;
using fixture::SamplesOf;
using fixture::VerdictOn;

std::string Texts(const AdmissionVerdict& verdict) {
  return verdict.errors.empty() ? std::string() : ToString(verdict.errors);
}

std::vector<RequestSample> Joined(std::vector<RequestSample> a,
                                  const std::vector<RequestSample>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Admission, AdmitsWhatServesAlready) {
  const AdmissionVerdict verdict = VerdictOn({}, SamplesOf(100, "/a", 2));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
  EXPECT_EQ(verdict.candidate, "candidate");
  EXPECT_EQ(verdict.serving, "serving");
  EXPECT_EQ(verdict.cleared.requests, 100u);
  EXPECT_TRUE(verdict.rules.empty());
  EXPECT_GT(verdict.corpus_requests, 20u);
}

TEST(Admission, AdmitsAChallengeOfTheUncleared) {
  // They pass under /free/ today.
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("all", "/*", Action::kChallenge, 2)}, SamplesOf(100, "/free/a", 0));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
  EXPECT_EQ(verdict.passed.challenged, 100u);
}

TEST(Admission, AdmitsARuleOnOnePath) {
  const AdmissionVerdict verdict = VerdictOn({PathRule("login", "/login*", Action::kDeny)});
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, RefusesAPolicyWithoutAnAnswer) {
  // Its keys stop signing before now.
  const auto candidate = EngineWith({});
  const auto serving = MakeEngine();
  const AdmissionVerdict verdict = JudgeCandidate({*candidate, "late"}, *serving, "serving", {}, {},
                                                  false, kNow + std::chrono::hours{24 * 30});
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kFault) << Texts(verdict);
}

TEST(Admission, RefusesAPolicyThatTakesTooManySteps) {
  AdmissionLimits limits;
  limits.max_steps = 20;
  std::vector<Rule> rules;
  for (int i = 0; i < 30; ++i) {
    Rule rule = PathRule("", "/x/*", Action::kDeny);
    rule.paths.clear();
    rule.methods = {"PATCH"};
    rules.push_back(std::move(rule));
  }
  const AdmissionVerdict verdict = VerdictOn(std::move(rules), {}, limits);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kSteps) << Texts(verdict);
  EXPECT_GE(verdict.most_steps, 30u);
}

// Each rule matches everybody.
struct Everybody {
  const char* name;
  Rule (*rule)();
};
Rule Deny() {
  Rule rule;
  rule.name = "all";
  rule.action = Action::kDeny;
  return rule;
}
Rule DenyFrom(std::string_view address, int length) {
  Rule rule = Deny();
  rule.ips = {Cidr{fixture::Address(address), length}};
  return rule;
}
const Everybody kEverybody[] = {
    {"Path", [] { return PathRule("all", "/*", Action::kDeny); }},
    {"IPv4", [] { return DenyFrom("0.0.0.0", 0); }},
    {"IPv6", [] { return DenyFrom("::", 0); }},
    {"UserAgent",
     [] {
       Rule rule = Deny();
       rule.user_agents = {"Mozilla/5.0"};
       return rule;
     }},
    {"ChallengeAboveWhatIsHeld", [] { return PathRule("all", "/*", Action::kChallenge, 3); }},
};

class AdmissionOfEverybody : public testing::TestWithParam<Everybody> {};
TEST_P(AdmissionOfEverybody, IsRefusedWithoutTraffic) {
  const AdmissionVerdict verdict = VerdictOn({GetParam().rule()});
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kCorpus);
  EXPECT_NE(Texts(verdict).find("rule \"all\""), std::string::npos) << Texts(verdict);
}
INSTANTIATE_TEST_SUITE_P(Rules, AdmissionOfEverybody, testing::ValuesIn(kEverybody),
                         [](const auto& one) { return one.param.name; });

TEST(Admission, RefusesARuleThatLetsEverybodyIn) {
  const AdmissionVerdict verdict = VerdictOn({PathRule("all", "/*", Action::kAllow)});
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kLetsIn);
  EXPECT_NE(Texts(verdict).find("stile mode open"), std::string::npos) << Texts(verdict);
}

AdmissionVerdict VerdictOnSite(SiteOptions site) {
  const auto candidate = MakeEngine(fixture::OneSite(std::move(site)));
  return JudgeCandidate({*candidate, "candidate"}, *MakeEngine(), "serving", {}, {}, false, kNow);
}

TEST(Admission, AdmitsADefaultThatLetsEverybodyIn) {
  PolicySource source = fixture::Source();
  source.default_action = Action::kAllow;
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  const AdmissionVerdict verdict = VerdictOnSite(std::move(site));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, AdmitsAModeThatLetsEverybodyIn) {
  PolicySource source = fixture::Source();
  source.rules = {PathRule("asks", "/*", Action::kChallenge, 2)};
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  const auto serving = MakeEngine(fixture::OneSite(site));
  for (const GateMode mode : {GateMode::kOpen, GateMode::kShadow}) {
    site.mode = mode;
    const auto candidate = MakeEngine(fixture::OneSite(site));
    const AdmissionVerdict verdict =
        JudgeCandidate({*candidate, "candidate"}, *serving, "serving", {}, {}, false, kNow);
    EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
  }
}

TEST(Admission, ComparesNoSiteWithAnother) {
  PolicySource source = fixture::Source();
  source.rules.insert(source.rules.begin(), PathRule("all", "/*", Action::kDeny));
  SiteOptions site = fixture::Site();
  site.name = "new";
  site.policy = fixture::PolicyOf(std::move(source));
  const AdmissionVerdict verdict = VerdictOnSite(std::move(site));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, RefusesToTurnClearedClientsAway) {
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("shop", "/shop/*", Action::kDeny)},
                Joined(SamplesOf(97, "/a", 2), SamplesOf(3, "/shop/cart", 2)));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
  EXPECT_EQ(verdict.cleared.requests, 100u);
  EXPECT_EQ(verdict.cleared.denied, 3u);
  ASSERT_EQ(verdict.rules.size(), 1u);
  EXPECT_EQ(verdict.rules[0].rule, "shop");
  EXPECT_EQ(verdict.rules[0].changed, 3u);
  EXPECT_EQ(verdict.rules[0].requests, 3u);
}

TEST(Admission, RefusesToChallengeClearedClientsAgain) {
  const AdmissionVerdict verdict = VerdictOn({PathRule("shop", "/shop/*", Action::kChallenge, 3)},
                                             SamplesOf(100, "/shop/cart", 2));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
  EXPECT_EQ(verdict.cleared.challenged, 100u);
}

TEST(Admission, RefusesToDenyClientsThatPassWithoutClearance) {
  const AdmissionVerdict verdict = VerdictOn({PathRule("feeds", "/free/feeds/*", Action::kDeny)},
                                             SamplesOf(60, "/free/feeds/a", 0));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
  EXPECT_EQ(verdict.passed.denied, 60u);
}

TEST(Admission, LetsOnePercentBeTurnedAway) {
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("shop", "/shop/*", Action::kDeny)},
                Joined(SamplesOf(99, "/a", 2), SamplesOf(1, "/shop/cart", 2)));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
  EXPECT_EQ(verdict.cleared.denied, 1u);
}

TEST(Admission, JudgesNoShareOfFewSamples) {
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("shop", "/shop/*", Action::kDeny)}, SamplesOf(49, "/shop/cart", 2));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, AdmitsRefusalsOfTheRefused) {
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("scans", "/wp-*", Action::kDeny)}, SamplesOf(100, "/wp-login.php", 0));
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
  EXPECT_EQ(verdict.refused.denied, 100u);
}

// Keys of another secret under the same id, or of another id, from a ring that was made at `made`.
std::unique_ptr<const Engine> EngineWithKey(std::uint8_t id, std::uint8_t byte,
                                            UnixMillis made = kNow) {
  std::vector<MasterKey> masters(1);
  masters[0].id = id;
  masters[0].secret = SecretBytes(std::vector<std::uint8_t>(32, byte));
  auto ring = KeyRing::Create(std::move(masters), made, std::chrono::hours{24 * 20});
  auto engine = Engine::Create(fixture::OneSite(), *ring, fixture::Tables());
  return *std::move(engine);
}

AdmissionVerdict VerdictOnKey(std::uint8_t id, std::uint8_t byte) {
  const auto candidate = EngineWithKey(id, byte);
  const auto serving = MakeEngine();
  const std::vector<RequestSample> samples = SamplesOf(100, "/a", 2);
  return JudgeCandidate({*candidate, "candidate"}, *serving, "serving", samples, {}, false, kNow);
}

TEST(Admission, AdmitsTheSameKey) {
  EXPECT_EQ(VerdictOnKey(1, 7).refusal, AdmissionRefusal::kNone);
}

TEST(Admission, RefusesToForgetTheKeyOfClearances) {
  const AdmissionVerdict verdict = VerdictOnKey(2, 7);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
  EXPECT_EQ(verdict.cleared.challenged, 100u);
}

TEST(Admission, RenewsKeysOfAQuietSite) {
  // Nobody cleared has come for ten days; the new ring reaches back for eight.
  const UnixMillis before = kNow - std::chrono::hours{24 * 10};
  RequestSample sample;
  const Standing standing{2, Puzzle::kSha256, 20, 1, static_cast<std::uint32_t>(before.Seconds())};
  ASSERT_TRUE(sample.Take(fixture::Navigate("/a"), standing, 0));
  const auto candidate = EngineWithKey(1, 7);
  const auto serving = EngineWithKey(1, 7, before);
  const AdmissionVerdict verdict =
      JudgeCandidate({*candidate, "candidate"}, *serving, "serving",
                     std::vector<RequestSample>(100, sample), {}, false, kNow);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, RefusesAnotherSecretUnderTheSameKeyId) {
  EXPECT_EQ(VerdictOnKey(1, 8).refusal, AdmissionRefusal::kBlastRadius);
}

TEST(Admission, AdmitsKeysInPlaceOfTemporaryOnes) {
  EngineOptions options = fixture::OneSite();
  options.keys_degraded = true;
  const auto serving = MakeEngine(std::move(options));
  const auto candidate = EngineWithKey(1, 8);
  EXPECT_EQ(JudgeCandidate({*candidate, "candidate"}, *serving, "serving", SamplesOf(100, "/a", 2),
                           {}, false, kNow)
                .refusal,
            AdmissionRefusal::kNone);
}

TEST(Admission, AdmitsTheModeThatAsksClearedClientsAgain) {
  SiteOptions site = fixture::Site();
  site.mode = GateMode::kAttack;
  const auto candidate = MakeEngine(fixture::OneSite(std::move(site)));
  const auto serving = MakeEngine();
  const AdmissionVerdict verdict = JudgeCandidate({*candidate, "candidate"}, *serving, "serving",
                                                  SamplesOf(100, "/a", 2), {}, false, kNow);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kNone) << Texts(verdict);
}

TEST(Admission, RefusesAnotherCookieName) {
  SiteOptions site = fixture::Site();
  site.cookie_domain = "example.org";
  const auto candidate = MakeEngine(fixture::OneSite(std::move(site)));
  const auto serving = MakeEngine();
  const AdmissionVerdict verdict = JudgeCandidate({*candidate, "candidate"}, *serving, "serving",
                                                  SamplesOf(100, "/a", 2), {}, false, kNow);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
}

// What insisting and the configuration's word do together.
AdmissionVerdict Insisted(bool forced, bool may_override) {
  const auto candidate = EngineWith({PathRule("all", "/*", Action::kDeny)});
  const auto serving = MakeEngine();
  return JudgeCandidate({*candidate, "candidate", may_override}, *serving, "serving",
                        SamplesOf(100, "/a", 2), {}, forced, kNow);
}

TEST(Admission, TakesForceAndOverrideTogether) {
  const AdmissionVerdict verdict = Insisted(true, true);
  EXPECT_TRUE(verdict.admitted());
  EXPECT_TRUE(verdict.forced);
  EXPECT_FALSE(verdict.errors.empty());
  EXPECT_FALSE(Insisted(true, false).admitted());
  EXPECT_FALSE(Insisted(false, true).admitted());
  EXPECT_FALSE(Insisted(false, false).admitted());
}

TEST(Admission, ForceAdmitsNoFault) {
  const auto candidate = EngineWith({});
  const auto serving = MakeEngine();
  const AdmissionVerdict verdict = JudgeCandidate({*candidate, "late", true}, *serving, "serving",
                                                  {}, {}, true, kNow + std::chrono::hours{24 * 30});
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kFault);
}

TEST(Admission, ReadsTheSamplesOfWorkers) {
  fixture::Door door;
  for (int i = 0; i < 60; ++i) (void)door.Decide(fixture::Navigate("/free/feeds/a"));
  const auto candidate = EngineWith({PathRule("feeds", "/free/feeds/*", Action::kDeny)});
  const AdmissionVerdict verdict =
      JudgeCandidate({*candidate, "candidate"}, door.slot(), "serving", {}, false, kNow);
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kBlastRadius);
  EXPECT_EQ(verdict.passed.denied, 60u);
}

TEST(Admission, JudgingCountsAndChargesNothing) {
  fixture::Door door;
  const auto candidate = EngineWith({});
  (void)JudgeCandidate({*candidate, "candidate"}, door.slot(), "serving", {}, false, kNow);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 0u);
  for (const auto& action : door.counters().decisions[0]) {
    for (const Counter& count : action) EXPECT_EQ(count.Get(), 0u);
  }
}

TEST(Admission, TellsALimitFromOtherMistakes) {
  const Error limit{ErrorCode::kOutOfRange, "a", "too long"};
  const Error other{ErrorCode::kInvalidArgument, "b", "wrong"};
  EXPECT_EQ(RefusedForMistakes({limit}, "c", "s").refusal, AdmissionRefusal::kLimit);
  EXPECT_EQ(RefusedForMistakes({limit, other}, "c", "s").refusal, AdmissionRefusal::kMistakes);
}

TEST(Admission, DescribesWhatChanges) {
  const AdmissionVerdict verdict =
      VerdictOn({PathRule("shop", "/shop/*", Action::kDeny)},
                Joined(SamplesOf(97, "/a", 2), SamplesOf(3, "/shop/cart", 2)));
  const std::vector<std::string> sentences = DescribeShift(verdict);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0], "3 of 100 sampled requests of cleared clients (3 %) would be denied");
  EXPECT_EQ(sentences[1], "rule \"shop\" of site \"main\" would change 3 of 3 sampled requests");
}

}  // namespace
}  // namespace stile
