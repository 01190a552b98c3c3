#include "engine/engine_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/door.h"

namespace stile {

struct EngineSlotPeer {
  static const Engine* Current(const EngineSlot& slot) { return slot.current_.load(); }
  static const Engine* Pin(const EngineSlot& slot, Worker& worker, const Engine* seen) {
    return slot.Pin(worker, seen);
  }
};

namespace {

using fixture::MakeEngine;

EngineOptions Titled(std::string title) {
  SiteOptions site = fixture::Site();
  site.title = std::move(title);
  return fixture::OneSite(std::move(site));
}

// An engine whose policy tells when it is freed.
struct Watched {
  std::unique_ptr<const Engine> engine;
  std::weak_ptr<const Policy> policy;
};
Watched Watch() {
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(fixture::Source());
  Watched watched;
  watched.policy = site.policy;
  watched.engine = MakeEngine(fixture::OneSite(std::move(site)));
  return watched;
}

TEST(EngineSlot, GivesTheCurrentEngine) {
  EngineSlot slot(MakeEngine(Titled("first")));
  const auto worker = slot.NewWorker();
  EXPECT_EQ(slot.Enter(*worker).site_options(0).title, "first");
  EXPECT_EQ(slot.generation(), 1u);
  EXPECT_EQ(slot.Publish(MakeEngine(Titled("second"))), 2u);
  EXPECT_EQ(slot.generation(), 2u);
  EXPECT_EQ(slot.Enter(*worker).site_options(0).title, "second");
}

TEST(EngineSlot, FreesAnEngineThatNobodyUsedAtOnce) {
  Watched first = Watch();
  EngineSlot slot(std::move(first.engine));
  const auto idle = slot.NewWorker();
  slot.Publish(MakeEngine());
  EXPECT_TRUE(first.policy.expired());
  EXPECT_EQ(slot.Collect(), 0u);
}

TEST(EngineSlot, KeepsAnEngineUntilItsLastWorkerMovesOn) {
  Watched first = Watch();
  EngineSlot slot(std::move(first.engine));
  const auto busy = slot.NewWorker();
  const auto other = slot.NewWorker();
  static_cast<void>(slot.Enter(*busy));
  static_cast<void>(slot.Enter(*other));
  slot.Publish(MakeEngine());
  EXPECT_FALSE(first.policy.expired());
  EXPECT_EQ(slot.Collect(), 1u);
  static_cast<void>(slot.Enter(*other));
  EXPECT_EQ(slot.Collect(), 1u);
  static_cast<void>(slot.Enter(*busy));
  EXPECT_FALSE(first.policy.expired());  // A request frees nothing.
  EXPECT_EQ(slot.Collect(), 0u);
  EXPECT_TRUE(first.policy.expired());
}

TEST(EngineSlot, KeepsOneEngineForAnIdleWorkerHoweverManyFollow) {
  EngineSlot slot(MakeEngine());
  const auto idle = slot.NewWorker();
  static_cast<void>(slot.Enter(*idle));
  for (int i = 0; i < 20; ++i) slot.Publish(MakeEngine());
  EXPECT_EQ(slot.Collect(), 1u);
}

TEST(EngineSlot, FreesWhatALeavingWorkerHadPinned) {
  Watched first = Watch();
  EngineSlot slot(std::move(first.engine));
  auto worker = slot.NewWorker();
  static_cast<void>(slot.Enter(*worker));
  slot.Publish(MakeEngine());
  worker.reset();
  EXPECT_EQ(slot.Collect(), 0u);
  EXPECT_TRUE(first.policy.expired());
}

TEST(EngineSlot, KeepsTheCountsOfWorkersThatAreGone) {
  EngineSlot slot(MakeEngine());
  auto leaving = slot.NewWorker();
  const auto staying = slot.NewWorker();
  const Request request = fixture::Navigate("/private/x");
  for (Worker* worker : {leaving.get(), leaving.get(), staying.get()}) {
    static_cast<void>(slot.Enter(*worker).Decide(request, fixture::kNow, *worker));
  }
  leaving.reset();
  std::uint64_t denied = 0;
  std::size_t workers = 0;
  const auto add = [&](const Counters& counters) {
    denied += counters
                  .decisions[0][static_cast<std::size_t>(Action::kDeny)]
                            [static_cast<std::size_t>(Verdict::kAbsent)]
                  .Get();
  };
  slot.Inspect(
      [&](const Engine& engine, const std::vector<Worker*>& present, const Counters& departed) {
        EXPECT_EQ(engine.site_count(), 1u);
        workers = present.size();
        for (const Worker* worker : present) add(worker->counters());
        add(departed);
      });
  EXPECT_EQ(workers, 1u);
  EXPECT_EQ(denied, 3u);
}

// A worker reads which engine is current and is held up; before it announces that engine, another
// one is published and the first is freed.
TEST(EngineSlot, NeverHandsOutAnEngineThatWasFreedBeforeItWasAnnounced) {
  Watched first = Watch();
  EngineSlot slot(std::move(first.engine));
  const auto worker = slot.NewWorker();
  const Engine* seen = EngineSlotPeer::Current(slot);
  slot.Publish(MakeEngine(Titled("second")));
  ASSERT_TRUE(first.policy.expired());
  const Engine* pinned = EngineSlotPeer::Pin(slot, *worker, seen);
  ASSERT_EQ(pinned, EngineSlotPeer::Current(slot));
  EXPECT_EQ(pinned->site_options(0).title, "second");
  // And what it announced is kept.
  slot.Publish(MakeEngine());
  EXPECT_EQ(slot.Collect(), 1u);
}

// Workers decide while a reloader publishes as fast as it can: every engine that a worker is handed
// must be whole for as long as it uses it. A use after free is what the sanitizers' builds of this
// test see; without them the answers themselves must be right.
TEST(EngineSlot, SurvivesReloadsUnderLoad) {
  constexpr int kReloads = 100;
  const std::shared_ptr<RedeemTables> tables = fixture::Tables();
  const auto make = [&](int number) {
    auto engine =
        Engine::Create(Titled("title " + std::to_string(number)), fixture::Keys(), tables);
    return std::move(*engine);
  };
  EngineSlot slot(make(0));
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> requests{0};
  const auto serve = [&] {
    const auto worker = slot.NewWorker();
    const Request request = fixture::Navigate("/");
    Answer answer;
    std::uint64_t served = 0;
    ready.fetch_add(1);
    while (!stop.load(std::memory_order_relaxed) || served == 0) {
      const Engine& engine = slot.Enter(*worker);
      const Decision decision = engine.Decide(request, fixture::kNow, *worker);
      engine.Respond(request, decision, {}, fixture::kNow, *worker, answer);
      const std::string& title = engine.site_options(0).title;
      if (answer.status != 403 || answer.body.find(title) == std::string_view::npos) {
        ADD_FAILURE() << "an answer that isn't of its engine";
        return;
      }
      ++served;
    }
    requests.fetch_add(served);
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(serve);
  while (ready.load() < 3) std::this_thread::yield();
  for (int i = 1; i <= kReloads; ++i) {
    slot.Publish(make(i));
    slot.Inspect([](const Engine&, const std::vector<Worker*>& present, const Counters&) {
      for (const Worker* worker : present) {
        static_cast<void>(worker->counters().challenges_issued.Get());
      }
    });
  }
  stop.store(true);
  for (std::thread& worker : workers) worker.join();
  EXPECT_GE(requests.load(), 3u);
  EXPECT_EQ(slot.generation(), kReloads + 1u);
  EXPECT_EQ(slot.Collect(), 0u);
}

// The narrow race alone: nothing but Enter against Publish.
TEST(EngineSlot, SurvivesEnteringAgainstPublishing) {
  const std::shared_ptr<RedeemTables> tables = fixture::Tables();
  const auto make = [&] {
    auto engine = Engine::Create(fixture::OneSite(), fixture::Keys(), tables);
    return std::move(*engine);
  };
  EngineSlot slot(make());
  std::atomic<bool> stop{false};
  const auto enter = [&] {
    const auto worker = slot.NewWorker();
    do {
      if (slot.Enter(*worker).site_count() != 1) ADD_FAILURE() << "an engine that is gone";
    } while (!stop.load(std::memory_order_relaxed));
  };
  std::thread one(enter);
  std::thread two(enter);
  for (int i = 0; i < 500; ++i) slot.Publish(make());
  stop.store(true);
  one.join();
  two.join();
  EXPECT_EQ(slot.Collect(), 0u);
}

}  // namespace
}  // namespace stile
