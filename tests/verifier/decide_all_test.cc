// Gate::DecideAll against Gate::Decide.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/gate.h"

namespace stile {
namespace {

using fixture::Earned;
using fixture::FlipTag;
using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::kOtherUserAgent;
using fixture::Seal;
using fixture::Visitor;
using fixture::VisitorAt;

std::shared_ptr<const Policy> SomePolicy() {
  const auto rule = [](std::string path, Action action, std::uint8_t rank, RuleMode mode) {
    Rule made;
    made.name = path.substr(1, path.find('/', 1) - 1);
    made.paths = {std::move(path)};
    made.action = action;
    made.rank = rank;
    made.mode = mode;
    return made;
  };
  PolicySource source;
  source.rules = {rule("/open/*", Action::kAllow, 0, RuleMode::kEnforce),
                  rule("/shut/*", Action::kDeny, 0, RuleMode::kEnforce),
                  rule("/forge/*", Action::kChallenge, 3, RuleMode::kEnforce),
                  rule("/trial/*", Action::kDeny, 0, RuleMode::kShadow)};
  auto policy = Policy::Compile(std::move(source));
  EXPECT_TRUE(policy.has_value());
  return policy.has_value() ? *policy : Policy::Minimal();
}

// One of every kind of token, by what is unusual about it.
std::vector<std::string> SomeTokens() {
  const auto with = [](auto change) {
    Clearance clearance = Earned();
    change(clearance);
    return Seal(clearance);
  };
  std::vector<std::string> tokens = {
      Seal(Earned()), FlipTag(Seal(Earned())), Seal(Earned()).substr(0, 71),
      Seal(Earned()).substr(0, 80), std::string(92, '!'), "", "x",
      with([](Clearance& c) { c.rank = 3; }), with([](Clearance& c) { c.rank = 0; }),
      with([](Clearance& c) { c.effort_log2 = 0; }),
      with([](Clearance& c) { c.expires_at = kNowSeconds - 30; }),
      with([](Clearance& c) { c.expires_at = kNowSeconds - 30, c.rank = 3; }),
      // What even an attack's demand is met by.
      with([](Clearance& c) {
        c.expires_at = kNowSeconds - 30;
        c.rank = 255;
        c.effort_log2 = 63;
      }),
      FlipTag(with([](Clearance& c) { c.expires_at = kNowSeconds - 30; })),
      with([](Clearance& c) { c.expires_at = kNowSeconds - kFormGraceSeconds; }),
      with([](Clearance& c) { c.site_id += 1; }), with([](Clearance& c) { c.key_id = 9; }),
      with([](Clearance& c) { c.issued_at = kNowSeconds + 61; }),
      with([](Clearance& c) { c.roams = 255; }), with([](Clearance& c) { c.binding = Binding{}; }),
      Seal(Earned(VisitorAt("203.0.113.9"))), Seal(Earned(VisitorAt("2001:db8::1"))),
      Seal(Earned(Client{Visitor().address, kOtherUserAgent}))};
  return tokens;
}

class DecideAllTest : public testing::TestWithParam<GateMode> {
 protected:
  DecideAllTest() {
    requests_.reserve(kRequests);
    for (std::size_t i = 0; i < kRequests; ++i) requests_.push_back(AnyRequest());
  }

  static constexpr std::size_t kRequests = 2'000;

  std::size_t Below(std::size_t limit) { return random_() % limit; }

  template <typename Choices>
  auto OneOf(const Choices& choices) {
    return choices[Below(choices.size())];
  }

  std::string AnyValue() {
    std::string value = OneOf(tokens_);
    for (std::size_t more = Below(6); more > 3; --more) value.append(".").append(OneOf(tokens_));
    return value;
  }

  std::string AnyField() {
    std::string field;
    if (Below(2) == 0) field.append("a=1; b=").append(Below(80), 'c').append("; ");
    for (std::size_t cookies = Below(8) == 0 ? Below(6) : 1; cookies != 0; --cookies) {
      field.append(kCookieName).append("=").append(AnyValue());
      field.append(Below(4) == 0 ? " ; " : "; ");
    }
    // Mostly ours is the last.
    if (Below(4) == 0) {
      field.append("d=2");
    } else if (field.size() >= 2) {
      field.resize(field.size() - 2);
    }
    return field;
  }

  Request AnyRequest() {
    constexpr std::array<std::string_view, 5> kTargets = {"/", "/open/a", "/shut/a", "/forge/a",
                                                          "/trial/a"};
    constexpr std::array<std::string_view, 3> kMethods = {"GET", "POST", "HEAD"};
    const std::array<Client, 5> clients = {Visitor(), Visitor(), VisitorAt("2001:db8::1"),
                                           Client{std::nullopt, Visitor().user_agent},
                                           Client{Visitor().address, kOtherUserAgent}};
    auto& cookies = *fields_.emplace_back(std::make_unique<std::vector<std::string>>());
    for (std::size_t i = Below(8) == 0 ? Below(4) : 1; i != 0; --i) cookies.push_back(AnyField());
    Request request = Get(OneOf(kTargets), cookies, OneOf(clients));
    request.method = OneOf(kMethods);
    return request;
  }

  const std::uint32_t seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  const std::vector<std::string> tokens_ = SomeTokens();
  std::vector<std::unique_ptr<std::vector<std::string>>> fields_;
  std::vector<Request> requests_;
};

TEST_P(DecideAllTest, EveryFieldIsWhatDecidingOneByOneGives) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const Gate gate(ClearanceCheck(Keys(), std::string(kCookieName)), SomePolicy(), GetParam());
  std::set<Verdict> verdicts;
  std::size_t graced = 0;
  std::size_t other_families = 0;
  std::size_t done = 0;
  while (done < requests_.size()) {
    const std::size_t some = std::min(Below(70), requests_.size() - done);
    // What a caller left in his memory doesn't matter.
    std::vector<Decision> decisions(some);
    for (Decision& decision : decisions) {
      decision.action = Action::kAllow;
      decision.finding.authentic = decision.finding.in_grace = decision.by_grace = true;
      decision.finding.clearance.rank = decision.rank_held = 255;
    }
    gate.DecideAll(std::span(requests_).subspan(done, some), kNow, decisions);
    for (std::size_t i = 0; i < some; ++i) {
      const Decision one = gate.Decide(requests_[done + i], kNow);
      ASSERT_EQ(decisions[i], one) << requests_[done + i].cookies[0];
      ASSERT_EQ(decisions[i].finding.other_family.data(), one.finding.other_family.data());
      verdicts.insert(one.verdict);
      graced += one.by_grace;
      other_families += one.finding.other_family.empty() ? 0 : 1;
    }
    done += some;
  }
  if (GetParam() == GateMode::kOpen) return;
  EXPECT_EQ(verdicts,
            (std::set<Verdict>{Verdict::kValid, Verdict::kAbsent, Verdict::kMalformed,
                               Verdict::kWrongSite, Verdict::kExpired, Verdict::kNotYetValid,
                               Verdict::kUnknownKey, Verdict::kForged, Verdict::kWrongClient,
                               Verdict::kUnsigned}));
  EXPECT_GT(graced, 0U);
  EXPECT_GT(other_families, 0U);
}

INSTANTIATE_TEST_SUITE_P(Mode, DecideAllTest,
                         testing::Values(GateMode::kEnforce, GateMode::kShadow, GateMode::kOpen,
                                         GateMode::kAttack),
                         [](const testing::TestParamInfo<GateMode>& mode) {
                           return "mode" + std::to_string(static_cast<int>(mode.param));
                         });

TEST(DecideAll, TheShorterOfBothListsIsDecided) {
  const Gate gate(ClearanceCheck(Keys(), std::string(kCookieName)), SomePolicy(),
                  GateMode::kEnforce);
  const std::vector<std::string> cookies{std::string(kCookieName) + "=" + Seal(Earned())};
  const std::vector<Request> requests(20, Get("/", cookies));
  std::vector<Decision> decisions(20);
  gate.DecideAll(requests, kNow, std::span(decisions).first(17));
  EXPECT_EQ(decisions[16].action, Action::kAllow);
  EXPECT_EQ(decisions[17], Decision{});
  gate.DecideAll(std::span(requests).first(18), kNow, decisions);
  EXPECT_EQ(decisions[17].action, Action::kAllow);
  EXPECT_EQ(decisions[18], Decision{});
}

}  // namespace
}  // namespace stile
