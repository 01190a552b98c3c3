#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <new>
#include <random>
#include <unordered_map>
#include <utility>

#include "tests/drills/library/drills.h"
#include "tests/drills/library/host.h"
#include "tests/drills/library/memory.h"
#include "verifier/budgets.h"
#include "verifier/local_spends.h"

namespace stile::drills {
namespace {

using std::chrono::milliseconds;

// --- D03 -----------------------------------------------------------------------------------------

Outcome UnknownIsNotZero(bool is_control) {
  static std::atomic<bool> is_lost{false};
  static bool takes_for_bad = false;
  takes_for_bad = is_control;
  is_lost.store(false);
  Host::Options options;
  options.policy = R"([[rule]]
name = "abroad"
not = { country = ["NO"] }
action = "deny"
[[rule]]
name = "hosters"
asn = [64500]
action = "deny"
[[rule]]
name = "bad-fingerprint"
tls_fingerprint = ["bad"]
action = "deny"
)" + GoodPolicy();
  options.alter = [](Request& request) {
    if (!is_lost.load()) {
      request.country = "NO";
      request.asn = 64'496;
      request.tls_fingerprint = "good";
    } else if (takes_for_bad) {  // What a host that has no word for "unknown" might write.
      request.country = "ZZ";
    }
  };
  Host host(std::move(options));
  host.Baseline();
  is_lost.store(true);
  host.LetEachServe();
  host.HoldFault();
  is_lost.store(false);
  return host.Finish();
}

// --- D10 -----------------------------------------------------------------------------------------

// A backend's answer about a token of a visitor, told by `answer`.
std::string AskAbout(Host& host, Worker& worker, const std::string& token, std::string_view secret,
                     const std::function<SpendAnswer(const SpendQuestion&)>& answer) {
  const std::string body =
      "{\"secret\":\"" + std::string(secret) + "\",\"response\":\"" + token + "\"}";
  const Engine& engine = host.keeper().slot().Enter(worker);
  const SiteverifyQuestion question =
      engine.ReadSiteverify("application/json", body, Request::kSiteByHost, host.now(), worker);
  Answer reply;
  Engine::AnswerSiteverify(question, question.AsksStore() ? answer(question.spend) : SpendAnswer{},
                           worker, reply);
  return std::to_string(reply.status) + " " + std::string(reply.body);
}

Outcome StoreGone(bool is_control) {
  static constexpr std::string_view kSecret = "0123456789abcdefghijklmnopqrstuv";
  static std::shared_ptr<LocalSpends> spends;
  spends = *LocalSpends::Create({10'000, 256, 3});
  Host::Options options;
  options.dress = [](EngineOptions& all) {
    all.spends = spends;
    all.sites.front().secrets = {*SiteSecret::Create(kSecret)};
  };
  Host host(std::move(options));
  host.Baseline();
  const auto worker = host.keeper().slot().NewWorker();
  const IpAddress address = *IpAddress::Parse("198.51.100.9");
  const std::int64_t now = host.now().Seconds();
  const Visitor visitor{Visitor::Kind::kValid,
                        Mint(*RingOf({7}, host.now()), 1, address, now - 60, now + 3'600, 10),
                        address};
  const auto buy = [&] {
    Request request = visitor.Ask("/.stile/token");
    request.method = "POST";
    request.content_type = "application/json";
    request.origin = "https://example.test";
    request.sec_fetch_site = "same-origin";
    const Engine& engine = host.keeper().slot().Enter(*worker);
    const Decision decision = engine.Decide(request, host.now(), *worker);
    Answer answer;
    engine.Respond(request, decision, R"({"action":"login"})", host.now(), *worker, answer);
    const std::string body(answer.body);
    constexpr std::string_view kBefore = "{\"token\":\"";
    return body.starts_with(kBefore)
               ? body.substr(kBefore.size(), body.find('"', kBefore.size()) - kBefore.size())
               : std::string();
  };
  std::size_t silent = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string token = buy();
    if (!host.outcome().Require(!token.empty(), "own", "no token is sold")) break;
    // The store gives no answer: nobody may take that for a yes.
    const std::string told = AskAbout(host, *worker, token, kSecret, [&](const SpendQuestion&) {
      SpendAnswer none;
      if (is_control) none.result = SpendResult::kFresh;  // A host that reads silence as yes.
      none.passing = true;
      return none;
    });
    host.outcome().Require(told.starts_with("200 ") && told.find("\"success\":false") != told.npos,
                           "own", "silence says " + told.substr(0, 60));
    silent += told.find("internal-error") != std::string::npos ? 1 : 0;
    // It is back, and the token is good once.
    const auto ask = [&] {
      return AskAbout(host, *worker, token, kSecret, [&](const SpendQuestion& question) {
        return spends->Spend(question, host.now());
      });
    };
    host.outcome().Require(ask().find("\"success\":true") != std::string::npos, "I8", "it is lost");
    host.outcome().Require(ask().find("\"success\":false") != std::string::npos, "own", "twice");
  }
  host.outcome().Figure("silent", std::to_string(silent));
  host.HoldFault();
  return host.Finish();
}

// --- D13 -----------------------------------------------------------------------------------------

Outcome NoCircularity(bool is_control) {
  // Nobody new can be let in: no key reaches the time that it is. Whoever runs the site can do all
  // that there is to do, and nothing of it goes through the gate.
  Host host;
  host.Baseline();
  Host::Options options;
  options.workers = 0;  // Everybody there is new, and gets an error: that is what is broken.
  Host late_host(std::move(options));
  const milliseconds late = std::chrono::hours{24 * 36};
  const UnixMillis then = host.now() + late;
  const auto worker = late_host.keeper().slot().NewWorker();
  const Visitor visitor{Visitor::Kind::kNone, "", *IpAddress::Parse("198.51.100.9")};
  // Whether an order is taken; the control's orders come through the gate, like everybody.
  const auto order = [&](const std::string& name, const auto& done) {
    bool is_taken = true;
    if (is_control) {
      const Engine& engine = late_host.keeper().slot().Enter(*worker);
      is_taken = engine.Decide(visitor.Ask("/admin"), then, *worker).action == Action::kAllow;
    }
    host.outcome().Require(is_taken && done(), "own", name + " does not work");
  };
  {
    const Engine& engine = late_host.keeper().slot().Enter(*worker);
    const Request request = visitor.Ask("/private/page");
    Answer answer;
    engine.Respond(request, engine.Decide(request, then, *worker), {}, then, *worker, answer);
    host.outcome().Require(answer.status == 503, "own", "a challenge is issued all the same");
  }
  order("telling what serves", [&] { return late_host.keeper().stats().generation >= 1; });
  order("the kill switch", [&] { return late_host.keeper().SetMode(GateMode::kOpen).empty(); });
  order("taking it back", [&] { return late_host.keeper().SetMode(std::nullopt).empty(); });
  order("new keys", [&] {
    late_host.SetKeys(RingOf({7}, then));
    return late_host.keeper().Offer(GoodPolicy(), false, then, Host::steady()).admitted();
  });
  host.HoldFault();
  return host.Finish();
}

// --- D14 -----------------------------------------------------------------------------------------

Outcome ChallengesFail(bool is_control) {
  // No challenge can be issued: the keys are out of reach. Where the rule fails open everybody
  // passes; where it fails closed there is a page that says so, and the cleared pass anyway.
  const auto answer_at = [](OnFault on_fault, UnixMillis now, int& status, std::string& body) {
    PolicySource source;
    Rule rule;
    rule.name = "asks";
    rule.paths = {"/*"};
    rule.action = Action::kChallenge;
    rule.rank = 2;
    rule.on_fault = on_fault;
    source.rules = {rule};
    EngineOptions options;
    options.sites.emplace_back().policy = *Policy::Compile(std::move(source));
    auto engine = Engine::Create(std::move(options), *RingOf({7}, now, std::chrono::hours{24}),
                                 *RedeemTables::Create({}));
    EngineSlot slot(*std::move(engine));
    const auto worker = slot.NewWorker();
    const Visitor visitor{Visitor::Kind::kNone, "", *IpAddress::Parse("198.51.100.9")};
    const Request request = visitor.Ask("/private/page");
    const UnixMillis late = now + std::chrono::hours{24 * 3};
    Answer answer;
    const Engine& current = slot.Enter(*worker);
    current.Respond(request, current.Decide(request, late, *worker), {}, late, *worker, answer);
    status = answer.status;
    body = answer.body;
  };
  Host host;
  host.Baseline();
  int status = -1;
  std::string body;
  answer_at(is_control ? OnFault::kClosed : OnFault::kOpen, host.now(), status, body);
  host.outcome().Require(status == 0, "own", "an open route answers " + std::to_string(status));
  answer_at(OnFault::kClosed, host.now(), status, body);
  host.outcome().Require(status == 503 && body.find("This is not your fault") != std::string::npos,
                         "own", "a closed route answers " + std::to_string(status));
  host.HoldFault();
  return host.Finish();
}

// --- D17 -----------------------------------------------------------------------------------------

Outcome Memory(bool is_control) {
  Host host(Host::Careless(is_control));
  host.Baseline();
  const std::uint64_t before = host.Allocated();
  std::uint64_t refused = 0, k = 1;
  // Each allocation of a reload fails, one after the other: until none is left to fail, or steps
  // over the many that are alike.
  while (k < 200'000) {
    const std::uint64_t failed = FailedAllocations();
    std::string source = GoodPolicy();
    bool is_admitted = false;
    try {
      FailAllocations(k, 1);
      is_admitted = host.Offer(std::move(source)).admitted();
      FailAllocations(0, 0);
    } catch (const std::bad_alloc&) {
      FailAllocations(0, 0);
      // The host's own boundary, which the control leaves to whoever is below.
      host.Fail(is_control);
      host.LetEachServe();
      host.outcome().Require(is_control, "own",
                             "a reload throws at allocation " + std::to_string(k));
    }
    if (FailedAllocations() == failed) break;
    refused += is_admitted ? 0 : 1;
    k += 1 + (k > 400 ? k / 20 : 0);
  }
  host.Fail(false);
  host.outcome().Figure("failed_allocations", std::to_string(FailedAllocations()));
  host.outcome().Figure("refused", std::to_string(refused));
  host.outcome().Require(refused > 50, "own", "hardly any allocation failed");
  host.outcome().Require(host.Offer(GoodPolicy()).admitted(), "I8", "nothing is admitted any more");
  host.outcome().Figure("allocations", std::to_string(host.Allocated() - before));
  host.outcome().Require(host.Allocated() == before, "own", "requests allocate");
  host.HoldFault();
  return host.Finish();
}

// --- D19 -----------------------------------------------------------------------------------------

Outcome ErrorStorm(bool is_control) {
  Host::Options options;
  static std::mutex log;
  static std::atomic<bool> is_storm{false};
  is_storm.store(false);
  if (is_control) {
    // A host that takes a lock and writes a line for each refusal.
    options.around = [](const Visitor& visitor) {
      if (!is_storm.load() || visitor.may_pass()) return;
      const std::lock_guard lock(log);
      std::this_thread::sleep_for(milliseconds{2});
    };
  }
  Host host(std::move(options));
  host.Baseline();
  is_storm.store(true);
  // Forged ones, of a key that nobody has, and mangled ones: ten times the load and more.
  const auto foreign = RingOf({99}, host.now());
  const auto ours = RingOf({7}, host.now());
  const IpAddress address = *IpAddress::Parse("198.51.100.9");
  const std::int64_t now = host.now().Seconds();
  const auto worker = host.keeper().slot().NewWorker();
  std::mt19937_64 random(19);
  struct Kind {
    const char* figure;
    Action expected;
    std::vector<Visitor> visitors;
    std::vector<double> nanos;   // A request of each round,
    std::vector<double> ratios;  // and to an acceptance of the same round.
  };
  const auto made = [&](const char* figure, const KeyRing& ring, bool is_mangled, Action expected) {
    Kind kind{figure, expected, {}, {}, {}};
    for (std::uint64_t i = 0; i < 256; ++i) {
      Visitor visitor{Visitor::Kind::kValid, Mint(ring, 1, address, now - 60, now + 3'600, i),
                      address};
      if (is_mangled) visitor.cookie[14 + random() % 90] ^= 1;
      kind.visitors.push_back(std::move(visitor));
    }
    return kind;
  };
  std::array<Kind, 3> kinds = {made("ns_per_accept", *ours, false, Action::kAllow),
                               made("ns_per_forged", *foreign, false, Action::kChallenge),
                               made("ns_per_mangled", *ours, true, Action::kChallenge)};
  const auto cost = [&](const Kind& kind) {
    const auto begin = std::chrono::steady_clock::now();
    for (const Visitor& visitor : kind.visitors) {
      const Request request = visitor.Ask("/private/page");
      const Engine& engine = host.keeper().slot().Enter(*worker);
      const Decision decision = engine.Decide(request, host.now(), *worker);
      host.outcome().Require(decision.action == kind.expected, "I7", "a cookie is misjudged");
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / static_cast<double>(kind.visitors.size());
  };
  // All kinds in each round: what slows a busy machine lasts longer than one.
  for (int round = 0; round < 101; ++round) {
    for (Kind& kind : kinds) {
      kind.nanos.push_back(cost(kind));
      kind.ratios.push_back(kind.nanos.back() / kinds[0].nanos.back());
    }
  }
  const auto median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  for (const Kind& kind : kinds) {
    host.outcome().Figure(kind.figure, std::to_string(static_cast<int>(median(kind.nanos))));
    // A quarter more is what two measurements of the same differ by on a busy machine.
    host.outcome().Require(median(kind.ratios) <= 1.25, "own",
                           "a rejection costs more than an acceptance");
  }
  host.HoldFault();
  is_storm.store(false);
  return host.Finish();
}

// --- D20 -----------------------------------------------------------------------------------------

Outcome TableOverflow(bool is_control) {
  static std::shared_ptr<Budgets> budgets;
  // What is flooded is small. Those who are cleared have eight cells each, as they should.
  budgets = *Budgets::Create({16'384, 16'384, 4'096, 4'096, 0});
  Host::Options options;
  options.dress = [](EngineOptions& all) { all.budgets = budgets; };
  options.crowd.held = 2'048;  // So that none of them spends its own budget.
  Host host(std::move(options));
  host.Baseline();
  const auto worker = host.keeper().slot().NewWorker();
  std::mt19937_64 random(20);
  // What the control keeps of each client it has seen.
  std::unordered_map<std::uint64_t, std::array<char, 64>> seen;
  const std::size_t clients = Host::phase >= std::chrono::seconds{5} ? 10'000'000 : 1'000'000;
  std::size_t errors = 0;
  Visitor visitor;
  for (std::size_t i = 0; i < clients; ++i) {
    const std::uint64_t number = random();
    char text[64];
    if (i % 2 == 0) {
      std::snprintf(text, sizeof text, "%u.%u.%u.1", static_cast<unsigned>(11 + number % 200),
                    static_cast<unsigned>(number >> 8 & 255),
                    static_cast<unsigned>(number >> 16 & 255));
    } else {
      std::snprintf(text, sizeof text, "2001:%x:%x:%x::1", static_cast<unsigned>(number & 0xffff),
                    static_cast<unsigned>(number >> 16 & 0xffff),
                    static_cast<unsigned>(number >> 32 & 0xffff));
    }
    visitor.address = *IpAddress::Parse(text);
    const Request request = visitor.Ask("/private/page");
    const Engine& engine = host.keeper().slot().Enter(*worker);
    const Decision decision = engine.Decide(request, host.now(), *worker);
    errors += decision.action == Action::kChallenge ? 0 : 1;
    if (is_control) seen[number].fill('x');
  }
  host.outcome().Figure("clients", std::to_string(clients));
  host.outcome().Require(errors == 0, "I7", std::to_string(errors) + " were not asked");
  host.HoldFault();
  seen.clear();
  return host.Finish();
}

// --- D24 -----------------------------------------------------------------------------------------

Outcome FrozenThread(bool is_control) {
  // A thread of the host stands still with a worker in its hand: nobody else waits for it, and
  // reloads go on. In the control the host guards Stile with a lock, which that thread holds.
  static std::mutex guard;
  Host::Options options;
  if (is_control) options.around = [](const Visitor&) { const std::lock_guard lock(guard); };
  Host host(std::move(options));
  host.Baseline();
  std::unique_lock<std::mutex> held(guard, std::defer_lock);
  if (is_control) {
    held.lock();
  } else {
    host.Freeze(true);
  }
  std::this_thread::sleep_for(milliseconds{20});
  const std::uint64_t before = host.Served();
  std::this_thread::sleep_for(Host::phase / 2);
  const std::uint64_t served = host.Served() - before;
  host.outcome().Figure("served_meanwhile", std::to_string(served));
  host.outcome().Require(served > 100, "I1", "nobody is served while one thread stands still");
  if (is_control) {
    held.unlock();
  } else {
    for (int i = 0; i < 20; ++i) {
      host.outcome().Require(host.Offer(GoodPolicy()).admitted(), "own", "a reload is refused");
      host.LetEachServe();
    }
    // What the still thread has announced, and not one engine more.
    const std::size_t pinned = host.keeper().slot().Collect();
    host.outcome().Figure("pinned", std::to_string(pinned));
    host.outcome().Require(pinned <= 1, "I5", std::to_string(pinned) + " engines are kept");
    host.Freeze(false);
  }
  host.LetEachServe();
  host.outcome().Require(host.keeper().slot().Collect() == 0, "I8", "an old engine is kept");
  host.HoldFault();
  return host.Finish();
}

// --- D28 -----------------------------------------------------------------------------------------

void Mangle(std::string& text, std::mt19937_64& random) {
  for (std::uint64_t left = random() % 6 + 1; left > 0; --left) {
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    switch (random() % 4) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, random() % 40);
        break;
      case 2:
        text.insert(at, std::string(random() % 30, static_cast<char>(random())));
        break;
      default:
        text.insert(at, text.substr(at, 60));
        break;
    }
  }
}

Outcome ParserTorture(bool is_control) {
  constexpr std::string_view kCanary = "canary-5d0e1c9a";
  Host host;
  host.Baseline();
  const auto worker = host.keeper().slot().NewWorker();
  std::mt19937_64 random(28);
  const auto ring = RingOf({7}, host.now());
  const IpAddress address = *IpAddress::Parse("198.51.100.9");
  const std::int64_t now = host.now().Seconds();
  const std::string cookie = Mint(*ring, 1, address, now - 60, now + 3'600, 28);
  const std::array<std::string, 5> targets = {"/private/page?a=b", "/.stile/challenge?c=AQMBAmsI",
                                              "/.stile/redeem", "/.stile/token",
                                              "/a%2e%2e/%00/..;/x"};
  const std::array<std::string, 3> bodies = {"challenge=AQEBA&solution=AQA",
                                             R"({"challenge":"AQ","solution":"AQA"})",
                                             R"({"action":"login","cdata":"x"})"};
  std::size_t mangled = 0, leaked = 0, errors = 0;
  const auto end = Host::steady() + Host::phase;
  for (; mangled < 20'000 || Host::steady() < end; ++mangled) {
    // Every view lies in the middle of bytes that no answer may hold.
    const auto wrapped = [&](std::string text, std::string& space) {
      Mangle(text, random);
      space = std::string(kCanary) + text + std::string(kCanary);
      return std::string_view(space).substr(kCanary.size(), text.size());
    };
    std::array<std::string, 6> spaces;
    Request request;
    request.method = random() % 2 == 0 ? "GET" : "POST";
    request.target = wrapped(targets[random() % targets.size()], spaces[0]);
    request.host = wrapped("example.test", spaces[1]);
    request.user_agent = wrapped(std::string(kBrowser), spaces[2]);
    request.accept = random() % 2 == 0 ? "text/html" : "application/json";
    request.accept_language = wrapped("ar,de;q=0.5", spaces[3]);
    request.content_type =
        random() % 2 == 0 ? "application/json" : "application/x-www-form-urlencoded";
    request.cookies[0] = wrapped("a=b; " + cookie + "; c=d", spaces[4]);
    request.cookie_count = 1;
    request.address = address;
    const std::string_view body = wrapped(bodies[random() % bodies.size()], spaces[5]);
    const Engine& engine = host.keeper().slot().Enter(*worker);
    const Decision decision = engine.Decide(request, host.now(), *worker);
    Answer answer;
    engine.Respond(request, decision, body.substr(0, Engine::kMaxBody), host.now(), *worker,
                   answer);
    std::string said(answer.body);
    for (std::size_t i = 0; i < answer.field_count; ++i) said += answer.fields[i].value;
    if (is_control && mangled % 1'000 == 999) said += spaces[2];  // One that reads too far.
    errors += answer.status >= 500 ? 1 : 0;
    leaked += said.find(kCanary) != std::string::npos ? 1 : 0;
  }
  host.outcome().Figure("mangled", std::to_string(mangled));
  host.outcome().Require(errors == 0, "I1", std::to_string(errors) + " get an error");
  host.outcome().Require(leaked == 0, "own", std::to_string(leaked) + " hold what isn't theirs");
  host.HoldFault();
  return host.Finish();
}

// --- D30 -----------------------------------------------------------------------------------------

Outcome HealthIndependence(bool is_control) {
  // What an embedder's health check reads is there at once, whatever is offered meanwhile.
  Host host;
  host.Baseline();
  std::mutex asks_through;  // The control asks through the lock of whoever reloads.
  std::atomic<bool> is_over{false};
  std::thread reloads([&] {
    while (!is_over.load()) {
      const std::lock_guard lock(asks_through);
      (void)host.Offer(LargePolicy(2'000));
      (void)host.Offer("[");
    }
  });
  milliseconds slowest{0};
  const auto end = Host::steady() + Host::phase;
  while (Host::steady() < end) {
    const auto begin = Host::steady();
    if (is_control) {
      const std::lock_guard lock(asks_through);
    }
    const std::uint64_t generation = host.keeper().slot().generation();
    host.outcome().Require(generation >= 1, "own", "no generation");
    slowest = std::max(slowest, Host::steady() - begin);
    std::this_thread::sleep_for(milliseconds{5});
  }
  is_over.store(true);
  reloads.join();
  host.outcome().Figure("slowest_probe", std::to_string(slowest.count()) + "ms");
  host.outcome().Require(slowest < milliseconds{50}, "own", "a probe waits for a reload");
  (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

}  // namespace

std::vector<Drill> TrafficDrills() {
  return {
      {"D03",
       "unknown-is-not-zero",
       "country, network and fingerprint are unknown from one request on",
       "a host that writes ZZ where it doesn't know",
       {"I2"},
       UnknownIsNotZero},
      {"D10",
       "store-gone",
       "the store of spends gives no answer, a hundred times",
       "a host that takes silence for a yes",
       {"own"},
       StoreGone},
      {"D13",
       "no-circularity",
       "no challenge can be issued, and then come the orders of who runs it",
       "orders that come through the gate",
       {"own"},
       NoCircularity},
      {"D14",
       "challenges-fail",
       "no challenge can be issued, on a route that fails open and on one "
       "that fails closed",
       "the open route is declared closed",
       {"own"},
       ChallengesFail},
      {"D17",
       "memory",
       "the k-th allocation of a reload fails, for every k at first and then many",
       "a host that has neither the keeper's boundary nor one of its own",
       {"I1"},
       Memory},
      {"D19",
       "error-storm",
       "forged and mangled clearances at more than ten times the load",
       "a host that locks and logs for each refusal",
       {"I3"},
       ErrorStorm},
      {"D20",
       "table-overflow",
       "a million (ten million) clients against tables of 4,096 cells",
       "something kept for each client",
       {"I5"},
       TableOverflow},
      {"D24",
       "frozen-thread",
       "a thread stands still with its worker over twenty reloads",
       "a lock around Stile that the still thread holds",
       {"I1"},
       FrozenThread},
      {"D28",
       "parser-torture",
       "mangled targets, hosts, agents, cookies and bodies between canaries",
       "one answer in a thousand that reads too far",
       {"own"},
       ParserTorture},
      {"D30",
       "health-independence",
       "a probe while large and wrong candidates come one after the other",
       "a probe that waits for the lock of whoever reloads",
       {"own"},
       HealthIndependence},
  };
}

}  // namespace stile::drills
