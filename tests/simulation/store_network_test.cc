#include "tests/simulation/store_network.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/simulation/store_server.h"

namespace stile::simulation {
namespace {

StoreReply Done() {
  StoreReply reply;
  reply.ok = true;
  return reply;
}

TEST(StoreServerTest, PowerLossForgetsWhatWasNotSynchronised) {
  StoreServer server(1);
  server.Set("kept", "1", 0, 0);
  server.Sync();
  server.Set("lost", "1", 0, 0);
  const std::string run = server.run_id();
  server.RestartAfterPowerLoss();
  EXPECT_NE(server.Get("kept", 0), nullptr);
  EXPECT_EQ(server.Get("lost", 0), nullptr);
  EXPECT_NE(server.run_id(), run);
}

TEST(StoreServerTest, KilledWithoutAFileHasItsLastDump) {
  StoreServer server(1);
  server.SetAppends(false);
  server.Set("dumped", "1", 0, 0);
  server.SaveDump();
  server.Set("lost", "1", 0, 0);
  server.RestartAfterKill();
  EXPECT_NE(server.Get("dumped", 0), nullptr);
  EXPECT_EQ(server.Get("lost", 0), nullptr);
}

TEST(StoreServerTest, KeyExpiresByTheServersOwnClock) {
  StoreServer server(1);
  server.Set("key", "1", 10 * kSecond, 0);
  EXPECT_NE(server.Get("key", 9 * kSecond), nullptr);
  server.MoveClock(2'000'000);
  EXPECT_EQ(server.Get("key", 9 * kSecond), nullptr);
}

TEST(StoreServerTest, PromotionGivesAnotherHistoryAndTheSameRun) {
  StoreServer server(1);
  const std::string run = server.run_id();
  const std::string history = server.replication_id();
  server.Demote();
  server.Promote();
  EXPECT_EQ(server.run_id(), run);
  EXPECT_NE(server.replication_id(), history);
}

class StoreNetworkTest : public testing::Test {
 protected:
  StoreNetwork::ConnectionId Connect(std::size_t node) {
    StoreNetwork::ConnectionId made = 0;
    network_.Connect(node, [&made](StoreNetwork::ConnectionId id) { made = id; });
    agenda_.RunUntil(agenda_.now() + kSecond);
    return made;
  }
  StoreCommand Writes(const std::string& key) {
    return [key](StoreServer& server, Instant now) {
      server.Set(key, "1", 0, now);
      return Done();
    };
  }

  Agenda agenda_;
  Random random_{1};
  StoreNetwork network_{agenda_, random_, 1};
};

TEST_F(StoreNetworkTest, RepliesComeInTheOrderOfTheirCommands) {
  const StoreNetwork::ConnectionId id = Connect(0);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    network_.Send(id, Writes("key"), [&order, i](const StoreReply&) { order.push_back(i); });
  }
  agenda_.RunUntil(60 * kSecond);
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(StoreNetworkTest, CutLinkHoldsACommandBackUntilItIsHealed) {
  const StoreNetwork::ConnectionId id = Connect(0);
  network_.SetLink(0, 0, false);
  network_.Send(id, Writes("late"), [](const StoreReply&) {});
  agenda_.RunUntil(agenda_.now() + 10 * kSecond);
  EXPECT_EQ(network_.server(0).Get("late", agenda_.now()), nullptr);
  EXPECT_EQ(Connect(0), 0u);
  network_.SetLink(0, 0, true);
  EXPECT_NE(network_.server(0).Get("late", agenda_.now()), nullptr);
}

TEST_F(StoreNetworkTest, WaitIsConfirmedOnlyWhileTheReplicaFollows) {
  const StoreNetwork::ConnectionId id = Connect(0);
  std::vector<std::int64_t> replicas;
  const auto heard = [&replicas](const StoreReply& reply) { replicas.push_back(reply.replicas); };
  network_.SendAndWait(id, Writes("one"), kSecond, heard);
  agenda_.RunUntil(agenda_.now() + 5 * kSecond);
  network_.CutReplication();
  network_.SendAndWait(id, Writes("two"), kSecond, heard);
  agenda_.RunUntil(agenda_.now() + 5 * kSecond);
  EXPECT_EQ(replicas, (std::vector<std::int64_t>{1, 0}));
  EXPECT_NE(network_.server(1).Get("one", agenda_.now()), nullptr);
  EXPECT_EQ(network_.server(1).Get("two", agenda_.now()), nullptr);
}

TEST_F(StoreNetworkTest, DemotedMasterTakesOverWhatItsSuccessorHas) {
  const StoreNetwork::ConnectionId id = Connect(0);
  network_.CutReplication();
  network_.Send(id, Writes("lost"), [](const StoreReply&) {});
  agenda_.RunUntil(agenda_.now() + kSecond);
  network_.Promote(1);
  network_.HealReplication();
  network_.Demote(0);
  agenda_.RunUntil(agenda_.now() + kSecond);
  EXPECT_EQ(network_.server(0).Get("lost", agenda_.now()), nullptr);
  EXPECT_FALSE(network_.server(0).MayWrite());
}

TEST_F(StoreNetworkTest, HungServerDoesEverythingWhenItGoesOn) {
  const StoreNetwork::ConnectionId id = Connect(0);
  network_.Hang(0, 10 * kSecond);
  bool heard = false;
  network_.Send(id, Writes("key"), [&heard](const StoreReply&) { heard = true; });
  agenda_.RunUntil(agenda_.now() + 5 * kSecond);
  EXPECT_FALSE(heard);
  agenda_.RunUntil(agenda_.now() + 10 * kSecond);
  EXPECT_TRUE(heard);
}

TEST_F(StoreNetworkTest, DyingServerBreaksItsConnections) {
  const StoreNetwork::ConnectionId id = Connect(0);
  bool broken = false;
  network_.OnBroken(id, [&broken] { broken = true; });
  network_.Down(0);
  agenda_.RunUntil(agenda_.now() + kSecond);
  EXPECT_TRUE(broken);
  EXPECT_EQ(Connect(0), 0u);
  network_.Up(0, StoreNetwork::Loss::kKill);
  EXPECT_NE(Connect(0), 0u);
}

}  // namespace
}  // namespace stile::simulation
