// Processes that are killed at random instants while they use all tables: 500 of them, and 10,000
// in the long tier.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/verifier/tables/child_process.h"
#include "tests/verifier/tables/table_crowd.h"
#include "tests/verifier/tables/table_file_fixture.h"

namespace stile {
namespace {

constexpr std::uint64_t kForEver = ~std::uint64_t{0};
constexpr std::size_t kProcesses = 4;

// Returns once all processes have come here.
void MeetOthers(TableLedger& ledger) {
  std::atomic_ref(ledger.rounds).fetch_add(1);
  while (std::atomic_ref(ledger.rounds).load() < kProcesses) ::sched_yield();
}

bool IsFullTier() {
  const char* tier = std::getenv("STILE_TEST_TIER");
  return tier != nullptr && std::string_view(tier) == "full";
}
int Kills() { return IsFullTier() ? 10'000 : 500; }

std::uint64_t Seed() {
  const char* given = std::getenv("STILE_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::uint64_t{std::random_device{}()};
  std::cout << "STILE_SEED=" << seed << "\n";
  return seed;
}

TEST(TableKillTest, NoProcessThatIsKilledMakesTheTablesLieToTheOthers) {
  const TableFolder folder;
  const auto ledger = TableLedger::Create();
  const auto tables = Tables::Shared(folder.table_file(), CrowdedSizes());
  ASSERT_TRUE(tables.has_value());
  (void)folder.Segment();
  const std::uint64_t boot = (*tables)->boot();
  std::mt19937_64 random(Seed());
  const auto start = [&] {
    return std::make_unique<ChildProcess>([&, seed = random()] {
      RunCrowd(folder.table_file(), boot, seed, kForEver, *ledger);
      return 0;
    });
  };
  std::vector<std::unique_ptr<ChildProcess>> crowd;
  for (std::size_t i = 0; i < kProcesses; ++i) crowd.push_back(start());
  for (int killed = 0; killed < Kills(); ++killed) {
    ::usleep(static_cast<useconds_t>(random() % 2'000));  // The instant; nothing waits for it.
    std::unique_ptr<ChildProcess>& victim = crowd[random() % kProcesses];
    victim->Kill();
    ASSERT_EQ(victim->Wait(), 1000 + SIGKILL);
    ASSERT_EQ(ledger->violations(), 0U)
        << "after " << killed << ": numbered twice " << ledger->numbered_twice
        << ", accepted twice " << ledger->accepted_twice << ", forgotten " << ledger->forgotten
        << ", surprises " << ledger->surprises << ", strangers " << ledger->strangers
        << ", misnamed " << ledger->misnamed;
    victim = start();
  }
  for (auto& process : crowd) {
    process->Kill();
    ASSERT_EQ(process->Wait(), 1000 + SIGKILL);
  }
  // Whoever comes now finds tables that work, and that remember.
  const std::uint64_t before = ledger->rounds;
  RunCrowd(folder.table_file(), boot, random(), 20'000, *ledger);
  EXPECT_EQ(ledger->rounds, before + 20'000);
  EXPECT_EQ(ledger->violations(), 0U);
  std::uint64_t accepted = 0;
  for (const std::uint8_t count : ledger->accepted) accepted += count;
  for (std::size_t i = 0; i < TableLedger::kIds / 2; ++i) {
    if (ledger->revoked[i] == 0) continue;
    EXPECT_TRUE(
        (*tables)->revocations()->IsRevoked(CrowdId(i), UnixMillis::FromSeconds(1'772'366'400)));
  }
  EXPECT_GT(accepted, 1'000U);
  std::uint64_t told = 0;
  for (const std::uint64_t cost : ledger->told) told += cost;
  EXPECT_GT(told, 1'000U);
  EXPECT_TRUE((*tables)->memory().IsCurrent());
  std::cout << Kills() << " killed in " << ledger->rounds << " rounds; " << accepted
            << " tokens accepted, none twice; " << told << " takings told\n";
}

TEST(TableKillTest, NoProcessThatIsKilledWhileItMakesTablesIsInTheWayOfTheNext) {
  const TableFolder folder;
  std::mt19937_64 random(Seed());
  // Some 1.4 MB, as no other test's; but whoever ended before may have left some of that size.
  const int others = TableFolder::UnusedSegments(1'000'000, 1'900'000);
  TableSizes sizes = CrowdedSizes();
  sizes.revocations = 131'072;
  for (int killed = 0; killed < Kills() / 2; ++killed) {
    std::error_code ignored;
    if (random() % 2 == 0) std::filesystem::remove(folder.table_file(), ignored);
    ChildProcess maker([&]() -> int {
      for (;;) {
        TableSizes own = sizes;
        own.tokens += random() % 2;  // Now and then others than the file's.
        (void)Tables::Shared(folder.table_file(), own);
      }
    });
    ::usleep(static_cast<useconds_t>(random() % 3'000));
    maker.Kill();
    ASSERT_EQ(maker.Wait(), 1000 + SIGKILL);
    const auto tables = Tables::Shared(folder.table_file(), sizes);
    ASSERT_TRUE(tables.has_value()) << ToString(tables.error());
    ASSERT_TRUE((*tables)->memory().IsCurrent());
  }
  // Whoever makes some removes what nobody can come to. Somebody who looks at a process in /proc
  // may keep its memory for a moment after it is gone: then the next does.
  int left = others + 2;
  for (int i = 0; i < 1'000 && left > others + 1; ++i) {
    (void)folder.Segment();
    std::filesystem::remove(folder.table_file());
    ASSERT_TRUE(Tables::Shared(folder.table_file(), sizes).has_value());
    left = TableFolder::UnusedSegments(1'000'000, 1'900'000);
  }
  EXPECT_LE(left, others + 1) << "memory that nobody can come to is left";
}

TEST(TableCrowdTest, FourProcessesOfSixtyFourThreadsAcceptEachTokenOnce) {
  const TableFolder folder;
  TableSizes sizes = CrowdedSizes();
  const auto tables = Tables::Shared(folder.table_file(), sizes);
  ASSERT_TRUE(tables.has_value());
  (void)folder.Segment();
  constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'772'366'400);
  constexpr std::size_t kTokens = 10'000;
  const auto spends = (*tables)->MakeSpends(1);
  std::vector<SpendGrant> grants(kTokens);
  for (SpendGrant& grant : grants) ASSERT_TRUE(spends->Issue(kNow, 300, grant));
  const auto ledger = TableLedger::Create();
  std::vector<std::unique_ptr<ChildProcess>> processes;
  for (std::size_t p = 0; p < kProcesses; ++p) {
    processes.push_back(std::make_unique<ChildProcess>([&] {
      const auto own = Tables::Shared(folder.table_file(), sizes);
      if (!own) return 1;
      const auto own_spends = (*own)->MakeSpends(1);
      MeetOthers(*ledger);
      std::atomic<int> unknown{0};
      std::vector<std::thread> submitters;
      for (int submitter = 0; submitter < 64; ++submitter) {
        submitters.emplace_back([&] {
          for (std::size_t i = 0; i < kTokens; ++i) {
            const SpendAnswer answer =
                own_spends->Spend({grants[i].id, grants[i].expires_at, {}}, kNow);
            if (answer.result == SpendResult::kUnknown) unknown.fetch_add(1);
            if (answer.result != SpendResult::kFresh) continue;
            std::atomic_ref(ledger->accepted[i]).fetch_add(1);
          }
        });
      }
      for (std::thread& submitter : submitters) submitter.join();
      return unknown.load() == 0 ? 0 : 2;
    }));
  }
  for (auto& process : processes) EXPECT_EQ(process->Wait(), 0);
  for (std::size_t i = 0; i < kTokens; ++i) ASSERT_EQ(ledger->accepted[i], 1) << i;
}

TEST(TableCrowdTest, FourProcessesPassAsMuchOfABudgetAsOne) {
  const TableFolder folder;
  const auto tables = Tables::Shared(folder.table_file(), CrowdedSizes());
  ASSERT_TRUE(tables.has_value());
  (void)folder.Segment();
  constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'772'366'400);
  const auto ledger = TableLedger::Create();
  std::vector<std::unique_ptr<ChildProcess>> processes;
  for (std::size_t p = 0; p < kProcesses; ++p) {
    processes.push_back(std::make_unique<ChildProcess>([&] {
      const auto own = Tables::Shared(folder.table_file(), CrowdedSizes());
      if (!own) return 1;
      const auto budgets = (*own)->budgets();
      const Pace pace = BudgetTable::PaceOf({1'000, std::chrono::hours{1}, 1'000});
      MeetOthers(*ledger);
      for (int i = 0; i < 1'000; ++i) {
        if (budgets->clearances.Take(budgets->KeyOf({1, 2, 3}), pace, 1, kNow).taken) {
          std::atomic_ref(ledger->passed[0]).fetch_add(1);
        }
      }
      return 0;
    }));
  }
  for (auto& process : processes) EXPECT_EQ(process->Wait(), 0);
  EXPECT_EQ(ledger->passed[0], 1'000U);
}

}  // namespace
}  // namespace stile
