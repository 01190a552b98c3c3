#include "engine/admission/engine_keeper.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/admission/admission_fixture.h"

namespace stile {
namespace {

using fixture::kNow;
using fixture::PathRule;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kStart{1'000};

// A source is the names of paths that are denied, one a word; "bad" can't be made, "throw" throws,
// "null" makes nothing, "override" may turn away whom it likes.
tl::expected<EngineKeeper::Made, Errors> Make(std::string_view source,
                                              std::optional<GateMode> mode) {
  if (source == "throw") throw std::runtime_error("thrown");
  if (source == "bad") {
    return tl::unexpected(Errors{Error{ErrorCode::kInvalidArgument, "a", "wrong"}});
  }
  EngineKeeper::Made made;
  if (source == "null") return made;
  made.blast_radius_override = source.starts_with("override");
  PolicySource policy = fixture::Source();
  if (source.find('/') != std::string_view::npos) {
    policy.rules.insert(
        policy.rules.begin(),
        PathRule("shut", std::string(source.substr(source.find('/'))) + "*", Action::kDeny));
  }
  SiteOptions site = fixture::Site();
  const bool is_blank = source.find_first_not_of(" \t\n") == std::string_view::npos;
  site.title = is_blank ? "blank" : std::string(source);
  site.policy = fixture::PolicyOf(std::move(policy));
  if (mode) site.mode = *mode;
  made.engine = fixture::MakeEngine(fixture::OneSite(std::move(site)));
  return made;
}

class EngineKeeperTest : public testing::Test {
 protected:
  void Start(std::string source, std::vector<std::string> last_good = {}) {
    auto keeper =
        EngineKeeper::Create(std::move(source), std::move(last_good), Make, limits_, kStart);
    ASSERT_TRUE(keeper.has_value());
    keeper_ = *std::move(keeper);
  }
  AdmissionVerdict Offer(std::string source, bool forced = false) {
    return keeper_->Offer(std::move(source), forced, kNow, kStart);
  }
  std::string Serving() {
    const auto worker = keeper_->slot().NewWorker();
    return keeper_->slot().Enter(*worker).site_options(0).title;
  }

  AdmissionLimits limits_;
  std::unique_ptr<EngineKeeper> keeper_;
};

TEST_F(EngineKeeperTest, ServesItsSource) {
  Start("one");
  EXPECT_EQ(Serving(), "one");
  EXPECT_FALSE(keeper_->stats().from_last_good);
}

TEST_F(EngineKeeperTest, StartsFromTheLatestGoodSource) {
  Start("bad", {"throw", "old", "older"});
  EXPECT_EQ(Serving(), "old");
  EXPECT_TRUE(keeper_->stats().from_last_good);
}

TEST_F(EngineKeeperTest, DoesNotStartWithNothingGood) {
  const auto keeper = EngineKeeper::Create("bad", {}, Make, {}, kStart);
  ASSERT_FALSE(keeper.has_value());
  EXPECT_EQ(ToString(keeper.error()), "a: wrong");
}

TEST_F(EngineKeeperTest, SwapsToWhatIsAdmitted) {
  Start("one");
  EXPECT_TRUE(Offer("two").admitted());
  EXPECT_EQ(Serving(), "two");
  EXPECT_EQ(keeper_->stats().generation, 2u);
}

TEST_F(EngineKeeperTest, KeepsWhatServesWhateverIsRefused) {
  Start("one");
  const EngineKeeper::Stats before = keeper_->stats();
  EXPECT_EQ(Offer("bad").refusal, AdmissionRefusal::kMistakes);
  EXPECT_EQ(Offer("throw").refusal, AdmissionRefusal::kMistakes);
  EXPECT_EQ(Offer("null").refusal, AdmissionRefusal::kMistakes);
  EXPECT_EQ(Offer("deny /").refusal, AdmissionRefusal::kCorpus);
  EXPECT_EQ(Serving(), "one");
  EXPECT_EQ(keeper_->stats().digest, before.digest);
  EXPECT_EQ(keeper_->stats().generation, before.generation);
  EXPECT_EQ(keeper_->stats().refused, 4u);
}

TEST_F(EngineKeeperTest, RefusesALargeSourceUnread) {
  limits_.max_source = 3;
  Start("one");
  EXPECT_EQ(Offer("throw").refusal, AdmissionRefusal::kLimit);
}

TEST_F(EngineKeeperTest, TakesAnOverrideByForce) {
  Start("one");
  EXPECT_EQ(Offer("override /").refusal, AdmissionRefusal::kCorpus);
  EXPECT_TRUE(Offer("override /", true).forced);
  EXPECT_EQ(Serving(), "override /");
}

TEST_F(EngineKeeperTest, PromotesAfterTheSoakOnly) {
  Start("one");
  EXPECT_EQ(keeper_->Tick(kStart + minutes{59}), std::nullopt);
  EXPECT_EQ(keeper_->Tick(kStart + minutes{60}), "one");
  EXPECT_EQ(keeper_->Tick(kStart + minutes{61}), std::nullopt);
  EXPECT_EQ(keeper_->LastGood(), std::vector<std::string>{"one"});
}

TEST_F(EngineKeeperTest, RequestsShortenTheSoak) {
  limits_.soak_requests = 10;
  Start("one");
  const auto worker = keeper_->slot().NewWorker();
  for (int i = 0; i < 10; ++i) {
    (void)keeper_->slot().Enter(*worker).Decide(fixture::Navigate("/"), kNow, *worker);
  }
  EXPECT_EQ(keeper_->Tick(kStart + minutes{5}), "one");
}

TEST_F(EngineKeeperTest, RemembersSoManyGenerations) {
  Start("one", {"a", "b", "c"});
  EXPECT_EQ(keeper_->Tick(kStart + minutes{60}), "one");
  EXPECT_EQ(keeper_->LastGood(), (std::vector<std::string>{"one", "a", "b"}));
}

TEST_F(EngineKeeperTest, WhatProvesGoodAgainIsRememberedOnceAndFirst) {
  Start("b", {"a", "b", "c"});
  EXPECT_EQ(keeper_->Tick(kStart + minutes{60}), "b");
  EXPECT_EQ(keeper_->LastGood(), (std::vector<std::string>{"b", "a", "c"}));
}

TEST_F(EngineKeeperTest, WhatIsOfferedAndServesIsNoLastGood) {
  Start("bad", {"old"});
  EXPECT_TRUE(Offer("new").admitted());
  EXPECT_FALSE(keeper_->stats().from_last_good);
}

TEST_F(EngineKeeperTest, NothingInPlaceOfSomethingTakesInsistence) {
  Start("one");
  const AdmissionVerdict verdict = Offer(" \n");
  EXPECT_EQ(verdict.refusal, AdmissionRefusal::kMistakes);
  EXPECT_FALSE(verdict.errors.empty());
  EXPECT_EQ(Serving(), "one");
  EXPECT_TRUE(Offer(" \n", true).admitted());
  EXPECT_TRUE(Offer("\t").admitted());
}

TEST_F(EngineKeeperTest, ModeChangesWithoutBeingJudged) {
  Start("one");
  EXPECT_TRUE(keeper_->SetMode(GateMode::kOpen).empty());
  const auto worker = keeper_->slot().NewWorker();
  const Request request = fixture::Navigate("/private/a");
  EXPECT_EQ(keeper_->slot().Enter(*worker).Decide(request, kNow, *worker).action, Action::kAllow);
  EXPECT_TRUE(Offer("two").admitted());
  EXPECT_EQ(keeper_->slot().Enter(*worker).Decide(request, kNow, *worker).action, Action::kAllow);
  EXPECT_TRUE(keeper_->SetMode(std::nullopt).empty());
  EXPECT_EQ(keeper_->slot().Enter(*worker).Decide(request, kNow, *worker).action, Action::kDeny);
}

}  // namespace
}  // namespace stile
