#include "tests/drills/library/host.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/drills/library/memory.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/range_list.h"

namespace stile::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kBurst = 16;         // Requests of a thread between two of its pauses,
constexpr milliseconds kPause{2};  // each so long.
constexpr double kFloorMs = 1.0;   // What a machine of two cores takes from any thread: I3.
constexpr std::int64_t kMegabyte = 1 << 20;
constexpr std::string_view kBotRanges = "192.0.2.0/29\n192.0.2.8/29\n";

tl::expected<std::shared_ptr<const RangeList>, Errors> ReadList(const std::string& name) {
  auto list = ParseRangeList(kBotRanges, name);
  if (!list) return tl::unexpected(list.error());
  return std::make_shared<const RangeList>(std::move(*list));
}

std::string Fixed(double value, int digits, std::string_view unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text + std::string(unit);
}

template <typename Array>
std::uint64_t SumOf(const Array& values) {
  std::uint64_t sum = 0;
  for (const auto value : values) sum += value;
  return sum;
}

// The step of a histogram whose steps grow by an eighth of each doubling.
std::size_t StepOf(nanoseconds took, std::size_t steps) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 8));
  const int doubling = std::bit_width(ns) - 1;
  const std::size_t eighth = (ns >> (doubling - 3)) & 7;
  return std::min(static_cast<std::size_t>(doubling) * 8 + eighth, steps - 1);
}

double MillisOf(std::size_t step) {
  return std::ldexp(1.0 + static_cast<double>(step % 8 + 1) / 8, static_cast<int>(step / 8)) / 1e6;
}

}  // namespace

milliseconds Host::phase{1'000};

std::string GoodPolicy() {
  return R"(
[agent.examplebot]
user_agent = ["Examplebot/"]
ip_list = ["examplebot.txt"]

[[rule]]
name = "open"
path = ["/open", "/open/*"]
action = "allow"

[[rule]]
name = "closed"
path = ["/closed/*"]
action = "deny"

[[rule]]
name = "crawlers"
agent = ["examplebot"]
action = "allow"
)";
}

std::string LargePolicy(std::size_t rules) {
  std::string text = GoodPolicy();
  for (std::size_t i = 0; i < rules; ++i) {
    const std::string number = std::to_string(i);
    text += "[[rule]]\nname = \"r" + number + "\"\npath = [\"/old/" + number +
            "/*\"]\naction = \"deny\"\n";
  }
  return text;
}

std::shared_ptr<const KeyRing> RingOf(const std::vector<std::uint8_t>& secrets, UnixMillis now,
                                      std::chrono::hours horizon) {
  std::vector<MasterKey> masters;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    MasterKey master;
    master.id = static_cast<std::uint8_t>(i + 1);
    master.secret = SecretBytes(std::vector<std::uint8_t>(32, secrets[i]));
    master.sign_from = UnixMillis::FromSeconds(static_cast<std::int64_t>(i));
    masters.push_back(std::move(master));
  }
  auto ring = KeyRing::Create(std::move(masters), now, horizon);
  if (!ring) std::abort();
  return std::make_shared<const KeyRing>(std::move(*ring));
}

Host::Host() : Host(Options()) {}

Host::Host(Options options)
    : options_(std::move(options)), tables_(RedeemTables::Create({}).value()) {
  if (options_.keys == nullptr) options_.keys = RingOf({7}, now());
  if (options_.crowd.ring == nullptr) options_.crowd.ring = options_.keys;
  auto keeper = EngineKeeper::Create(
      options_.policy, options_.last_good,
      [this](std::string_view source, std::optional<GateMode> mode) { return Make(source, mode); },
      options_.limits, steady());
  if (!keeper) return;
  keeper_ = *std::move(keeper);
  for (std::size_t i = 0; i < options_.workers; ++i) tallies_.push_back(std::make_unique<Tally>());
  for (std::size_t i = 0; i < options_.workers; ++i) {
    threads_.emplace_back([this, i] { Serve(i); });
  }
}

Host::~Host() { Stop(); }

void Host::Stop() {
  over_.store(true);
  frozen_.store(false);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

UnixMillis Host::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<milliseconds>(since_epoch).count() + ahead_.load()};
}

milliseconds Host::steady() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

tl::expected<EngineKeeper::Made, Errors> Host::Make(std::string_view source,
                                                    std::optional<GateMode> mode) const {
  auto policy_source = ParsePolicyFile(source, "policy.toml", ReadList);
  if (!policy_source) return tl::unexpected(std::move(policy_source.error()));
  auto policy = Policy::Compile(std::move(*policy_source));
  if (!policy) return tl::unexpected(std::move(policy.error()));
  EngineOptions options;
  SiteOptions& site = options.sites.emplace_back();
  site.policy = *std::move(policy);
  if (mode) site.mode = *mode;
  if (options_.dress) options_.dress(options);
  auto engine = Engine::Create(std::move(options), *options_.keys, tables_);
  if (!engine) return tl::unexpected(std::move(engine.error()));
  EngineKeeper::Made made;
  made.engine = *std::move(engine);
  made.blast_radius_override = source.starts_with("# override");
  return made;
}

// --- The load ------------------------------------------------------------------------------------

void Host::Serve(std::size_t number) {
  const std::unique_ptr<Worker> worker = keeper_->slot().NewWorker();
  Tally& tally = *tallies_[number];
  Crowd crowd(options_.crowd, number + 1, now());
  while (!over_.load()) {
    for (int i = 0; i < kBurst; ++i) ServeOne(crowd.Next(now()), *worker, tally);
    std::this_thread::sleep_for(kPause);
    while (number == 0 && frozen_.load()) std::this_thread::sleep_for(kPause);
  }
}

void Host::ServeOne(const Visitor& visitor, Worker& worker, Tally& tally) {
  Request request = visitor.Ask("/private/page");
  if (options_.alter) options_.alter(request);
  const UnixMillis at = now();
  Decision decision;
  Answer answer;
  const std::uint64_t allocated = Allocations();
  const auto begin = std::chrono::steady_clock::now();
  if (options_.around) options_.around(visitor);
  int status = 200;
  if (failing_.load()) {
    status = 500;
  } else {
    const EngineSlot& slot = keeper_->slot();
    const Engine& engine = slot.Choose(worker, slot.Enter(worker), request);
    decision = engine.Decide(request, at, worker);
    if (decision.action != Action::kAllow) {
      engine.Respond(request, decision, {}, at, worker, answer);
      status = answer.status;
    }
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  tally.allocated.fetch_add(Allocations() - allocated, std::memory_order_relaxed);
  Note(visitor, decision, status, tally, took);
}

void Host::Note(const Visitor& visitor, const Decision& decision, int status, Tally& tally,
                nanoseconds took) const {
  const std::size_t at = phase_.load();
  const Expected expected = expected_.load();
  ++tally.requests[at];
  ++tally.took[at][StepOf(took, kSteps)];
  const bool passes = status == 200 && decision.action == Action::kAllow;
  const auto describe = [&] {
    return "visitor " + std::to_string(static_cast<int>(visitor.kind)) + " got " +
           std::to_string(status) + " with action " +
           std::to_string(static_cast<int>(decision.action)) + " and verdict " +
           std::string(VerdictName(decision.verdict));
  };
  if (!passes && visitor.may_pass()) tally.turned_away.fetch_add(1, std::memory_order_relaxed);
  if (!passes && (status < 400 || status >= 500)) {
    if (tally.failed[at]++ == 0 && tally.first_failure.empty()) {
      tally.first_failure = describe();
    }
  } else if (expected == Expected::kAnything) {
  } else if (!passes && (visitor.may_pass() || expected == Expected::kOpen)) {
    if (tally.stopped[at]++ == 0 && tally.first_stop.empty()) tally.first_stop = describe();
  } else if (passes && !visitor.may_pass() && expected == Expected::kPolicy) {
    ++tally.let_in[at];
  }
  tally.served.fetch_add(1, std::memory_order_release);
}

std::uint64_t Host::Served() const {
  std::uint64_t served = 0;
  for (const auto& tally : tallies_) served += tally->served.load(std::memory_order_acquire);
  return served;
}

std::uint64_t Host::Stopped() const {
  std::uint64_t stopped = 0;
  for (const auto& tally : tallies_) stopped += tally->turned_away.load();
  return stopped;
}

std::uint64_t Host::Allocated() const {
  std::uint64_t allocated = 0;
  for (const auto& tally : tallies_) allocated += tally->allocated.load();
  return allocated;
}

void Host::LetEachServe() {
  std::vector<std::uint64_t> before;
  for (const auto& tally : tallies_) before.push_back(tally->served.load());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (std::size_t i = frozen_.load() ? 1 : 0; i < tallies_.size(); ++i) {
    // Two: the first may have begun before.
    while (tallies_[i]->served.load() < before[i] + 2) {
      if (std::chrono::steady_clock::now() > end) {
        outcome_.Breach("I1", "a thread serves nobody any more");
        return;
      }
      std::this_thread::sleep_for(milliseconds{1});
    }
  }
}

// --- The time line -------------------------------------------------------------------------------

void Host::Baseline() {
  std::this_thread::sleep_for(milliseconds{200});
  phase_.store(kBefore);
  std::this_thread::sleep_for(phase);
  before_ = Look();
  most_rss_ = before_.rss;
  phase_.store(kDuring);
  fault_begin_ = std::chrono::steady_clock::now();
}

void Host::HoldFault() {
  do {
    std::this_thread::sleep_for(milliseconds{20});
    most_rss_ = std::max(most_rss_, Look().rss);
  } while (std::chrono::steady_clock::now() < fault_begin_ + phase);
}

void Host::Aftermath() {
  LetEachServe();
  phase_.store(kAfter);
  std::this_thread::sleep_for(phase);
}

Outcome Host::Finish() {
  Aftermath();
  return Judge();
}

Outcome Host::Judge() {
  Stop();
  std::uint64_t requests = 0, failed = 0, stopped = 0, let_in = 0, late = 0;
  std::string failure, stop;
  for (const auto& tally : tallies_) {
    requests += SumOf(tally->requests);
    failed += SumOf(tally->failed);
    stopped += SumOf(tally->stopped);
    let_in += SumOf(tally->let_in);
    late += tally->failed[kAfter] + tally->stopped[kAfter] + tally->let_in[kAfter];
    if (failure.empty()) failure = tally->first_failure;
    if (stop.empty()) stop = tally->first_stop;
  }
  outcome_.Figure("requests", std::to_string(requests));
  outcome_.Figure("failed", std::to_string(failed));
  outcome_.Figure("new_challenges", std::to_string(stopped));
  const std::string of = " of " + std::to_string(requests) + " ";
  outcome_.Require(requests >= 1'000, "own", "only " + std::to_string(requests) + " requests");
  outcome_.Require(failed == 0, "I1", std::to_string(failed) + of + "failed: " + failure);
  outcome_.Require(stopped == 0, "I2",
                   std::to_string(stopped) + of + "may pass and were stopped: " + stop);
  outcome_.Require(let_in == 0, "I7", std::to_string(let_in) + of + "passed against the policy");
  outcome_.Require(late == 0, "I8", std::to_string(late) + of + "still fared badly afterwards");
  const double before = Percentile(kBefore, 0.99), during = Percentile(kDuring, 0.99);
  outcome_.Figure("p99", Fixed(before * 1e3, 1, "") + "->" + Fixed(during * 1e3, 1, "us"));
  outcome_.Require(during <= std::max(2 * before, before + kFloorMs), "I3",
                   "p99 " + Fixed(during, 3, " ms, ") + Fixed(before, 3, " ms before"));
  if (slowest_offer_ > 0) outcome_.Figure("verdict", Fixed(slowest_offer_, 2, "s"));
  const State after = Look();
  const std::int64_t growth = std::max(most_rss_, after.rss) - before_.rss;
  outcome_.Figure("rss", Fixed(static_cast<double>(growth) / kMegabyte, 1, "MB"));
  outcome_.Require(growth <= 32 * kMegabyte, "I5", "memory grew by " + std::to_string(growth));
  outcome_.Require(after.descriptors <= before_.descriptors, "I5", "descriptors were left open");
  return std::move(outcome_);
}

double Host::Percentile(Phase of, double share) const {
  std::array<std::uint64_t, kSteps> sums{};
  for (const auto& tally : tallies_) {
    for (std::size_t i = 0; i < kSteps; ++i) sums[i] += tally->took[of][i];
  }
  const auto all = static_cast<double>(SumOf(sums));
  double seen = 0;
  for (std::size_t i = 0; i < kSteps; ++i) {
    seen += static_cast<double>(sums[i]);
    if (seen > 0 && seen >= all * share) return MillisOf(i);
  }
  return 0;
}

Host::State Host::Look() {
  State state;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  state.rss = pages * 4'096;
  std::error_code ignored;
  const std::filesystem::directory_iterator found("/proc/self/fd", ignored);
  state.descriptors = std::distance(begin(found), end(found));
  return state;
}

// --- What an embedder does -----------------------------------------------------------------------

AdmissionVerdict Host::Offer(std::string source, bool forced) {
  const auto begin = std::chrono::steady_clock::now();
  AdmissionVerdict verdict;
  if (options_.trusting || options_.careless) {
    auto made = Make(source, std::nullopt);
    if (made) {
      keeper_->slot().Publish(std::move(made->engine));
      verdict.refusal = AdmissionRefusal::kNone;
    } else {
      verdict.refusal = AdmissionRefusal::kMistakes;
      verdict.errors = std::move(made.error());
    }
    if (options_.careless) {
      Fail(!verdict.admitted());
      LetEachServe();
    }
  } else {
    verdict = keeper_->Offer(std::move(source), forced, now(), steady());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  slowest_offer_ = std::max(slowest_offer_, took.count());
  if (!verdict.admitted()) {
    outcome_.Require(!verdict.errors.empty(), "I4", "a refusal says nothing");
    outcome_.Require(took.count() <= 1.0, "I4", "a refusal takes " + Fixed(took.count(), 2, " s"));
  }
  return verdict;
}

void Host::MustRefuse(const std::string& name, std::string source) {
  const EngineKeeper::Stats before = keeper_->stats();
  const AdmissionVerdict verdict = Offer(std::move(source));
  const EngineKeeper::Stats after = keeper_->stats();
  outcome_.Require(!verdict.admitted(), "own", name + " is admitted");
  outcome_.Require(before.digest == after.digest && before.generation == after.generation, "I7",
                   name + " has changed what serves");
  LetEachServe();
}

bool Host::Renew() { return Offer(options_.policy).admitted(); }

}  // namespace stile::drills
