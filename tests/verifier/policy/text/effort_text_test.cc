#include "verifier/policy/text/effort_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/source_digest.h"

namespace stile {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

EffortOptions Read(const std::string& text) {
  auto source = ParsePolicyFile(text, "policy.toml");
  EXPECT_TRUE(source.has_value()) << ToString(source.error());
  return source.has_value() ? source->effort : EffortOptions{};
}

std::string MistakesIn(const std::string& text) {
  const auto source = ParsePolicyFile(text, "policy.toml");
  return source.has_value() ? std::string() : ToString(source.error());
}

TEST(EffortText, APolicyWithoutTheTableHasTheDefaults) { EXPECT_EQ(Read(""), EffortOptions{}); }

TEST(EffortText, ReadsEveryKey) {
  const EffortOptions options = Read(
      "[effort]\nadmissions = 12.5\nlongest = \"10s\"\nquiet = \"none\"\nheld = true\npin = 250\n"
      "prefix_share = 0.25\ncontrol = true\n");
  EXPECT_TRUE(options.control);
  EXPECT_EQ(options.admissions, 12.5);
  EXPECT_EQ(options.longest, seconds{10});
  EXPECT_EQ(options.quiet, QuietAsk::kNone);
  EXPECT_TRUE(options.held);
  EXPECT_EQ(options.pin, 250U);
  EXPECT_EQ(options.prefix_share, 0.25);
}

TEST(EffortText, WholeAdmissionsAreANumberToo) {
  EXPECT_EQ(Read("[effort]\nadmissions = 50\n").admissions, 50);
}

TEST(EffortText, ControlCanBeSwitchedOff) {
  EXPECT_FALSE(Read("[effort]\ncontrol = false\n").control);
}

TEST(EffortText, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"admissions = 0", "admissions must be from 0.1 to 1000000"},
      {"admissions = -3", "admissions must be from 0.1 to 1000000"},
      {"admissions = 2000000", "admissions must be from 0.1 to 1000000"},
      {"admissions = nan", "admissions must be a number, such as 20 or 0.5"},
      {"admissions = inf", "admissions must be a number, such as 20 or 0.5"},
      {"admissions = \"20\"", "admissions must be a number, such as 20 or 0.5"},
      {"longest = \"3m\"", "longest must be from \"1s\" to \"120s\""},
      {"longest = 15", "longest must be a duration in quotes"},
      {"quiet = \"off\"", "quiet must be \"light\" or \"none\", not \"off\""},
      {"held = 1", "held must be true or false"},
      {"pin = 99", "pin must be a whole number from 100 to 6400"},
      {"pin = 6401", "pin must be a whole number from 100 to 6400"},
      {"prefix_share = 0", "prefix_share must be from 0.001 to 1"},
      {"prefix_share = 1.5", "prefix_share must be from 0.001 to 1"},
      {"admission = 5", "[effort] has no key \"admission\": did you mean \"admissions\"?"},
      {"control = false\npin = 300", "with control = false nothing else in [effort] has an effect"},
  };
  for (const auto& [line, message] : mistakes) {
    EXPECT_THAT(MistakesIn(std::string("[effort]\n") + line + "\n"), HasSubstr(message)) << line;
  }
  EXPECT_THAT(MistakesIn("effort = 5\n"), HasSubstr("effort must be a table"));
}

TEST(EffortText, WhatNoFileSaysIsCheckedToo) {
  PolicySource source;
  source.effort.prefix_share = 2;
  const auto policy = Policy::Compile(std::move(source));
  ASSERT_FALSE(policy.has_value());
  EXPECT_THAT(ToString(policy.error()), HasSubstr("prefix_share must be"));
}

TEST(EffortText, TheDigestDiffersWithEachOption) {
  std::vector<std::string> digests;
  const auto add = [&digests](auto change) {
    PolicySource source;
    change(source.effort);
    digests.push_back(DigestOf(source));
  };
  add([](EffortOptions&) {});
  add([](EffortOptions& effort) { effort.control = false; });
  add([](EffortOptions& effort) { effort.admissions = 5; });
  add([](EffortOptions& effort) { effort.longest = seconds{5}; });
  add([](EffortOptions& effort) { effort.quiet = QuietAsk::kNone; });
  add([](EffortOptions& effort) { effort.held = true; });
  add([](EffortOptions& effort) { effort.pin = 200; });
  add([](EffortOptions& effort) { effort.prefix_share = 0.5; });
  for (std::size_t i = 0; i < digests.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(digests[i], digests[j]) << i << " " << j;
  }
}

}  // namespace
}  // namespace stile
