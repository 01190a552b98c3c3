// What the effort control makes of challenges, redemptions, decisions and the origin's outcomes.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "challenge/sealed_challenge.h"
#include "tests/engine/door.h"
#include "verifier/effort/effort_control.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::kNow;
using fixture::Navigate;
using fixture::Reply;
using fixture::Solve;
using fixture::WaitSolution;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kPeriod{EffortControl::kPeriodMillis};
constexpr std::uint64_t kLight = 64;  // What the fixture's level asks.

// A door whose site has a control, and another hand on that control.
class EffortDoor {
 public:
  explicit EffortDoor(EffortOptions effort = {}, GateMode mode = GateMode::kEnforce)
      : table(*EffortTable::Create()),
        control(table, (*fixture::Keys().ForSite("main"))->site_id(), effort, kMostPrice),
        door(Options(effort, mode)) {}

  // Raises the site's price to 1600.
  void Flood(int periods = 2) {
    static_cast<void>(control.SitePrice(door.now));
    for (int period = 0; period < periods; ++period) {
      for (std::uint8_t i = 0; i < 200; ++i) {
        control.NoteRedemption(IpAddress::V4({10, i, static_cast<std::uint8_t>(period % 256), 1}),
                               kMostPrice, door.now);
      }
      door.now = door.now + kPeriod;
    }
  }

  std::shared_ptr<EffortTable> table;
  EffortControl control;
  Door door;

 private:
  EngineOptions Options(const EffortOptions& effort, GateMode mode) {
    SiteOptions site = fixture::Site();
    PolicySource source = fixture::Source();
    source.effort = effort;
    site.policy = fixture::PolicyOf(std::move(source));
    site.mode = mode;
    EngineOptions options = fixture::OneSite(site);
    options.effort = table;
    return options;
  }
};

EffortOptions TenASecond() {
  EffortOptions options;
  options.admissions = 10;
  return options;
}

std::uint64_t AskedIn(std::string_view challenge, std::size_t index = 0) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_LT(index, sealed.claimed_alternative_count());
  return sealed.claimed_alternative(index).effort;
}

// `cookie` outlives the request.
void PutCookie(std::string_view cookie, Request& request) {
  request.cookies[0] = cookie;
  request.cookie_count = 1;
}

TEST(EffortAnswer, AQuietSiteAsksWhatItsLevelSays) {
  EffortDoor site(TenASecond());
  EXPECT_EQ(AskedIn(site.door.FreshChallenge()), kLight);
}

TEST(EffortAnswer, ThePriceIsSealedIntoEachChallenge) {
  EffortOptions effort;
  effort.pin = 300;
  EffortDoor site(effort);
  const std::string challenge = site.door.FreshChallenge();
  EXPECT_EQ(AskedIn(challenge), 3 * kLight);
  EXPECT_EQ(AskedIn(challenge, 1), 5'000U);  // Waiting costs no more.
  EXPECT_EQ(site.door.RedeemJson(challenge, Solve(challenge)).status, 200);
}

TEST(EffortAnswer, AFloodRaisesWhatIsAsked) {
  EffortDoor site(TenASecond());
  site.Flood();
  EXPECT_EQ(AskedIn(site.door.FreshChallenge()), 16 * kLight);
}

TEST(EffortAnswer, AHighPriceLeavesTheWaitOut) {
  EffortDoor site(TenASecond());
  site.Flood();
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(site.door.FreshChallenge()), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative_count(), 1U);
  site.door.now = site.door.now + minutes{30};
  ASSERT_EQ(sealed.Parse(site.door.FreshChallenge()), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative_count(), 2U);
}

TEST(EffortAnswer, WhatWasIssuedCheaplyIsRedeemedWhateverThePriceIsNow) {
  EffortDoor site(TenASecond());
  const std::string challenge = site.door.FreshChallenge();
  site.Flood();
  EXPECT_EQ(site.door.RedeemJson(challenge, Solve(challenge)).status, 200);
}

TEST(EffortAnswer, AStockOfSolutionsIsLetInSlowly) {
  EffortDoor site(TenASecond());
  const std::string challenge = site.door.FreshChallenge();
  const std::string solution = Solve(challenge);
  site.Flood();
  while (site.control.TakeTurn(kConfiguredPrice, site.door.now)) {
  }
  const Reply limited = site.door.RedeemJson(challenge, solution);
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.Get("Retry-After"), "1");
  site.door.now = site.door.now + std::chrono::seconds{1};
  EXPECT_EQ(site.door.RedeemJson(challenge, solution).status, 200);
}

TEST(EffortAnswer, OnlyTheFirstRedemptionCounts) {
  EffortDoor site(TenASecond());
  const std::string challenge = site.door.FreshChallenge();
  const std::string solution = Solve(challenge);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(site.door.RedeemJson(challenge, solution).status, 200);
  site.door.RedeemJson(challenge, "0.1");
  site.door.now = site.door.now + kPeriod;
  EXPECT_EQ(site.control.Read(site.door.now).demand, 0.5);
}

TEST(EffortAnswer, HeldClearancesMustProveMoreInAnAttackThatLasts) {
  EffortOptions effort = TenASecond();
  effort.held = true;
  EffortDoor site(effort);
  Clearance clearance = fixture::Earned();
  clearance.effort_log2 = 6;
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  Request request = Navigate("/page");
  PutCookie(cookie, request);
  EXPECT_EQ(site.door.Decide(request).action, Action::kAllow);
  site.Flood(300);
  const Decision decision = site.door.Decide(request);
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_TRUE(decision.held_asked);
  EXPECT_EQ(decision.verdict, Verdict::kValid);
  EXPECT_EQ(site.door.counters().held_asked.Get(), 1U);
}

TEST(EffortAnswer, HeldClearancesThatProvedEnoughPass) {
  EffortOptions effort = TenASecond();
  effort.held = true;
  EffortDoor site(effort);
  Clearance clearance = fixture::Earned();
  clearance.effort_log2 = 20;
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  Request request = Navigate("/page");
  PutCookie(cookie, request);
  site.Flood(300);
  EXPECT_EQ(site.door.Decide(request).action, Action::kAllow);
}

EffortOptions NothingInQuiet() {
  EffortOptions effort = TenASecond();
  effort.quiet = QuietAsk::kNone;
  return effort;
}

void Calm(EffortDoor& site) {
  static_cast<void>(site.control.SitePrice(site.door.now));
  site.door.now = site.door.now + minutes{6};
  static_cast<void>(site.control.SitePrice(site.door.now));
}

TEST(EffortAnswer, ClientsPassUnaskedInQuietTimes) {
  EffortDoor site(NothingInQuiet());
  Calm(site);
  const Decision decision = site.door.Decide(Navigate("/page"));
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_TRUE(decision.unasked);
  EXPECT_EQ(site.door.counters().passed_unasked.Get(), 1U);
}

TEST(EffortAnswer, AHigherLevelIsAskedInQuietTimesToo) {
  EffortDoor site(NothingInQuiet());
  Calm(site);
  EXPECT_EQ(site.door.Decide(Navigate("/strict/page")).action, Action::kChallenge);
  EXPECT_EQ(site.door.Decide(Navigate("/private/page")).action, Action::kDeny);
}

TEST(EffortAnswer, AttackModeKnowsNoQuiet) {
  EffortDoor site(NothingInQuiet(), GateMode::kAttack);
  Calm(site);
  EXPECT_EQ(site.door.Decide(Navigate("/page")).action, Action::kChallenge);
}

TEST(EffortAnswer, ManyUnaskedRequestsEndTheQuiet) {
  EffortDoor site(NothingInQuiet());
  Calm(site);
  int passed = 0;
  while (passed < 10'000 && site.door.Decide(Navigate("/page")).action == Action::kAllow) ++passed;
  EXPECT_GT(passed, 100);
  EXPECT_LT(passed, 1'000);
}

// A request of the clearance `number`, and what the origin makes of it.
void Serve(EffortDoor& site, std::uint8_t number, bool cleared, bool failed) {
  Clearance clearance = fixture::Earned();
  for (std::size_t i = 0; i < clearance.id.size(); ++i) {
    clearance.id[i] = static_cast<std::uint8_t>((number + 1) * (37 + 2 * i));
  }
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  Request request = Navigate(cleared ? "/page?x=1" : "/free/page");
  if (cleared) PutCookie(cookie, request);
  const Decision decision = site.door.Decide(request);
  ASSERT_EQ(decision.action, Action::kAllow);
  const Engine& engine = site.door.engine();
  engine.NoteOutcome(engine.TicketOf(request, decision), {failed, 20}, site.door.now);
}

double TroubleOf(bool cleared) {
  EffortDoor site(TenASecond());
  static_cast<void>(site.control.SitePrice(site.door.now));
  for (int window = 0; window < 11; ++window) {
    for (std::uint8_t i = 0; i < 50; ++i) Serve(site, i, cleared, window == 10);
    site.door.now = site.door.now + (window < 10 ? 5 * kPeriod : kPeriod);
  }
  return site.door.engine().ReadEffort(0, site.door.now).trouble;
}

TEST(EffortAnswer, TheTroubleOfClearedClientsIsSeen) { EXPECT_GT(TroubleOf(true), 0.5); }

TEST(EffortAnswer, TheTroubleOfOthersCountsForNothing) { EXPECT_EQ(TroubleOf(false), 0); }

TEST(EffortAnswer, OnlyWhoeverIsClearedOrPassedUnaskedHasATicketThatCounts) {
  EffortDoor site(NothingInQuiet());
  const Engine& engine = site.door.engine();
  const Request free = Navigate("/free/page");
  EXPECT_FALSE(engine.TicketOf(free, site.door.Decide(free)).counts);
  const std::string cookie = "__Host-stile=" + fixture::Seal(fixture::Earned());
  Request cleared = Navigate("/page");
  PutCookie(cookie, cleared);
  EXPECT_TRUE(engine.TicketOf(cleared, site.door.Decide(cleared)).counts);
  const Request unknown = Navigate("/page");
  EXPECT_FALSE(engine.TicketOf(unknown, site.door.Decide(unknown)).counts);
  Calm(site);
  EXPECT_TRUE(engine.TicketOf(unknown, site.door.Decide(unknown)).counts);
}

TEST(EffortAnswer, ATicketOfASiteThatIsGoneCountsForNothing) {
  EffortDoor site(TenASecond());
  OutcomeTicket ticket;
  ticket.counts = true;
  ticket.site_id = 1;
  ticket.site = 7;
  site.door.engine().NoteOutcome(ticket, {true, 20}, kNow);
  site.door.engine().NoteOutcome({}, {true, 20}, kNow);
}

TEST(EffortAnswer, WithoutATableEveryLevelAsksWhatItSays) {
  SiteOptions options = fixture::Site();
  PolicySource source = fixture::Source();
  source.effort.pin = 300;
  options.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(options));
  EXPECT_EQ(AskedIn(door.FreshChallenge()), kLight);
  EXPECT_EQ(door.engine().ReadEffort(0, kNow).price, 100U);
}

}  // namespace
}  // namespace stile
