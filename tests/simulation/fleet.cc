#include "tests/simulation/fleet.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace stile::simulation {
namespace {

constexpr Span kRun = 600 * kSecond;
constexpr Span kTickEvery = 500 * kMillisecond;
constexpr std::uint64_t kTokens = 80;
constexpr Span kSettles = 6 * kSecond;

std::string AttemptName(char kind, std::uint64_t number) {
  std::string name(1, kind);
  name += std::to_string(number);
  return name;
}

}  // namespace

Fleet::Fleet(std::uint64_t seed, Mode mode, Mutant mutant, bool trace)
    : world_(seed, mode, mutant, trace) {
  const std::size_t count = mode == Mode::kMemory ? 1 : kNodes;
  for (std::size_t i = 0; i < count; ++i) {
    // Within half of what clocks may differ by.
    nodes_.emplace_back(world_, i, static_cast<std::int64_t>(world_.random.Below(28'000)) - 14'000);
  }
}

FleetOutcome Fleet::Run() {
  for (Node& node : nodes_) node.Start(false);
  believed_up_.fill(true);
  Disturb(0);
  for (Instant at = kTickEvery; at < kRun; at += kTickEvery) {
    world_.agenda.At(at, [this] { Tick(); });
  }
  for (std::uint64_t i = 0; i < kTokens; ++i) {
    world_.agenda.At(world_.random.Below(kRun - 120 * kSecond), [this] { GiveToken(); });
  }
  PlanFaults();
  outcome_.events = world_.agenda.RunUntil(kRun);
  Measure();
  outcome_.commands = world_.network.commands();
  outcome_.accepted = oracle_.accepted();
  outcome_.doubled = oracle_.doubled();
  outcome_.most = oracle_.most();
  outcome_.faults = world_.faults;
  return std::move(outcome_);
}

void Fleet::Tick() {
  for (Node& node : nodes_) node.Tick();
  if (world_.agenda.now() % kSecond != 0 || !UsesStore(world_.mode)) return;
  for (std::size_t i = 0; i < kServers; ++i) world_.network.server(i).Sync();
  world_.network.CatchUp();
  if (world_.random.OneIn(60)) world_.network.server(primary_).SaveDump();
  if (world_.agenda.now() % (10 * kSecond) == 0) Measure();
}

void Fleet::Measure() {
  for (const Node& node : nodes_) {
    outcome_.most_waiting = std::max<std::uint64_t>(outcome_.most_waiting, node.most_waiting());
  }
  if (outcome_.most_waiting > StoreCourier::kRoom)
    Mistake("more questions wait than there is room");
  const StoreServer& server = world_.network.server(primary_);
  outcome_.most_keys = std::max<std::uint64_t>(outcome_.most_keys, server.keys());
  outcome_.most_bytes = std::max<std::uint64_t>(outcome_.most_bytes, server.bytes());
}

void Fleet::Mistake(std::string what) {
  world_.Say("MISTAKE: %s", what.c_str());
  if (outcome_.mistake.empty()) outcome_.mistake = std::move(what);
}

void Fleet::GiveToken() {
  const std::size_t node = world_.random.Below(nodes_.size());
  Token token;
  token.at = world_.agenda.now();
  token.disturbances = disturbances_;
  token.quiet = token.at >= disturbed_until_;
  if (!nodes_[node].up() || !nodes_[node].Issue(token.text, token.grant)) {
    ++outcome_.not_issued;
    if (token.quiet) Mistake("no token though nothing is wrong");
    return;
  }
  ++outcome_.issued;
  const SpendId& id = token.grant.id;
  const bool is_new = ids_.emplace(id.node, id.boot, id.epoch, id.sequence).second;
  if (!is_new && !world_.Is(Mutant::kNoBoot)) Mistake("a number was given twice");
  token.honest = world_.random.PerMille(600);
  if (token.honest && !world_.random.OneIn(3)) token.attempt = AttemptName('a', tokens_.size());
  const std::size_t index = tokens_.size();
  tokens_.push_back(std::move(token));
  world_.Say("node %zu gives token %zu: epoch %u, sequence %llx", node, index, id.epoch,
             static_cast<unsigned long long>(id.sequence));
  if (!tokens_[index].honest) return Steal(index);
  // Most are used at once, some as late as can be.
  Span after = world_.random.Between(1, 20'000) * kMillisecond;
  if (world_.random.OneIn(4)) {
    after = (world_.random.OneIn(2) ? world_.random.Between(240, 297)
                                    : world_.random.Between(298, 326)) *
            kSecond;
    tokens_[index].late = true;
  }
  world_.agenda.After(after, [this, index] { UseHonestly(index, 3); });
}

std::size_t Fleet::NodeFor(std::size_t token) {
  const std::size_t own = tokens_[token].grant.id.node;
  if (tokens_[token].late && UsesStore(world_.mode)) {
    // Where it lives longest.
    const auto slower = [](const Node& a, const Node& b) { return a.Now() < b.Now(); };
    return static_cast<std::size_t>(std::min_element(nodes_.begin(), nodes_.end(), slower) -
                                    nodes_.begin());
  }
  // A balancer that pins, and now and then doesn't.
  if (world_.mode == Mode::kPinned && !world_.random.OneIn(16)) return own;
  std::size_t node = world_.random.Below(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size() && !believed_up_[node]; ++i) {
    node = (node + 1) % nodes_.size();
  }
  return node;
}

// Through the balancer: a request may be lost, come late, or be tried on a second node.
void Fleet::Submit(std::size_t token, const std::string& text, const std::string& attempt,
                   std::size_t node, Node::Answered heard) {
  ++outcome_.submitted;
  Random& random = world_.random;
  if (random.OneIn(400)) {
    Count(world_.faults, Fault::kRequestLost);
    tokens_[token].quiet = false;
    if (random.OneIn(2)) return;
    heard = [](const SpendAnswer&) {};  // What is lost is the reply.
  }
  if (random.OneIn(100)) {
    Count(world_.faults, Fault::kRequestDuplicated);
    tokens_[token].quiet = false;
    const std::size_t other = random.Below(nodes_.size());
    world_.agenda.After(random.Between(1, 900) * kMillisecond, [this, token, text, attempt, other] {
      if (!nodes_[other].up()) return;
      nodes_[other].Siteverify(text, attempt, [this, token, attempt](const SpendAnswer& answer) {
        Judge(token, attempt, answer);
      });
    });
  }
  const Span there = random.Between(200, 4000);
  const Span back = random.Between(200, 4000);
  world_.agenda.After(there, [this, token, text, attempt, node, back, heard = std::move(heard)] {
    if (!nodes_[node].up()) {
      tokens_[token].quiet = false;
      return;
    }
    nodes_[node].Siteverify(
        text, attempt, [this, token, attempt, node, back, heard](const SpendAnswer& answer) {
          world_.Say("node %zu on token %zu%s: %s%s", node, token, attempt.c_str(),
                     answer.result == SpendResult::kFresh   ? "fresh"
                     : answer.result == SpendResult::kSpent ? "spent"
                                                            : "unknown",
                     answer.repeated ? ", repeated" : "");
          Judge(token, attempt, answer);
          world_.agenda.After(back, [heard, answer] { heard(answer); });
        });
  });
}

void Fleet::Judge(std::size_t index, const std::string& attempt, const SpendAnswer& answer) {
  if (answer.result != SpendResult::kFresh) return;
  Token& token = tokens_[index];
  std::vector<std::string>& accepted = token.accepted_by;
  const bool known =
      !attempt.empty() && std::find(accepted.begin(), accepted.end(), attempt) != accepted.end();
  if (answer.repeated && !accepted.empty()) {
    ++outcome_.repeats;
    if (known) return;
    // The store names its first, and never hears of one that a node accepted by itself.
    if (MostPasses(world_.mode) == 1) return Mistake("repeated to another attempt");
  }
  // One attempt has one verdict, in whatever order its copies come.
  if (known && std::exchange(token.owed, false)) return;
  static_cast<void>(oracle_.Accept(index, ++credentials_));
  accepted.push_back(attempt);
  token.owed = answer.repeated;
  if (oracle_.CountOf(index) > MostPasses(world_.mode)) {
    Mistake("token " + std::to_string(index) + " passes " + std::to_string(oracle_.CountOf(index)) +
            " times");
  }
}

void Fleet::UseHonestly(std::size_t index, int tries_left) {
  const std::size_t node = NodeFor(index);
  const Token& token = tokens_[index];
  // It lives if it does by the clock of whoever is asked, and a moment longer.
  if (nodes_[node].Now().Seconds() + 2 >= token.grant.expires_at) return;
  if (world_.mode == Mode::kPinned && node != token.grant.id.node) tokens_[index].quiet = false;
  auto answer = std::make_shared<bool>(false);
  auto take = [this, index, tries_left, answer](const SpendAnswer& heard) {
    if (std::exchange(*answer, true)) return;
    if (heard.result == SpendResult::kFresh) return EndHonest(index, true);
    if (!heard.passing || tries_left == 1) return EndHonest(index, false);
    world_.agenda.After(300 * kMillisecond,
                        [this, index, tries_left] { UseHonestly(index, tries_left - 1); });
  };
  Submit(index, token.text, token.attempt, node, take);
  // A backend that hears nothing asks again.
  world_.agenda.After(2 * kSecond, [take] { take({SpendResult::kUnknown, false, true}); });
}

void Fleet::EndHonest(std::size_t index, bool accepted) {
  const Token& token = tokens_[index];
  ++outcome_.honest;
  if (!accepted) ++outcome_.honest_refused;
  if (!token.quiet || token.disturbances != disturbances_) return;
  ++outcome_.quiet;
  if (accepted) return;
  ++outcome_.quiet_refused;
  // Without a name for its attempt, one that heard nothing in time can't be told from another.
  if (!token.attempt.empty()) {
    Mistake("token " + std::to_string(index) + " is refused though nothing is wrong");
  }
}

void Fleet::Steal(std::size_t index) {
  Random& random = world_.random;
  const std::uint64_t uses = random.Between(2, 5);
  const Span first = random.Between(1, 30'000) * kMillisecond;
  for (std::uint64_t i = 0; i < uses; ++i) {
    // Mostly at the same moment, in different places.
    const Span after =
        random.OneIn(4) ? random.Between(1, 320) * kSecond : first + random.Below(3 * kMillisecond);
    world_.agenda.After(after, [this, index, i] {
      const Token& token = tokens_[index];
      const std::string text = token.text + std::string(world_.random.OneIn(4) ? i : 0, '=');
      const std::string attempt =
          world_.random.OneIn(3) ? AttemptName('t', world_.random.Below(3)) : std::string();
      Submit(index, text, attempt, world_.random.Below(nodes_.size()), [](const SpendAnswer&) {});
    });
  }
}

// What was used a moment ago is tried again everywhere.
void Fleet::ReplayRecent() {
  if (tokens_.empty()) return;
  for (int i = 0; i < 8; ++i) {
    const std::size_t back = world_.random.Below(std::min<std::size_t>(tokens_.size(), 40));
    const std::size_t index = tokens_.size() - 1 - back;
    // Nobody steals from those who are to be served.
    if (tokens_[index].honest && oracle_.CountOf(index) == 0) continue;
    Submit(index, tokens_[index].text, {}, world_.random.Below(nodes_.size()),
           [](const SpendAnswer&) {});
  }
}

void Fleet::Disturb(Span lasts) {
  ++disturbances_;
  disturbed_until_ = std::max(disturbed_until_, world_.agenda.now() + lasts + kSettles);
}

}  // namespace stile::simulation
