#include "service/metrics.h"

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/keys.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

// An engine of kGoodConfig with this policy.
std::unique_ptr<const Engine> MakeEngine(std::string_view policy,
                                         std::string_view config = kGoodConfig) {
  const LoadedConfig loaded =
      LoadTexts({"stile.toml", std::string(config), {{"policy.toml", std::string(policy)}}, {}});
  EXPECT_TRUE(loaded.good()) << ToString(loaded.config_errors) << ToString(loaded.policy_errors);
  auto engine = BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                            *RedeemTables::Create({}));
  EXPECT_TRUE(engine);
  return *std::move(engine);
}

std::string PolicyWithRule(const std::string& name) {
  return "[[rule]]\nname = \"" + name + "\"\npath = [\"/*\"]\naction = \"challenge\"\n" +
         "level = \"light\"\n";
}

class MetricsTest : public testing::Test {
 protected:
  MetricsTest()
      : engines_(MakeEngine(PolicyWithRule("first"))),
        worker_(engines_.NewWorker()),
        metrics_(engines_, "1.2.3", kNow) {}

  void Decide(int times) {
    Request request;
    request.method = "GET";
    request.target = "/a";
    request.host = "example.org";
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(engines_.Enter(*worker_).Decide(request, kNow, *worker_).action,
                Action::kChallenge);
    }
  }
  void Publish(std::unique_ptr<const Engine> engine) {
    metrics_.Settle();
    engines_.Publish(std::move(engine));
  }

  EngineSlot engines_;
  std::unique_ptr<Worker> worker_;
  Metrics metrics_;
};

TEST_F(MetricsTest, DecisionsAreCountedBySiteActionAndVerdict) {
  Decide(3);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("# TYPE stile_decisions_total counter\n"));
  EXPECT_THAT(text, HasSubstr("stile_decisions_total{site=\"main\",action=\"challenge\","
                              "verdict=\"absent\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("stile_rule_matches_total{site=\"main\",rule=\"first\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("stile_client_ip_unknown_total 3\n"));
}

TEST_F(MetricsTest, CellsOfZeroAreLeftOut) {
  EXPECT_THAT(metrics_.Render(), Not(HasSubstr("stile_decisions_total{")));
  Decide(1);
  EXPECT_THAT(metrics_.Render(), Not(HasSubstr("verdict=\"forged\"")));
}

TEST_F(MetricsTest, CountsKeepTheRuleTheyWereCountedFor) {
  Decide(2);
  Publish(MakeEngine(PolicyWithRule("second")));
  Decide(1);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("stile_rule_matches_total{site=\"main\",rule=\"first\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("stile_rule_matches_total{site=\"main\",rule=\"second\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("verdict=\"absent\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("stile_policy_generation 2\n"));
}

TEST_F(MetricsTest, CountsOfADepartedWorkerStay) {
  Decide(2);
  worker_ = engines_.NewWorker();
  Decide(1);
  EXPECT_THAT(metrics_.Render(), HasSubstr("verdict=\"absent\"} 3\n"));
}

TEST_F(MetricsTest, CandidatesAreToldWithWhatTheyWouldChange) {
  AdmissionState state;
  state.digest = "abc";
  state.last_good = "def";
  state.soaking = true;
  state.verdict.refusal = AdmissionRefusal::kBlastRadius;
  state.verdict.rules = {{"main", "shut", 40, 12}};
  state.refusal = AdmissionRefusal::kBlastRadius;
  state.refused_at = UnixMillis{1'500};
  metrics_.SetAdmission(state);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("stile_config_info{digest=\"abc\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_last_good_info{digest=\"def\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_admission_soaking 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_admission_last_refusal_timestamp_seconds"
                              "{reason=\"blast-radius\"} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("stile_admission_shadow_requests{site=\"main\",rule=\"shut\"} 40"));
  EXPECT_THAT(text, HasSubstr("stile_admission_shadow_changes{site=\"main\",rule=\"shut\"} 12"));
  EXPECT_THAT(AdmissionJson(state), HasSubstr("\"refusal\":\"blast-radius\""));
  EXPECT_THAT(AdmissionJson(state), HasSubstr("would change 12 of 40 sampled requests"));
}

TEST_F(MetricsTest, TrialsAreToldWhileTheyLastAndCountedOnceTheyEnd) {
  AdmissionState state;
  state.trial = "abc";
  state.trial_share = 0.005;
  CountTrial(state, AdmissionState::Outcome::kRolledBack);
  metrics_.SetAdmission(state);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("stile_admission_trial_share 0.005\n"));
  EXPECT_THAT(text, HasSubstr("stile_admission_trials_total{outcome=\"rolled-back\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_admission_trials_total{outcome=\"passed\"} 0\n"));
  EXPECT_THAT(AdmissionJson(state), HasSubstr("\"trial\":\"abc\",\"trial_percent\":0.5,"));
  state.trial.clear();
  metrics_.SetAdmission(state);
  EXPECT_THAT(metrics_.Render(), HasSubstr("stile_admission_trial_share 0\n"));
  EXPECT_THAT(AdmissionJson(state), HasSubstr("\"trial\":null,\"trial_percent\":0,"));
}

TEST_F(MetricsTest, LoopsAreSummedAndOutliveTheServer) {
  LoopCounters loops[2];
  loops[0].connections_accepted.Add(5);
  loops[1].connections_accepted.Add(2);
  loops[1].connections_closed.Add(3);
  loops[0].heads_refused[static_cast<std::size_t>(HeadReason::kBareLf)].Add(4);
  loops[0].check_duration[0].Add(10);
  loops[1].check_duration[2].Add(5);
  loops[1].check_duration[7].Add(1);
  loops[0].check_duration_sum_ns.Add(2'000'000'000);
  metrics_.ServeLoops([&loops](const auto& visit) {
    for (const LoopCounters& loop : loops) visit(loop);
  });
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("stile_connections_accepted_total 7\n"));
  EXPECT_THAT(text, HasSubstr("stile_connections 4\n"));
  EXPECT_THAT(text, HasSubstr("stile_heads_refused_total{reason=\"bare-lf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_bucket{le=\"1e-06\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_bucket{le=\"2e-06\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_bucket{le=\"5e-06\"} 15\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_bucket{le=\"0.001\"} 15\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_bucket{le=\"+Inf\"} 16\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_count 16\n"));
  EXPECT_THAT(text, HasSubstr("stile_check_duration_seconds_sum 2\n"));
  metrics_.EndLoops();
  EXPECT_EQ(metrics_.Render(), text);
}

TEST_F(MetricsTest, StateShowsAsGauges) {
  metrics_.SetKeys({{"", {1, kNow, UnixMillis{INT64_MAX}}},
                    {"shop", {9, kNow, UnixMillis::FromSeconds(1'900'000'000)}}});
  metrics_.SetDegraded(Degradation::kKeys, true);
  metrics_.CountRejected(RejectReason::kPolicy);
  metrics_.SetReload(false, kNow);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("stile_key_expiry_timestamp_seconds{id=\"1\"} +Inf\n"));
  EXPECT_THAT(text,
              HasSubstr("stile_key_expiry_timestamp_seconds{site=\"shop\",id=\"9\"} 1900000000\n"));
  EXPECT_THAT(text, HasSubstr("stile_degraded{reason=\"keys\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_degraded{reason=\"last-good\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("stile_policy_rejected_total{reason=\"policy\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_policy_rejected_total{reason=\"keys\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("stile_config_last_reload_successful 0\n"));
  EXPECT_THAT(text, HasSubstr("stile_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_effort{site=\"main\",level=\"light\"} 262144\n"));
  EXPECT_THAT(
      text, testing::ContainsRegex("stile_policy_info.site=\"main\",digest=\"[0-9a-f]{64}\". 1\n"));
}

TEST_F(MetricsTest, EachSeriesStandsOnce) {
  Decide(1);
  Publish(MakeEngine(PolicyWithRule("second")));
  Decide(1);
  Publish(MakeEngine(PolicyWithRule("first")));
  Decide(1);
  std::istringstream text(metrics_.Render());
  std::map<std::string, int> seen;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("#")) ++seen[line.substr(0, line.rfind(' '))];
  }
  EXPECT_GT(seen.size(), 20U);
  for (const auto& [series, count] : seen) EXPECT_EQ(count, 1) << series;
}

TEST_F(MetricsTest, EveryMetricIsDocumented) {
  std::ifstream file(STILE_SOURCE_DIR "/docs/operations.md");
  std::ostringstream page;
  page << file.rdbuf();
  std::istringstream text(metrics_.Render());
  int families = 0;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    ++families;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_THAT(page.str(), testing::ContainsRegex("`" + name + "[`{]"));
  }
  EXPECT_GT(families, 15);
}

}  // namespace
}  // namespace stile
