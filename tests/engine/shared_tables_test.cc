// Engines of several processes that embed them, over the same tables: what the workers of a proxy
// do.
#include <gtest/gtest.h>
#include <sys/shm.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "tests/engine/door.h"
#include "tests/verifier/tables/child_process.h"
#include "tests/verifier/tables/table_file_fixture.h"
#include "verifier/tables/tables.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using std::chrono::hours;
using std::chrono::minutes;

constexpr int kBurst = 12;

// A worker: its own engine, and what it shares.
struct Host {
  explicit Host(const std::string& path) : tables(*Tables::Shared(path, {})), door(Options()) {}

  [[nodiscard]] EngineOptions Options() const {
    PolicySource source = fixture::Source();
    source.levels[1].budget = Rate{kBurst, minutes{1}, kBurst};
    SiteOptions site = fixture::Site();
    site.policy = fixture::PolicyOf(std::move(source));
    EngineOptions options = fixture::OneSite(std::move(site));
    options.budgets = tables->budgets();
    options.spends = tables->MakeSpends(0);
    options.revocations = tables->revocations();
    return options;
  }
  [[nodiscard]] Decision Decide(const std::string& cookie) {
    Request request = Fetch("/x");
    request.cookies[0] = cookie;
    request.cookie_count = 1;
    return door.Decide(request);
  }

  std::shared_ptr<Tables> tables;
  Door door;
};

std::string Cookie() { return "__Host-stile=" + fixture::Seal(fixture::Earned()); }

TEST(SharedTables, LimitAClearanceAtTheSameRequestInEveryProcess) {
  const TableFolder folder;
  Host here(folder.table_file());
  (void)folder.Segment();
  const std::string cookie = Cookie();
  // In turn here and there: the twelfth passes, wherever it comes, and the thirteenth nowhere.
  for (int i = 0; i < kBurst; i += 2) {
    EXPECT_EQ(here.Decide(cookie).action, Action::kAllow) << i;
    ChildProcess there(
        [&] { return Host(folder.table_file()).Decide(cookie).action == Action::kAllow ? 0 : 1; });
    EXPECT_EQ(there.Wait(), 0) << i;
  }
  EXPECT_EQ(here.Decide(cookie).verdict, Verdict::kLimited);
  ChildProcess there([&] {
    return Host(folder.table_file()).Decide(cookie).verdict == Verdict::kLimited ? 0 : 1;
  });
  EXPECT_EQ(there.Wait(), 0);
}

TEST(SharedTables, RevokeAClearanceInEveryProcess) {
  const TableFolder folder;
  Host here(folder.table_file());
  (void)folder.Segment();
  const std::string cookie = Cookie();
  ASSERT_EQ(here.Decide(cookie).action, Action::kAllow);
  ChildProcess there([&] {
    Host host(folder.table_file());
    return host.tables->revocations()->Revoke(fixture::Earned().id, fixture::kNow + hours{1},
                                              fixture::kNow)
               ? 0
               : 1;
  });
  ASSERT_EQ(there.Wait(), 0);
  const Decision decision = here.Decide(cookie);
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kRevoked);
  EXPECT_EQ(decision.rank_held, 0);
  // Among many at once, too.
  Request request = Fetch("/x");
  request.cookies[0] = cookie;
  request.cookie_count = 1;
  const std::vector<Request> requests(8, request);
  std::vector<Decision> decisions(requests.size());
  here.door.engine().DecideAll(requests, here.door.now, here.door.worker(), decisions);
  for (const Decision& one : decisions) EXPECT_EQ(one.verdict, Verdict::kRevoked);
}

TEST(SharedTables, AreSharedByTheWorkersThatAMasterForks) {
  const TableFolder folder;
  Host master(folder.table_file());
  (void)folder.Segment();
  const std::string cookie = Cookie();
  std::vector<std::unique_ptr<ChildProcess>> workers;
  for (int i = 0; i < kBurst; ++i) {
    workers.push_back(std::make_unique<ChildProcess>(
        [&] { return master.Decide(cookie).action == Action::kAllow ? 0 : 1; }));
  }
  for (auto& worker : workers) EXPECT_EQ(worker->Wait(), 0);
  EXPECT_EQ(master.Decide(cookie).verdict, Verdict::kLimited);
}

}  // namespace
}  // namespace stile
