#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include "tests/drills/library/bad_candidates.h"
#include "tests/drills/library/drills.h"
#include "tests/drills/library/host.h"

namespace stile::drills {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kMegabyte = 1 << 20;

std::int64_t Resident() {
  malloc_trim(0);
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * 4'096;
}

std::string Rule(const std::string& name, const std::string& rest) {
  return "[[rule]]\nname = \"" + name + "\"\n" + rest + "\n";
}

// --- D01 -----------------------------------------------------------------------------------------

Outcome DoubledPolicy(bool is_control) {
  const std::string good = LargePolicy(kManyRules);
  Host::Options options = Host::Careless(is_control);
  options.policy = good;
  Host host(std::move(options));
  (void)host.Offer(good);  // Warms the allocator.
  host.MustRefuse("warming", good + good);
  host.Baseline();
  std::int64_t growth = 0;
  std::size_t count = 0;
  for (BadCandidate& bad : BadCandidates(good)) {
    // The text itself is the host's.
    const std::int64_t before = Resident() - static_cast<std::int64_t>(bad.source.capacity());
    host.MustRefuse(bad.name, std::move(bad.source));
    growth = std::max(growth, Resident() - before);
    ++count;
  }
  host.HoldFault();
  host.outcome().Figure("refused", std::to_string(count));
  host.outcome().Figure("growth", std::to_string(growth >> 10) + "KB");
  host.outcome().Require(growth < kMegabyte, "I5", "a refusal keeps " + std::to_string(growth));
  if (is_control) (void)host.Offer(good);
  return host.Finish();
}

// --- D02 -----------------------------------------------------------------------------------------

Outcome SawTooth(bool is_control) {
  Host host(Host::Careless(is_control));
  host.Baseline();
  const std::uint64_t refused = host.keeper().stats().refused;
  std::uint64_t rounds = 0;
  const auto end = Host::steady() + Host::phase;
  for (; rounds < 20 || Host::steady() < end; ++rounds) {
    host.MustRefuse("bad", GoodPolicy() + Rule("bad", "action = \"alow\""));
    const AdmissionVerdict verdict =
        host.Offer(GoodPolicy() + Rule("round-" + std::to_string(rounds),
                                       "path = [\"/round\"]\naction = \"deny\""));
    host.outcome().Require(verdict.admitted(), "own", "a good one is refused");
    host.LetEachServe();
    std::this_thread::sleep_for(milliseconds{20});
  }
  host.outcome().Figure("rounds", std::to_string(rounds));
  host.outcome().Require(host.keeper().stats().refused - refused == rounds, "own",
                         "refusals are miscounted");
  host.outcome().Require(host.keeper().slot().Collect() <= 1, "I5", "old engines pile up");
  host.HoldFault();
  return host.Finish();
}

// --- D06 -----------------------------------------------------------------------------------------

// Every line of a policy that has all that a policy can have, with another value in its place.
std::vector<std::string> BlankCandidates() {
  const std::vector<std::string> lines = {"[default]",
                                          "action = \"challenge\"",
                                          "level = \"light\"",
                                          "[[rule]]",
                                          "name = \"all\"",
                                          "action = \"challenge\"",
                                          "level = \"standard\"",
                                          "path = [\"/all/*\"]",
                                          "path_regex = ['^/all']",
                                          "method = [\"GET\"]",
                                          "host = [\"example.test\"]",
                                          "user_agent = [\"x\"]",
                                          "ip = [\"192.0.2.0/24\"]",
                                          "country = [\"NO\"]",
                                          "asn = [64500]",
                                          "mode = \"shadow\"",
                                          "on_fault = \"open\"",
                                          "cost = 2",
                                          "[[rule]]",
                                          "name = \"weighs\"",
                                          "action = \"weigh\"",
                                          "weight = 3",
                                          "path = [\"/weighs\"]"};
  const std::vector<std::string> values = {"",
                                           "\"\"",
                                           "0",
                                           "-1",
                                           "[]",
                                           "nan",
                                           "true",
                                           "[[]]",
                                           "{}",
                                           "9223372036854775807",
                                           "9223372036854775808",
                                           "[\"\"]",
                                           "\"\\u0000\""};
  std::vector<std::string> candidates = {GoodPolicy()};  // What is put into the place of what.
  for (const std::string& line : lines) candidates.front() += line + "\n";
  const auto add = [&](std::size_t at, const std::string& in_place, std::size_t other,
                       const std::string& there) {
    std::string text = GoodPolicy();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += (i == at ? in_place : i == other ? there : lines[i]) + "\n";
    }
    candidates.push_back(std::move(text));
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string key = lines[i].substr(0, lines[i].find(" = "));
    add(i, "", lines.size(), "");                          // Missing,
    add(i, lines[i] + "\n" + lines[i], lines.size(), "");  // or there twice.
    for (std::size_t v = 0; v < values.size() && key != lines[i]; ++v) {
      add(i, key + " = " + values[v], lines.size(), "");
      const std::size_t other = (i * 7 + v * 5 + 3) % lines.size();  // A pair of them.
      const std::string there = lines[other].substr(0, lines[other].find(" = "));
      if (other != i && there != lines[other]) {
        add(i, key + " = " + values[v], other, there + " = " + values[(v + 3) % values.size()]);
      }
    }
  }
  return candidates;
}

Outcome BlankFields(bool is_control) {
  Host host(Host::Careless(is_control));
  host.Baseline();
  std::size_t refused = 0, admitted = 0;
  for (std::string& candidate : BlankCandidates()) {
    const AdmissionVerdict verdict = host.Offer(std::move(candidate));
    host.outcome().Require(verdict.admitted() || admitted > 0, "own",
                           "the one without blanks: " + ToString(verdict.errors));
    ++(verdict.admitted() ? admitted : refused);
    for (const Error& error : verdict.errors) {
      host.outcome().Require(!error.message.empty(), "own", "a mistake without a word");
    }
  }
  host.outcome().Figure("refused", std::to_string(refused));
  host.outcome().Figure("admitted", std::to_string(admitted));
  host.outcome().Require(refused > admitted && admitted > 0, "own", "they are not told apart");
  (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

// --- D07 -----------------------------------------------------------------------------------------

Outcome VersionSkew(bool is_control) {
  Host host(Host::Careless(is_control));
  host.Baseline();
  for (const auto& [name, rest] : std::vector<std::pair<std::string, std::string>>{
           {"newer-key", "action = \"deny\"\nquantum = true"},
           {"newer-action", "action = \"tarpit\""},
           {"newer-level", "action = \"challenge\"\nlevel = \"impossible\""},
           {"newer-matcher", "action = \"deny\"\nheader_order = [\"x\"]"},
           {"wildcard-then-not", "action = \"deny\"\npath = [\"*\", \"/a\"]\nmethod = [\"*\"]"}}) {
    host.MustRefuse(name, GoodPolicy() + Rule("newer", rest));
  }
  // What an older engine wrote, and what every version has: nothing but its rules.
  const AdmissionVerdict verdict = host.Offer(
      "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\nip_list = [\"examplebot.txt\"]\n" +
      Rule("crawlers", "agent = [\"examplebot\"]\naction = \"allow\""));
  host.outcome().Require(verdict.admitted(), "own", "an older policy is refused");
  host.HoldFault();
  return host.Finish();
}

// --- D08 -----------------------------------------------------------------------------------------

// As many greedy expressions as RE2 takes, enforced and in shadow.
std::string GreedyPolicy() {
  const std::vector<std::string> greedy = {"'(x+x+)+yyy'", "'(?i)(a|aa|aaa|b.*b)+zzz'",
                                           "'(.*)(.*)(.*)(.*)qqq'", "'([a-z]+[0-9]*){1,20}!!!'"};
  std::string text = GoodPolicy();
  for (int i = 0; i < 120; ++i) {
    text += Rule("greedy-" + std::to_string(i),
                 std::string(i % 2 == 0 ? "user_agent_regex" : "path_regex") + " = [" +
                     greedy[static_cast<std::size_t>(i) % greedy.size()] +
                     "]\naction = \"deny\"\nmode = \"" + (i < 60 ? "enforce" : "shadow") + "\"");
  }
  return text;
}

Outcome ExpressionBomb(bool is_control) {
  static const std::string agent = std::string(16'000, 'x') + "yy";
  static const std::string target = "/" + Repeated("ab", 4'000) + "zzzqq";
  static std::atomic<bool> is_hostile{false};
  is_hostile.store(false);
  Host::Options options;
  // One visitor in sixteen without a clearance brings texts that nearly match everything.
  options.alter = [](Request& request) {
    static thread_local unsigned count = 0;
    if (!is_hostile.load() || request.cookie_count != 0 || request.user_agent != kBrowser ||
        ++count % 16 != 0) {
      return;
    }
    request.user_agent = agent;
    request.target = target;
  };
  if (is_control) {
    options.around = [](const Visitor& visitor) {
      static const std::regex nested("(x+x+)+y");
      if (is_hostile.load() && visitor.kind == Visitor::Kind::kNone) {
        (void)std::regex_search(std::string(17, 'x'), nested);
      }
    };
  }
  Host host(std::move(options));
  host.Baseline();
  for (BadCandidate& bomb : Bombs(GoodPolicy())) {
    host.MustRefuse(bomb.name, std::move(bomb.source));
  }
  const AdmissionVerdict verdict = host.Offer(GreedyPolicy());
  host.outcome().Require(verdict.admitted(), "own", "greedy ones: " + ToString(verdict.errors));
  is_hostile.store(true);
  host.HoldFault();
  std::this_thread::sleep_for(Host::phase);
  is_hostile.store(false);
  (void)host.Offer(GoodPolicy());
  return host.Finish();
}

// --- D21 -----------------------------------------------------------------------------------------

Outcome RuleThatMatchesEverything(bool is_control) {
  Host::Options options;
  options.trusting = is_control;
  Host host(std::move(options));
  host.Baseline();
  host.LetEachServe();
  std::size_t described = 0;
  for (const auto& [name, rest] : std::vector<std::pair<std::string, std::string>>{
           {"path", "path = [\"/*\"]\naction = \"deny\""},
           {"ipv4", "ip = [\"0.0.0.0/0\"]\naction = \"deny\""},
           {"agent", "user_agent_regex = ['.*']\naction = \"deny\""},
           {"everybody", "action = \"challenge\"\nlevel = \"standard\""},
           {"nobody-is-asked", "path = [\"/*\"]\naction = \"allow\""}}) {
    // In front: the first rule that matches decides.
    const std::string source = Rule("all", rest) + GoodPolicy();
    const AdmissionVerdict verdict = host.Offer(source);
    host.LetEachServe();
    host.outcome().Require(!verdict.admitted(), "own", name + " is admitted");
    described += DescribeShift(verdict).empty() ? 0 : 1;
    // Force alone, or an override alone, is not enough.
    host.outcome().Require(!host.Offer(source, true).admitted(), "own", name + " by force alone");
    host.outcome().Require(!host.Offer("# override\n" + source).admitted(), "own",
                           name + " by its word alone");
  }
  host.outcome().Figure("described", std::to_string(described));
  host.outcome().Require(is_control || described >= 3, "own", "nobody is told what would change");
  if (is_control) (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

// --- D22 -----------------------------------------------------------------------------------------

Outcome ValidatorLies(bool is_control) {
  // What stands for a validator here is the host's own maker: it throws, makes nothing, or says
  // that all is well. What it has made is asked about the corpus all the same.
  Host host(Host::Careless(is_control));
  host.Baseline();
  std::size_t refused = 0;
  if (is_control) {
    host.MustRefuse("lie", GoodPolicy() + Rule("bad", "action = \"alow\""));
  } else {
    enum class Lie { kThrow, kThrowOther, kNothing, kEmptyErrors, kDenyAll };
    static Lie lie = Lie::kThrow;
    const auto maker =
        [&host](std::string_view source,
                std::optional<GateMode> mode) -> tl::expected<EngineKeeper::Made, Errors> {
      if (source.find("lie") == std::string_view::npos) return host.Make(source, mode);
      switch (lie) {
        case Lie::kThrow:
          throw std::runtime_error("the validator crashed");
        case Lie::kThrowOther:
          throw 22;
        case Lie::kNothing:
          return EngineKeeper::Made{};
        case Lie::kEmptyErrors:
          return tl::unexpected(Errors{});
        case Lie::kDenyAll:
          break;
      }
      return host.Make(Rule("all", "path = [\"/*\"]\naction = \"deny\"") + GoodPolicy(), mode);
    };
    auto keeper = EngineKeeper::Create(GoodPolicy(), {}, maker, {}, Host::steady());
    for (const Lie one :
         {Lie::kThrow, Lie::kThrowOther, Lie::kNothing, Lie::kEmptyErrors, Lie::kDenyAll}) {
      lie = one;
      const AdmissionVerdict verdict = (*keeper)->Offer("a lie", false, host.now(), Host::steady());
      refused += !verdict.admitted() && !verdict.errors.empty() ? 1 : 0;
    }
    host.outcome().Require(refused == 5, "own", "only " + std::to_string(refused) + " are refused");
    host.outcome().Require((*keeper)->stats().generation == 1, "I7", "a lie serves");
  }
  host.outcome().Figure("lies", std::to_string(refused));
  if (is_control) (void)host.Offer(GoodPolicy());
  host.HoldFault();
  return host.Finish();
}

// --- D23 -----------------------------------------------------------------------------------------

Outcome CanaryCatchesSemantics(bool is_control) {
  // Every letter of it is right, its author insists, and it asks every cleared visitor again.
  Host::Options options;
  options.limits.cohort = is_control ? 0 : 0.05;
  Host host(std::move(options));
  host.Baseline();
  host.Expect(Host::Expected::kAnything);
  const std::string before = host.keeper().stats().digest;
  const std::uint64_t served = host.Served(), stopped = host.Stopped();
  const auto begin = Host::steady();
  const AdmissionVerdict verdict = host.Offer(
      "# override\n" + Rule("all", "action = \"challenge\"\nlevel = \"standard\"") + GoodPolicy(),
      true);
  host.outcome().Require(verdict.admitted(), "own", "it is refused: " + ToString(verdict.errors));
  const auto is_back = [&] {
    return host.keeper().stats().rolled_back == 1 && host.keeper().stats().digest == before;
  };
  const auto patience = std::chrono::seconds{is_control ? 1 : 10};
  while (!is_back() && Host::steady() < begin + patience) {
    (void)host.keeper().Tick(Host::steady());
    std::this_thread::sleep_for(milliseconds{20});
  }
  host.outcome().Require(is_back(), "own", "it serves on");
  host.LetEachServe();
  const auto all = static_cast<double>(host.Served() - served);
  const auto hit = static_cast<double>(host.Stopped() - stopped);
  host.outcome().Figure("rollback", std::to_string((Host::steady() - begin).count()) + "ms");
  host.outcome().Figure("affected", std::to_string(static_cast<int>(hit)) + " of " +
                                        std::to_string(static_cast<int>(all)));
  // A twentieth of the clients, of whom some come more often than others.
  host.outcome().Require(hit <= 0.1 * all, "own", "more than its cohort meet it");
  // What was rolled back doesn't come back by itself.
  host.outcome().Require(
      is_control ||
          !host.Offer("# override\n" + Rule("all", "action = \"challenge\"\nlevel = \"standard\"") +
                      GoodPolicy())
               .admitted(),
      "own", "it is admitted again");
  (void)host.Offer(GoodPolicy());
  host.LetEachServe();
  host.Expect(Host::Expected::kPolicy);
  host.HoldFault();
  return host.Finish();
}

// --- D29 -----------------------------------------------------------------------------------------

Outcome ValidConfigSweep(bool is_control) {
  // Each option of a site with every other two. `row` picks the value of each by a digit of its own
  // in a mixture that meets all triples of two values many times over.
  static std::uint64_t row = 0;
  row = 0;
  Host::Options options = Host::Careless(is_control);
  options.dress = [](EngineOptions& all) {
    const auto bit = [](int option) {
      return (row * 0x9E3779B97F4A7C15U >> (option * 3 + 7) & 1U) != 0;
    };
    if (row == 0) return;
    SiteOptions& site = all.sites.front();
    site.renew = bit(0);
    site.binding.ipv6_prefix = bit(1) ? 56 : 0;
    site.same_site = bit(2) ? SameSite::kNone : SameSite::kLax;
    site.secure = bit(3) ? SecureCookie::kAlways : SecureCookie::kAuto;
    site.challenge_lifetime = std::chrono::seconds{bit(4) ? 30 : 3'600};
    site.contact = bit(5) ? "mailto:a@example.test" : "";
    site.privacy = bit(6) ? "https://example.test/privacy" : "";
    site.logo = bit(7) ? "/logo.svg" : "";
    site.stylesheet = bit(8) ? "/stile.css" : "";
    site.title = bit(9) ? "Ein Moment" : "One moment";
    all.public_prefix = bit(10) ? "/.other" : "/.stile";
    all.node = bit(11) ? 65'535 : 0;
    if (bit(12)) {
      SiteOptions second = site;
      second.name = "second";
      second.hosts = {"second.test"};
      all.sites.push_back(std::move(second));
    }
  };
  Host host(std::move(options));
  host.Baseline();
  std::size_t served = 0;
  for (row = 1; row <= 200; ++row) {
    const AdmissionVerdict verdict = host.Offer(GoodPolicy());
    host.outcome().Require(verdict.admitted(), "own",
                           "row " + std::to_string(row) + ": " + ToString(verdict.errors));
    served += verdict.admitted() ? 1 : 0;
  }
  row = 0;
  if (is_control) {
    // A combination that is wrong, where nobody looks before it serves.
    host.MustRefuse("a wrong row", GoodPolicy() + Rule("x", "level = \"light\""));
  }
  (void)host.Offer(GoodPolicy());
  host.outcome().Figure("rows", std::to_string(served));
  host.HoldFault();
  return host.Finish();
}

}  // namespace

std::vector<Drill> CandidateDrills() {
  const std::string careless =
      "a host that lets what can't be loaded take the place of what serves";
  return {
      {"D01",
       "doubled-policy",
       "candidates that are doubled, cut, empty, 100 MB, 10,000 deep, regex bombs or garbage",
       careless,
       {"I1"},
       DoubledPolicy},
      {"D02",
       "saw-tooth",
       "good and bad candidates in turn, fifty a second",
       careless,
       {"I1"},
       SawTooth},
      {"D06",
       "blank-fields",
       "every field of a policy missing, doubled, blank, of another type or out of range, and "
       "pairs",
       careless,
       {"I1"},
       BlankFields},
      {"D07",
       "version-skew",
       "policies of a newer and of an older version",
       careless,
       {"I1"},
       VersionSkew},
      {"D08",
       "expression-bomb",
       "bombs are offered; then 120 greedy expressions, enforced and in shadow, meet texts of 8 "
       "and "
       "16 KB",
       "one backtracking expression in the host, against 17 letters",
       {"I3"},
       ExpressionBomb},
      {"D21",
       "rule-that-matches-everything",
       "deny, challenge and allow rules for everybody, also with force or override alone",
       "a host that publishes what it can make, without asking",
       {"I2", "I7"},
       RuleThatMatchesEverything},
      {"D22",
       "validator-lies",
       "a maker that throws, makes nothing, or says yes to a denial of all",
       careless,
       {"I1"},
       ValidatorLies},
      {"D23",
       "canary-catches-semantics",
       "a policy that asks every cleared visitor again, forced in, with a cohort of 5 %",
       "no cohort",
       {"own"},
       CanaryCatchesSemantics},
      {"D29",
       "valid-config-sweep",
       "200 combinations of 13 options, each made, admitted and served",
       careless,
       {"I1"},
       ValidConfigSweep},
  };
}

}  // namespace stile::drills
