#include <array>
#include <chrono>
#include <utility>

#include "challenge/key_file.h"
#include "tests/drills/library/bad_candidates.h"
#include "tests/drills/library/drills.h"
#include "tests/drills/library/host.h"

namespace stile::drills {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

std::string Marked(const std::string& name) {
  return GoodPolicy() + "[[rule]]\nname = \"" + name + "\"\npath = [\"/" + name +
         "\"]\naction = \"deny\"\n";
}

std::string Marked(std::string name, std::size_t number) {
  name += std::to_string(number);
  return Marked(name);
}

UnixMillis Now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<milliseconds>(since_epoch).count()};
}

Host::Options Booting(std::string policy, std::vector<std::string> last_good) {
  Host::Options options;
  options.policy = std::move(policy);
  options.last_good = std::move(last_good);
  return options;
}

// Visitors who come back for a new clearance each day, of a key that reaches far.
Host::Options ComingBackDaily() {
  Host::Options options;
  options.crowd.ring = RingOf({7}, Now(), hours{24 * 90});
  options.crowd.lifetime = 5 * 86'400;
  return options;
}

// --- D04 -----------------------------------------------------------------------------------------

Outcome BadPolicyAtBoot(bool is_control) {
  const std::string bad = GoodPolicy() + "[[rule]]\naction = 7\n";
  // Good ones are there, behind one that was cut while it was written.
  std::vector<std::string> last_good;
  if (!is_control) last_good = {GoodPolicy().substr(0, 40) + "[", GoodPolicy()};
  const auto begin = Host::steady();
  Host host(Booting(bad, std::move(last_good)));
  Outcome none;
  if (!none.Require(host.serves(), "I1", "nothing serves")) return none;
  host.outcome().Require(Host::steady() - begin <= milliseconds{1'000}, "own", "it starts late");
  host.outcome().Require(host.keeper().stats().from_last_good, "I4", "nobody is told");
  host.Baseline();
  // With nothing good at all, the mistakes come back, and a host has the minimal policy.
  Host nothing(Booting(bad, {"[", "[["}));
  host.outcome().Require(!nothing.serves(), "own", "a policy is made of mistakes");
  Host::Options options = Booting("", {});
  options.dress = [](EngineOptions& all) { all.sites.front().policy = Policy::Minimal(); };
  Host minimal(std::move(options));
  host.outcome().Require(minimal.serves(), "own", "the minimal policy can't be made");
  host.outcome().Require(host.Offer(GoodPolicy()).admitted(), "own", "the mended one is refused");
  host.outcome().Require(!host.keeper().stats().from_last_good, "I4", "it is still said to be old");
  host.HoldFault();
  return host.Finish();
}

// --- D05 -----------------------------------------------------------------------------------------

Outcome PoisonedLastGood(bool is_control) {
  AdmissionLimits limits;
  limits.soak_for = minutes{5};
  limits.soak_requests = is_control ? 0 : 1'000'000'000;
  Host::Options options = Booting(GoodPolicy(), {Marked("older"), Marked("oldest")});
  options.limits = limits;
  Host host(std::move(options));
  host.Baseline();
  // What the host keeps outside of the process, latest first.
  std::vector<std::string> kept = {GoodPolicy(), Marked("older"), Marked("oldest")};
  const std::string poison = Marked("poison");
  host.outcome().Require(host.Offer(poison).admitted(), "own", "the poison is not admitted");
  // Six minutes pass; in the control that is a soak.
  const auto soaked = host.keeper().Tick(Host::steady() + minutes{6});
  if (soaked) kept.insert(kept.begin(), *soaked);
  // It crashes, and starts from what was kept.
  Host again(Booting("the deployment's file is gone", kept));
  host.outcome().Require(again.serves() && again.keeper().LastGood().front() == GoodPolicy(), "own",
                         "the poisoned one serves again");
  // Once it has proven itself it is kept, in front of older ones.
  const auto late = host.keeper().Tick(Host::steady() + hours{2});
  if (!is_control) {
    host.outcome().Require(late == poison, "own", "it is never kept");
    host.outcome().Require(host.keeper().LastGood().size() == 3, "own", "older ones are gone");
  }
  (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

// --- D09 -----------------------------------------------------------------------------------------

Outcome KillEverySwitch(bool is_control) {
  Host host;
  host.Baseline();
  host.Expect(Host::Expected::kAnything);
  const auto current = [&host](const auto& visit) {
    host.keeper().slot().Inspect(
        [&](const Engine& engine, const auto&, const Counters&) { visit(engine); });
  };
  // Each switch of each pair of rules, in every mode.
  constexpr std::array kRule = {RuleSwitch::kConfigured, RuleSwitch::kEnforce, RuleSwitch::kShadow,
                                RuleSwitch::kOpen, RuleSwitch::kAttack};
  constexpr std::array kMode = {GateMode::kEnforce, GateMode::kShadow, GateMode::kOpen,
                                GateMode::kAttack};
  std::size_t turned = 0;
  for (const GateMode mode : kMode) {
    for (const RuleSwitch first : kRule) {
      for (const RuleSwitch second : kRule) {
        for (std::size_t rule = 0; rule < 3; ++rule) {
          current([&](const Engine& engine) {
            GateSwitches& switches = engine.switches(0);
            switches.SetMode(mode);
            switches.rules().Turn(rule, first);
            switches.rules().Turn((rule + 1) % 3, second);
          });
          host.LetEachServe();
          current([&](const Engine& engine) {
            for (std::size_t i = 0; i < 3; ++i) {
              engine.switches(0).rules().Turn(i, RuleSwitch::kConfigured);
            }
            engine.switches(0).SetMode(GateMode::kEnforce);
          });
          ++turned;
        }
      }
    }
  }
  // Open frees everybody with the next request, whatever else is broken: the source too.
  host.LetEachServe();
  if (!is_control) {
    host.outcome().Require(host.keeper().SetMode(GateMode::kOpen).empty(), "own",
                           "open is refused");
  }
  host.LetEachServe();
  host.Expect(Host::Expected::kOpen);
  for (BadCandidate& bad : Bombs(GoodPolicy())) host.MustRefuse(bad.name, std::move(bad.source));
  host.LetEachServe();
  host.Expect(Host::Expected::kAnything);
  host.outcome().Require(host.keeper().SetMode(std::nullopt).empty(), "own", "it stays open");
  host.LetEachServe();
  host.Expect(Host::Expected::kPolicy);
  host.outcome().Figure("turned", std::to_string(turned));
  host.HoldFault();
  return host.Finish();
}

// --- D12 -----------------------------------------------------------------------------------------

Outcome ControlPlaneDark(bool is_control) {
  // Nothing is offered, no key renewed, for 72 hours; in the control for longer than keys reach.
  const hours dark = is_control ? hours{24 * 36} : hours{72};
  Host host(ComingBackDaily());
  host.Baseline();
  const int steps = 100;
  for (int i = 1; i <= steps; ++i) {
    host.SetClock(std::chrono::duration_cast<milliseconds>(dark) * i / steps);
    (void)host.keeper().Tick(Host::steady() + dark * i / steps);
    host.LetEachServe();
  }
  host.outcome().Figure("hours", std::to_string(dark.count()));
  host.HoldFault();
  return host.Finish();
}

// --- D15 -----------------------------------------------------------------------------------------

Outcome ClockAbuse(bool is_control) {
  const UnixMillis start = Now();
  Host::Options options;
  options.crowd.age = 0;
  Host host(std::move(options));
  host.Baseline();
  // Within the minute that nodes may be apart nobody notices.
  for (const int seconds : {-1, 1, -30, 30, -55, 55, 0}) {
    host.SetClock(std::chrono::seconds{seconds});
    host.LetEachServe();
    std::this_thread::sleep_for(milliseconds{50});
  }
  // Beyond, nothing breaks, and all is as before once it is back. What the host passes in is what
  // counts: who leaps must be told to be new.
  if (is_control) host.SetClock(std::chrono::seconds{-150});
  std::size_t leaps = 0;
  for (const std::int64_t year : {1969, 1999, 2028, 2038, 2106, 2500}) {
    const std::int64_t seconds = (year - 1970) * 31'556'952 - start.Seconds();
    host.Expect(Host::Expected::kAnything);
    const Visitor visitor{Visitor::Kind::kNone, "", *IpAddress::Parse("198.51.100.9")};
    const auto worker = host.keeper().slot().NewWorker();
    const Engine& engine = host.keeper().slot().Enter(*worker);
    const UnixMillis then = start + std::chrono::seconds{seconds};
    const Request request = visitor.Ask("/private/page");
    Answer answer;
    const Decision decision = engine.Decide(request, then, *worker);
    engine.Respond(request, decision, {}, then, *worker, answer);
    // No key reaches so far: it says so, and lets nobody in.
    host.outcome().Require(
        decision.action == Action::kChallenge && answer.status >= 400 && !answer.body.empty(),
        "own", std::to_string(year) + " gets " + std::to_string(answer.status));
    ++leaps;
  }
  host.LetEachServe();
  host.Expect(Host::Expected::kPolicy);
  host.outcome().Figure("leaps", std::to_string(leaps));
  host.HoldFault();
  host.SetClock(milliseconds{0});
  return host.Finish();
}

// --- D16 -----------------------------------------------------------------------------------------

Outcome Keys(bool is_control) {
  const UnixMillis now = Now();
  const auto old_ring = RingOf({7}, now);
  // The control: a host that asks nobody whether visitors keep their clearances.
  Host::Options options;
  options.keys = options.crowd.ring = old_ring;
  options.trusting = is_control;
  Host host(std::move(options));
  host.Baseline();
  // A second key is there, then signs, under load.
  host.SetKeys(RingOf({7, 9}, now));
  host.outcome().Require(host.Renew(), "own", "a second key is refused");
  host.LetEachServe();
  // The first one is withdrawn while visitors still hold what it signed.
  host.SetKeys(RingOf({9}, now));
  host.outcome().Require(!host.Renew(), "own", "a lost key is not noticed");
  host.LetEachServe();
  host.SetKeys(RingOf({7, 9}, now));
  host.outcome().Require(host.Renew(), "own", "the right keys are refused");
  host.LetEachServe();
  // Files that are no key files.
  const std::string good = FormatNewKey(1, now);
  std::size_t refused = 0;
  for (const std::string& bad :
       {good + good, good.substr(0, good.size() / 2), std::string(), Repeated("[", 10'000),
        std::string(1 << 20, 'k'), "[[key]]\nid = 1\nsecret = \"\"\n" + good.substr(0, 8)}) {
    refused += ParseKeyFile(bad, "keys.toml").has_value() ? 0 : 1;
  }
  host.outcome().Require(refused == 6, "own", std::to_string(refused) + " of 6 files are refused");
  host.outcome().Figure("bad_files", std::to_string(refused));
  host.HoldFault();
  return host.Finish();
}

// --- D18 -----------------------------------------------------------------------------------------

Outcome Disk(bool is_control) {
  // The library writes nothing. What has proven good and couldn't be written by its host is still
  // to be had, and serves on.
  AdmissionLimits limits;
  limits.soak_for = milliseconds{1};
  limits.soak_requests = 1;
  Host::Options options;
  options.limits = limits;
  Host host(std::move(options));
  host.Baseline();
  std::vector<std::string> disk;  // Full: takes nothing.
  std::size_t lost = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    host.outcome().Require(host.Offer(Marked("g", i)).admitted(), "own", "refused");
    host.LetEachServe();
    std::this_thread::sleep_for(milliseconds{5});
    lost += host.keeper().Tick(Host::steady()).has_value() ? 1 : 0;
  }
  host.outcome().Figure("lost_writes", std::to_string(lost));
  host.outcome().Require(lost == 5, "own", "they never prove good");
  // Room again: what is kept in memory is written now. The control asks nobody for it.
  if (!is_control) disk = host.keeper().LastGood();
  Host again(Booting("the deployment's file is gone", disk));
  host.outcome().Require(again.serves(), "own", "nothing was kept");
  (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

// --- H1 ------------------------------------------------------------------------------------------

Outcome ThirtyDays(bool is_control) {
  // Forty days, longer than keys are derived ahead; the host makes a new ring each day, as
  // KeyRing says. In the control nobody does.
  Host host(ComingBackDaily());
  host.Baseline();
  constexpr int kDays = 40;
  std::size_t renewals = 0;
  for (int day = 1; day <= kDays; ++day) {
    host.SetClock(hours{24 * day});
    host.LetEachServe();  // However busy the machine is, no visitor sleeps over his clearance.
    if (is_control) continue;
    host.SetKeys(RingOf({7}, host.now()));
    const bool is_new = host.Renew();
    renewals += is_new ? 1 : 0;
    host.outcome().Require(is_new, "own", "day " + std::to_string(day) + " is refused");
  }
  host.outcome().Figure("days", std::to_string(kDays));
  host.outcome().Figure("renewals", std::to_string(renewals));
  host.HoldFault();
  return host.Finish();
}

// --- H2 ------------------------------------------------------------------------------------------

Outcome ReloadStorm(bool is_control) {
  Host host(Host::Careless(is_control));
  host.Baseline();
  std::size_t reloads = 0;
  const auto end = Host::steady() + Host::phase;
  for (; reloads < 200 || Host::steady() < end; ++reloads) {
    host.outcome().Require(host.Offer(Marked("s", reloads)).admitted(), "own",
                           "a reload is refused");
  }
  if (is_control) host.MustRefuse("the last", "[");
  host.LetEachServe();
  host.outcome().Require(host.keeper().slot().Collect() == 0, "I5", "old engines pile up");
  host.outcome().Figure("reloads", std::to_string(reloads));
  (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

}  // namespace

std::vector<Drill> StateDrills() {
  return {
      {"D04",
       "bad-policy-at-boot",
       "a start with mistakes, behind a cut and a good last known good",
       "no last known good",
       {"I1"},
       BadPolicyAtBoot},
      {"D05",
       "poisoned-last-good",
       "an admitted candidate that ends the process in its soak",
       "a soak of no requests",
       {"own"},
       PoisonedLastGood},
      {"D09",
       "kill-every-switch",
       "every mode with every pair of rules' switches; then open, while only bombs are offered",
       "an order that never arrives",
       {"I2"},
       KillEverySwitch},
      {"D12",
       "control-plane-dark",
       "72 simulated hours without policy, keys or telemetry",
       "36 days, longer than keys are derived ahead",
       {"I1"},
       ControlPlaneDark},
      {"D15",
       "clock-abuse",
       "steps of 1 to 55 s either way; requests from 1969, 1999, 2028, 2038, 2106 and 2500",
       "a step back of 150 s",
       {"I2"},
       ClockAbuse},
      {"D16",
       "keys",
       "keys added, rotated and lost under load; six files that are no key files",
       "a host that asks nobody whether clearances stay good",
       {"I2"},
       Keys},
      {"D18",
       "disk",
       "the host can write nothing that has proven good",
       "a host that forgets it",
       {"own"},
       Disk},
      {"H1",
       "thirty-days",
       "40 simulated days, with a new ring of keys each",
       "no new ring",
       {"I1"},
       ThirtyDays},
      {"H2",
       "reload-storm",
       "200 reloads and more, one after the other",
       "a host that lets what can't be loaded take the place of what serves",
       {"I1"},
       ReloadStorm},
  };
}

}  // namespace stile::drills
