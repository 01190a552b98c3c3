#include "verifier/effort/effort_law.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/wire_format/vector_file.h"

namespace stile {
namespace {

std::string_view StepName(EffortStep step) {
  switch (step) {
    case EffortStep::kSkipped:
      return "skipped";
    case EffortStep::kIdle:
      return "idle";
    case EffortStep::kRaised:
      return "raised";
    case EffortStep::kLowered:
      return "lowered";
  }
  return "none";
}

TEST(EffortLawTest, StepsAsTheVectorsSay) {
  int cases = 0;
  for (const VectorRecord& vector : ReadVectors("effort_law.txt")) {
    const auto number = [&](std::string_view key) {
      return static_cast<std::uint64_t>(vector.Number(key));
    };
    EffortPeriod period;
    period.length = std::strtod(vector.Get("length").c_str(), nullptr);
    period.idle = std::strtod(vector.Get("idle").c_str(), nullptr);
    period.dequeued = number("dequeued");
    period.enqueued = number("enqueued");
    period.enqueued_effort = number("enqueued_effort");
    period.queue_length = number("queue_length");
    const NextEffort next =
        StepEffort(number("effort"), period, std::strtod(vector.Get("decay").c_str(), nullptr));
    EXPECT_EQ(StepName(next.step), vector.Get("step")) << vector.name();
    EXPECT_EQ(next.effort, number("next")) << vector.name();
    ++cases;
  }
  EXPECT_EQ(cases, 111);
}

// Steps that others computed, where they lie beside the source.
TEST(EffortLawTest, StepsAsThePublishedCasesSay) {
  const std::filesystem::path file = std::filesystem::path(STILE_SOURCE_DIR).parent_path() /
                                     "shared/research/vectors/tor_pow/control_loop_cases.json";
  std::ifstream in(file);
  if (!in) GTEST_SKIP() << "the published cases are not here";
  const std::map<std::string_view, std::string_view> names = {
      {"SKIP", "skipped"}, {"IDLE", "idle"}, {"INCREASE", "raised"}, {"DECAY", "lowered"}};
  // One `"name": value` a line; a case begins with its loop and ends with its new effort.
  std::map<std::string, std::string> fields;
  int cases = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find("\": ");
    if (colon == std::string::npos) continue;
    std::string value = line.substr(colon + 3);
    std::erase_if(value, [](char c) { return c == '"' || c == ',' || c == '\r'; });
    const std::string name = line.substr(1, colon - 1);
    fields[name] = value;
    if (name != "new") continue;
    if (fields["loop"] == "p362") {
      const auto number = [&](const char* key) {
        return std::strtoull(fields[key].c_str(), nullptr, 10);
      };
      EffortPeriod period;
      period.length = std::strtod(fields["T"].c_str(), nullptr);
      period.idle = std::strtod(fields["idle"].c_str(), nullptr);
      period.dequeued = number("dequeued");
      period.enqueued = number("n_ge");
      period.enqueued_effort = number("total_effort_ge");
      period.queue_length = number("queue_len");
      const NextEffort next =
          StepEffort(number("s"), period, std::strtod(fields["decay_adj"].c_str(), nullptr));
      EXPECT_EQ(next.effort, number("new")) << "case " << cases;
      const auto step = names.find(fields["event"]);
      ASSERT_NE(step, names.end()) << fields["event"];
      EXPECT_EQ(StepName(next.step), step->second) << "case " << cases;
      ++cases;
    }
    fields.clear();
  }
  EXPECT_EQ(cases, 200);
}

TEST(EffortLawTest, AFewDearSolvesWhileIdleRaiseNothing) {
  // What inflates the loop of proposal 327: 400 solves of 10,000 while the service is 7 % busy.
  std::uint64_t effort = 0;
  for (int i = 0; i < 12; ++i) {
    effort = StepEffort(effort, {300, 279, 5250, 400, 4'000'000, 0}, 0).effort;
  }
  EXPECT_EQ(effort, 0);
}

}  // namespace
}  // namespace stile
