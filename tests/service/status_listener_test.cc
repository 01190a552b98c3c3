#include "service/status_listener.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/keys.h"
#include "service/redis_spends.h"
#include "service/status_report.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"
#include "tests/service/loopback_fetch.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

std::unique_ptr<const Engine> MakeEngine() {
  const LoadedConfig loaded = LoadTexts(
      {"stile.toml", std::string(kGoodConfig), {{"policy.toml", std::string(kGoodPolicy)}}, {}});
  EXPECT_TRUE(loaded.good());
  auto engine = BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                            *RedeemTables::Create({}));
  EXPECT_TRUE(engine);
  return *std::move(engine);
}

// The address of a Redis that isn't there, and what its client says of it.
SocketAddress NoSocket() {
  SocketAddress address;
  address.is_unix = true;
  address.path = "/nonexistent/redis.sock";
  return address;
}
constexpr std::string_view kWhy = "No such file or directory";

// Until `client` has tried NoSocket().
template <typename Client>
void WaitForTrouble(const Client& client) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (client.Trouble().why != kWhy && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

class StatusListenerTest : public testing::Test {
 protected:
  StatusListenerTest() : engines_(MakeEngine()), metrics_(engines_, "1.2.3", kNow) {
    SocketAddress address;
    address.host = "127.0.0.1";
    auto status = StatusListener::Create(address, metrics_, engines_);
    EXPECT_TRUE(status.ok()) << status.status();
    status_ = *std::move(status);
    status_->Start();
  }

  std::string Get(std::string_view path) { return Fetch(status_->address(), path); }

  EngineSlot engines_;
  Metrics metrics_;
  std::unique_ptr<StatusListener> status_;
};

TEST_F(StatusListenerTest, MetricsAreInTheTextFormat) {
  const std::string answer = Get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("stile_policy_generation 1\n"));
}

TEST_F(StatusListenerTest, ReadinessFollowsThePhaseAndLivenessDoesNot) {
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  metrics_.SetPhase(Phase::kReady);
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 200 "));
  metrics_.SetPhase(Phase::kDraining);
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get("/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(StatusListenerTest, StatusNamesSitesKeysAndDegradations) {
  metrics_.SetKeys({{"", {4, kNow, UnixMillis{INT64_MAX}}}});
  metrics_.SetDegraded(Degradation::kLastGood, true);
  metrics_.SetReload(false, kNow);
  const std::string answer = Get("/status");
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"version\":\"1.2.3\",\"phase\":\"starting\""));
  EXPECT_THAT(answer, HasSubstr("\"degraded\":[\"last-good\"]"));
  EXPECT_THAT(answer, HasSubstr("\"last_reload\":{\"successful\":false,"));
  EXPECT_THAT(answer, HasSubstr("{\"name\":\"main\",\"mode\":\"enforce\",\"policy\":\""));
  EXPECT_THAT(answer, HasSubstr("{\"id\":4,\"sign_from\":\"2026-09-21T"));
}

TEST_F(StatusListenerTest, OnlyAnOperatorIsToldWhoTakesMost) {
  const std::shared_ptr<Budgets> budgets = *Budgets::Create({64, 64, 64, 64});
  const HitterId id = Budgets::IdOf(TokenId{0x5b}, 1);
  budgets->heavy_clearances.Add(budgets->KeyOf(id), id, 9, WallClock());
  metrics_.SetBudgets(budgets);
  EXPECT_THAT(StatusJson(metrics_, engines_, WallClock(), StatusReader::kOperator),
              HasSubstr("\"heaviest\":[{\"clearance\":\"5b00"));
  const std::string answer = Get("/status");
  EXPECT_THAT(answer, HasSubstr("\"budgets\":{\"clearances\":{\"cells\":70,\"in_use\":0}"));
  EXPECT_THAT(answer, Not(HasSubstr("heaviest")));
}

TEST_F(StatusListenerTest, StoreThatIsAwayIsToldWithItsReasonAndSinceWhen) {
  EXPECT_THAT(Get("/status"), HasSubstr("\"spend_store\":null"));
  RedisOptions options;
  options.config.address = NoSocket();
  auto store = RedisSpends::Create(std::move(options), nullptr);
  ASSERT_TRUE(store.ok());
  const std::shared_ptr<RedisSpends> kept = *std::move(store);
  WaitForTrouble(*kept);
  metrics_.SetSpendStore(kept);
  metrics_.SetDegraded(Degradation::kSpendStore, true);
  const std::string answer = Get("/status");
  const std::string since = UtcText(kept->Trouble().since);
  EXPECT_THAT(answer, HasSubstr(Concat("\"spend_store\":{\"up\":false,\"why\":\"", kWhy,
                                       "\",\"since\":\"", since, "\"}")));
  EXPECT_THAT(answer, HasSubstr(Concat("or refuses to write. Since ", since, ": ", kWhy)));
}

TEST_F(StatusListenerTest, BudgetsThatAreNotMergedAreToldWithTheReasonAndSinceWhen) {
  EXPECT_THAT(Get("/status"), HasSubstr("\"budget_merge\":null"));
  RedisBudgets::Options options;
  options.redis.address = NoSocket();
  options.merge = {.boot = 1, .who = 1};
  auto merge = RedisBudgets::Create(std::move(options), *Budgets::Create({64, 64, 64, 64, 64}));
  ASSERT_TRUE(merge.ok());
  const std::shared_ptr<RedisBudgets> kept = *std::move(merge);
  WaitForTrouble(*kept);
  metrics_.SetBudgetMerge(kept);
  metrics_.SetDegraded(Degradation::kBudgetMerge, true);
  const std::string answer = Get("/status");
  const std::string since = UtcText(kept->Trouble().since);
  EXPECT_THAT(answer, HasSubstr(Concat("\"budget_merge\":{\"up\":false,\"why\":\"", kWhy,
                                       "\",\"since\":\"", since, "\"}")));
  EXPECT_THAT(answer, HasSubstr(Concat("of other nodes. Since ", since, ": ", kWhy)));
}

TEST_F(StatusListenerTest, ListOfTheFutureIsNew) {
  metrics_.SetLists({{"bot.txt", 3, UnixMillis::FromSeconds(4'000'000'000), false}});
  EXPECT_THAT(Get("/status"), HasSubstr("\"age_days\":0}"));
}

TEST_F(StatusListenerTest, ReloadRefusedForShrunkenListsAloneIsToBeForced) {
  metrics_.SetReload(false, kNow, {"a list"}, true);
  EXPECT_THAT(Get("/status"), HasSubstr("stile reload --force"));
  metrics_.SetReload(false, kNow, {"a list", "a mistake"});
  EXPECT_THAT(Get("/status"), HasSubstr("mend what `stile check` says"));
}

TEST_F(StatusListenerTest, OnlyReadingIsAllowed) {
  const LoopbackConnection connection(status_->address());
  connection.Send("POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(connection.ReadToEnd(), StartsWith("HTTP/1.1 405 "));
}

TEST_F(StatusListenerTest, OtherPathsAreNotFound) {
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics/"), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace stile
