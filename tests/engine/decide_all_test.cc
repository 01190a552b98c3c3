// Engine::DecideAll against Engine::Decide.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Earned;
using fixture::kNow;
using fixture::Navigate;
using fixture::Seal;

// Two sites of their own keys and switches, so that one batch holds requests of both.
EngineOptions TwoSites() {
  EngineOptions options = fixture::OneSite();
  SiteOptions shop = fixture::Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org"};
  shop.mode = GateMode::kAttack;
  options.sites.push_back(std::move(shop));
  SiteOptions broken = fixture::Site();
  broken.name = "broken";
  broken.hosts = {"broken.example.org"};
  broken.keys_degraded = true;
  options.sites.push_back(std::move(broken));
  return options;
}

std::vector<std::string> SomeCookies() {
  Clearance other = Earned();
  other.site_id = SiteId("shop");
  Clearance strong = Earned();
  strong.rank = 3;
  strong.effort_log2 = 30;
  Clearance late = Earned();
  late.expires_at = fixture::kNowSeconds - 5;
  std::string forged = Seal(Earned());
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  std::vector<std::string> cookies;
  for (const std::string& token : {Seal(Earned()), Seal(other, "shop"), Seal(strong), Seal(late),
                                   forged, Seal(Earned()) + "." + Seal(strong), std::string("x")}) {
    cookies.push_back("a=1; __Host-stile=" + token);
    cookies.push_back("__Host-stile=" + token + "; a=1");
    cookies.push_back("stile=" + token);
  }
  cookies.emplace_back("a=1");
  return cookies;
}

std::vector<Request> SomeRequests(std::mt19937& random, const std::vector<std::string>& cookies) {
  constexpr std::array<std::string_view, 8> kTargets = {
      "/",       "/free/a",   "/private/a", "/strict/a",
      "/open/a", "/closed/a", "/shadow/a",  "/.stile/challenge"};
  constexpr std::array<std::string_view, 3> kHosts = {"example.org", "shop.example.org",
                                                      "broken.example.org"};
  std::vector<Request> requests;
  for (int i = 0; i < 3'000; ++i) {
    Request request = Navigate(kTargets[random() % kTargets.size()]);
    request.host = kHosts[random() % kHosts.size()];
    request.https = random() % 4 != 0;
    if (random() % 3 == 0) request.method = "POST";
    if (random() % 9 == 0) request.address.reset();
    request.cookies[request.cookie_count++] = cookies[random() % cookies.size()];
    requests.push_back(request);
  }
  return requests;
}

// Every number that a worker counts, in a fixed order.
std::vector<std::uint64_t> Numbers(const Counters& counters) {
  std::vector<std::uint64_t> numbers;
  for (const auto& site : counters.decisions) {
    for (const auto& action : site) {
      for (const Counter& verdict : action) numbers.push_back(verdict.Get());
    }
  }
  for (const auto& site : counters.rule_matches) {
    for (const Counter& rule : site) numbers.push_back(rule.Get());
  }
  numbers.push_back(counters.client_address_unknown.Get());
  return numbers;
}

TEST(DecideAll, DecidesAndCountsWhatDecidingOneByOneDoes) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> cookies = SomeCookies();
  const std::vector<Request> requests = SomeRequests(random, cookies);
  Door singly(TwoSites());
  Door together(TwoSites());
  std::set<Action> actions;
  for (std::size_t done = 0; done < requests.size();) {
    const std::size_t some = std::min<std::size_t>(random() % 50, requests.size() - done);
    std::vector<Decision> decisions(some);
    together.engine().DecideAll(std::span(requests).subspan(done, some), kNow, together.worker(),
                                decisions);
    for (std::size_t i = 0; i < some; ++i) {
      const Decision one = singly.Decide(requests[done + i]);
      ASSERT_EQ(decisions[i], one) << requests[done + i].cookies[0];
      actions.insert(one.action);
    }
    done += some;
  }
  EXPECT_EQ(Numbers(together.counters()), Numbers(singly.counters()));
  EXPECT_EQ(actions,
            (std::set<Action>{Action::kAllow, Action::kChallenge, Action::kDeny, Action::kServe}));
}

}  // namespace
}  // namespace stile
