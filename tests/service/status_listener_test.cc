#include "service/status_listener.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/engine_loader.h"
#include "tests/service/loopback_fetch.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::HasSubstr;
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
