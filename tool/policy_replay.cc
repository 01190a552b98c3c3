#include "tool/policy_replay.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "challenge/concat.h"
#include "verifier/clearance_check.h"
#include "verifier/policy/index/path_form.h"
#include "verifier/policy/matcher_tree.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

constexpr std::uint16_t kNone = 65535;
constexpr std::int64_t kForGood = std::numeric_limits<std::int64_t>::max();

std::string ActionText(const Policy& policy, Action action, std::uint8_t rank) {
  std::string text(ActionName(action));
  if (action == Action::kChallenge) text += Concat(" ", policy.LevelFor(rank)->name);
  return text;
}

ReplayRow RowOfRule(const Policy& policy, const Rule& rule) {
  ReplayRow row;
  row.name = rule.name;
  row.mode = rule.mode;
  row.place = rule.place;
  row.action = rule.weight != 0 ? Concat("weigh ", rule.weight > 0 ? "+" : "", rule.weight)
                                : ActionText(policy, rule.action, rule.rank);
  return row;
}

}  // namespace

std::string_view ReplayOutcomeName(ReplayOutcome outcome) noexcept {
  static constexpr std::array<std::string_view, kReplayOutcomes> kNames = {"allowed", "cleared",
                                                                           "challenged", "denied"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::shared_ptr<const Policy> RuleAlone(const Policy& policy, const Rule& rule) {
  PolicySource source;
  source.levels = policy.levels();
  std::vector<std::string> names;
  ForEachTable(rule, [&names](const Matchers& table) {
    names.insert(names.end(), table.agents.begin(), table.agents.end());
  });
  for (const Agent& agent : policy.agents()) {
    if (std::find(names.begin(), names.end(), agent.name) != names.end()) {
      source.agents.push_back(agent);
    }
  }
  Rule alone = rule;
  alone.mode = RuleMode::kEnforce;
  alone.weight = 0;
  alone.rank = 0;
  // A rule is read as strictly as what it does demands, so a rule that lets pass stays one.
  const bool lets_pass = rule.weight < 0 || (rule.weight == 0 && rule.action == Action::kAllow);
  alone.action = lets_pass ? Action::kAllow : Action::kDeny;
  alone.on_fault = OnFault::kClosed;
  source.rules.push_back(std::move(alone));
  source.default_action = lets_pass ? Action::kDeny : Action::kAllow;
  source.default_rank = policy.levels().front().rank;
  auto compiled = Policy::Compile(std::move(source));
  return compiled ? *std::move(compiled) : nullptr;
}

PolicyReplay::PolicyReplay(std::shared_ptr<const Policy> policy, bool clients_solve)
    : policy_(std::move(policy)), clients_solve_(clients_solve) {
  for (const Rule& rule : policy_->rules()) {
    const auto row = static_cast<std::uint32_t>(rows_.size());
    rows_.push_back(RowOfRule(*policy_, rule));
    const bool decides = rule.weight == 0 && rule.mode == RuleMode::kEnforce;
    if (!decides && rule.mode != RuleMode::kOff) AddProbe(row);
  }
  const auto add = [this](std::string name, const char* kind, std::string action) {
    ReplayRow& row = rows_.emplace_back();
    row.name = std::move(name);
    row.kind = kind;
    row.action = std::move(action);
  };
  for (const Threshold& threshold : policy_->thresholds()) {
    add(Concat("weight from ", threshold.at), "threshold",
        ActionText(*policy_, threshold.action, threshold.rank));
  }
  add("default", "default", "");
  add("built-in exemptions", "exemption", "allow");
  add("paths over 8192 bytes", "limit", "deny");
  add("paths read in too many ways", "path", "deny");
}

void PolicyReplay::AddProbe(std::uint32_t row) {
  std::shared_ptr<const Policy> alone =
      probes_.size() < kMaxProbes ? RuleAlone(*policy_, policy_->rules()[row]) : nullptr;
  if (alone == nullptr) {
    lacks_probes_ = true;
    return;
  }
  probes_.push_back({row, std::move(alone)});
}

std::uint32_t PolicyReplay::RowOf(const Request& request, const PolicyMatch& match) const noexcept {
  const std::size_t rules = policy_->rules().size();
  const std::size_t builtin = rules + policy_->thresholds().size();
  if (match.rule < rules) return match.rule;
  if (match.threshold != kNone) return static_cast<std::uint32_t>(rules + match.threshold);
  if (match.exempt) return static_cast<std::uint32_t>(builtin + 1);
  if (match.action != Action::kDeny) return static_cast<std::uint32_t>(builtin);
  // What Policy::Match denies before it asks a rule looks like a default that denies.
  if (PathOf(request.target).size() > kMaxPath) return static_cast<std::uint32_t>(builtin + 2);
  PathBuffer buffer;
  const bool tangled = FormOfPath(request.target, buffer).tangled;
  return static_cast<std::uint32_t>(builtin + (tangled ? 3 : 0));
}

ReplayOutcome PolicyReplay::Meet(const Request& request, const PolicyMatch& match,
                                 std::optional<std::int64_t> seconds,
                                 ClientStanding* standing) const noexcept {
  if (match.action == Action::kAllow) return ReplayOutcome::kAllowed;
  if (match.action != Action::kChallenge) {
    if (standing != nullptr) ++standing->denied;
    return ReplayOutcome::kDenied;
  }
  if (standing == nullptr) return ReplayOutcome::kChallenged;
  const std::int64_t now = seconds.value_or(0);
  // A form that was long in the making is not lost: see ClearanceFinding::in_grace.
  const std::int64_t grace = IsSafeMethod(request.method) ? 0 : kFormGraceSeconds;
  const bool holds = standing->rank >= match.rank &&
                     (standing->until == kForGood || now < standing->until + grace);
  if (standing->rank != 0 && holds) {
    ++standing->cleared;
    return ReplayOutcome::kCleared;
  }
  ++standing->challenged;
  const Level* level = policy_->LevelFor(match.level_rank);
  if (clients_solve_ && level->alternative_count > 0) {
    const Alternative& solved = level->alternatives[0];
    standing->rank = solved.rank;
    standing->until = seconds ? now + solved.lifetime_seconds : kForGood;
  }
  return ReplayOutcome::kChallenged;
}

PolicyReplay::Step PolicyReplay::Take(const Request& request, std::optional<std::int64_t> seconds,
                                      ClientStanding* standing) {
  ClientFacts facts;
  facts.now = UnixMillis::FromSeconds(seconds.value_or(0));
  if (standing != nullptr &&
      (standing->until == kForGood || (seconds && *seconds < standing->until))) {
    facts.rank_held = standing->rank;
  }
  const PolicyMatch match = policy_->Match(request, facts);
  Step step;
  step.row = RowOf(request, match);
  step.outcome = Meet(request, match, seconds, standing);
  ++rows_[step.row].counts[static_cast<std::size_t>(step.outcome)];
  for (const Probe& probe : probes_) {
    if (probe.row >= match.rule) break;  // Those after the rule that decides are not asked.
    const PolicyMatch alone = probe.alone->Match(request, facts);
    if (alone.rule == 0) ++rows_[probe.row].matched;
  }
  return step;
}

}  // namespace stile
