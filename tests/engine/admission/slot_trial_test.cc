// EngineSlot with a second engine on trial.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine_slot.h"
#include "tests/engine/admission/admission_fixture.h"
#include "tests/engine/admission/cleared_crowd.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::ClearedCrowd;
using fixture::EngineWith;
using fixture::kNow;
using fixture::MakeEngine;
using fixture::PathRule;

EngineOptions Titled(std::string title) {
  SiteOptions site = fixture::Site();
  site.title = std::move(title);
  return fixture::OneSite(std::move(site));
}

std::unique_ptr<const Engine> DenyingShop() {
  return EngineWith({PathRule("shut", "/shop", Action::kDeny)});
}

EngineSlot::CohortRule Share(double share) { return {share, 42}; }

TEST(SlotTrial, ServesItsShareOfTheClients) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.1));
  const ClearedCrowd crowd(2'000);
  const std::size_t met = crowd.CountMeeting(slot, "trial");
  EXPECT_NEAR(static_cast<double>(met), 200, 60);
  EXPECT_EQ(crowd.CountMeeting(slot, "serving"), crowd.size() - met);
  EXPECT_EQ(slot.generation(), 1u);
}

TEST(SlotTrial, EveryoneMeetsTheSameEngineEachTime) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.5));
  const ClearedCrowd crowd(200);
  const auto one = slot.NewWorker();
  const auto other = slot.NewWorker();
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const Request request = crowd.Navigate(i, "/");
    const Engine* first = &slot.Choose(*one, slot.Enter(*one), request);
    EXPECT_EQ(first, &slot.Choose(*other, slot.Enter(*other), request));
    EXPECT_EQ(first, &slot.Choose(*one, slot.Enter(*one), request));
  }
}

TEST(SlotTrial, WhoHasNoClearanceMeetsWhatServes) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.999999));
  const auto worker = slot.NewWorker();
  Request request = fixture::Navigate("/");
  EXPECT_EQ(slot.Choose(*worker, slot.Enter(*worker), request).site_options(0).title, "serving");
  request.cookies[0] = "__Host-stile=garbage";
  request.cookie_count = 1;
  EXPECT_EQ(slot.Choose(*worker, slot.Enter(*worker), request).site_options(0).title, "serving");
}

TEST(SlotTrial, WhoNeverChoosesIsInNoTrial) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.999999));
  const auto worker = slot.NewWorker();
  EXPECT_EQ(slot.Enter(*worker).site_options(0).title, "serving");
}

TEST(SlotTrial, PublishedItServesEverybody) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.1));
  const ClearedCrowd crowd(50);
  static_cast<void>(crowd.CountMeeting(slot, "trial"));
  EXPECT_EQ(slot.PublishTrial(), 2u);
  EXPECT_EQ(crowd.CountMeeting(slot, "trial"), crowd.size());
  EXPECT_EQ(slot.CompareCohorts(), std::nullopt);
  EXPECT_EQ(slot.Collect(), 0u);
  EXPECT_EQ(slot.PublishTrial(), 0u);
}

TEST(SlotTrial, EndedItServesNobody) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.5));
  const ClearedCrowd crowd(50);
  EXPECT_GT(crowd.CountMeeting(slot, "trial"), 0u);
  EXPECT_TRUE(slot.EndTrial());
  EXPECT_EQ(crowd.CountMeeting(slot, "serving"), crowd.size());
  EXPECT_FALSE(slot.EndTrial());
  EXPECT_EQ(slot.generation(), 1u);
}

TEST(SlotTrial, PublishEndsIt) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("trial")), Share(0.5));
  slot.Publish(MakeEngine(Titled("next")));
  const ClearedCrowd crowd(50);
  EXPECT_EQ(crowd.CountMeeting(slot, "next"), crowd.size());
  EXPECT_FALSE(slot.EndTrial());
}

TEST(SlotTrial, AnotherTrialTakesItsPlace) {
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(Titled("first")), Share(0.5));
  slot.Try(MakeEngine(Titled("second")), Share(0.5));
  const ClearedCrowd crowd(50);
  EXPECT_EQ(crowd.CountMeeting(slot, "first"), 0u);
  EXPECT_GT(crowd.CountMeeting(slot, "second"), 0u);
  EXPECT_EQ(slot.Collect(), 0u);
}

TEST(SlotTrial, IsKeptForTheWorkerThatUsesIt) {
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(fixture::Source());
  const std::weak_ptr<const Policy> policy = site.policy;
  EngineSlot slot(MakeEngine(Titled("serving")));
  slot.Try(MakeEngine(fixture::OneSite(std::move(site))), Share(0.999999));
  const ClearedCrowd crowd(1);
  const auto worker = slot.NewWorker();
  const Request request = crowd.Navigate(0, "/");
  const Engine& chosen = slot.Choose(*worker, slot.Enter(*worker), request);
  ASSERT_NE(chosen.site_options(0).title, "serving");
  slot.EndTrial();
  EXPECT_EQ(slot.Collect(), 1u);
  EXPECT_FALSE(policy.expired());
  static_cast<void>(slot.Enter(*worker));
  EXPECT_EQ(slot.Collect(), 0u);
  EXPECT_TRUE(policy.expired());
}

TEST(SlotTrial, CountsWhomEachTurnsAway) {
  EngineSlot slot(MakeEngine());
  slot.Try(DenyingShop(), Share(0.25));
  const ClearedCrowd crowd(400);
  const std::vector<Action> actions = crowd.Visit(slot, "/shop");
  const auto denied =
      static_cast<double>(std::count(actions.begin(), actions.end(), Action::kDeny));
  EXPECT_GT(denied, 50);
  crowd.Visit(slot, "/shop");  // Who comes again is still one.
  const auto comparison = slot.CompareCohorts();
  ASSERT_TRUE(comparison.has_value());
  EXPECT_NEAR(comparison->inside.cleared, denied, 2);
  EXPECT_NEAR(comparison->inside.turned_away, denied, 2);
  EXPECT_NEAR(comparison->outside.cleared, 400 - denied, 4);
  EXPECT_EQ(comparison->outside.turned_away, 0);
  EXPECT_EQ(comparison->inside.unhonoured, 0);
}

TEST(SlotTrial, ForgedClearancesAreNoClientsOfEither) {
  EngineSlot slot(MakeEngine());
  slot.Try(DenyingShop(), Share(0.5));
  ClearedCrowd(200, 'A').Visit(slot, "/shop");
  const auto comparison = slot.CompareCohorts();
  ASSERT_TRUE(comparison.has_value());
  EXPECT_LT(comparison->inside.cleared + comparison->outside.cleared, 20);
  EXPECT_EQ(comparison->outside.turned_away, 0);
  EXPECT_GT(comparison->inside.unhonoured, 60);
  EXPECT_GT(comparison->outside.unhonoured, 60);
}

TEST(SlotTrial, AnotherTrialCountsAnew) {
  EngineSlot slot(MakeEngine());
  const ClearedCrowd crowd(50);
  slot.Try(DenyingShop(), Share(0.5));
  crowd.Visit(slot, "/shop");
  slot.Try(MakeEngine(), Share(0.5));
  EXPECT_EQ(slot.CompareCohorts()->inside.cleared, 0);
  EXPECT_EQ(slot.CompareCohorts()->outside.cleared, 0);
}

TEST(SlotTrial, NobodyIsCountedWhereTheModeIsOpen) {
  EngineSlot slot(MakeEngine());
  slot.Try(DenyingShop(), Share(0.5));
  slot.InspectTrial([](const Engine& trial) { trial.switches(0).SetMode(GateMode::kOpen); });
  ClearedCrowd(50).Visit(slot, "/shop");
  EXPECT_EQ(slot.CompareCohorts()->inside.cleared, 0);
  EXPECT_EQ(slot.CompareCohorts()->inside.bearers, 0);
}

// Its operator means to ask everybody again.
TEST(SlotTrial, WhomTheAttackModeAsksAgainIsNotCounted) {
  SiteOptions attacked = fixture::Site();
  attacked.mode = GateMode::kAttack;
  EngineSlot slot(MakeEngine());
  slot.Try(MakeEngine(fixture::OneSite(std::move(attacked))), Share(0.5));
  ClearedCrowd(50).Visit(slot, "/");
  EXPECT_EQ(slot.CompareCohorts()->inside.turned_away, 0);
}

TEST(SlotTrial, ItsRulesAreCountedApart) {
  EngineSlot slot(MakeEngine());
  slot.Try(DenyingShop(), Share(0.5));
  const ClearedCrowd crowd(50);
  const auto worker = slot.NewWorker();
  std::size_t denied = 0;
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const Request request = crowd.Navigate(i, "/shop");
    const Engine& engine = slot.Choose(*worker, slot.Enter(*worker), request);
    if (engine.Decide(request, kNow, *worker).action == Action::kDeny) ++denied;
  }
  EXPECT_EQ(worker->counters().rule_matches[0][Counters::kTrial].Get(), denied);
  EXPECT_EQ(worker->counters().rule_matches[0][0].Get(), 0u);  // "shut" is the first of its own.
}

// Every engine that a worker is handed must be whole for as long as it uses it, whichever way a
// trial goes. A use after free is what the sanitizers' builds of this test see.
TEST(SlotTrial, SurvivesTrialsUnderLoad) {
  const std::shared_ptr<RedeemTables> tables = fixture::Tables();
  const auto make = [&](int number) {
    auto engine =
        Engine::Create(Titled("title " + std::to_string(number)), fixture::Keys(), tables);
    return std::move(*engine);
  };
  EngineSlot slot(make(0));
  const ClearedCrowd crowd(16);
  std::atomic<bool> stop{false};
  const auto serve = [&] {
    const auto worker = slot.NewWorker();
    std::size_t i = 0;
    do {
      const Request request = crowd.Navigate(i++ % crowd.size(), "/");
      const Engine& engine = slot.Choose(*worker, slot.Enter(*worker), request);
      const Decision decision = engine.Decide(request, kNow, *worker);
      if (decision.action != Action::kAllow || !engine.site_options(0).title.starts_with("title"))
        ADD_FAILURE() << "not the engine that was chosen";
    } while (!stop.load(std::memory_order_relaxed));
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(serve);
  for (int i = 1; i <= 200; ++i) {
    slot.Try(make(i), Share(0.5));
    if (i % 4 == 0) slot.EndTrial();
    if (i % 4 == 1) slot.PublishTrial();
    if (i % 4 == 2) slot.Publish(make(-i));
    static_cast<void>(slot.CompareCohorts());
  }
  stop.store(true);
  for (std::thread& worker : workers) worker.join();
  slot.EndTrial();
  EXPECT_EQ(slot.Collect(), 0u);
}

}  // namespace
}  // namespace stile
