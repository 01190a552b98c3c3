#ifndef STILE_VERIFIER_POLICY_POLICY_H_
#define STILE_VERIFIER_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "verifier/agents/agent.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/effort/effort_options.h"
#include "verifier/level.h"
#include "verifier/policy/budget_terms.h"
#include "verifier/policy/cidr.h"
#include "verifier/policy/file_place.h"
#include "verifier/policy/matchers.h"
#include "verifier/policy/range_list.h"
#include "verifier/policy/rule_switches.h"
#include "verifier/rate.h"
#include "verifier/request.h"
#include "verifier/verdict.h"

namespace stile {

// Whether a rule acts, is only counted, or sleeps.
enum class RuleMode : std::uint8_t { kEnforce = 0, kShadow = 1, kOff = 2 };

// What a route does while its policy or keys cannot be used.
enum class OnFault : std::uint8_t { kStale = 0, kOpen = 1, kClosed = 2, kChallenge = 3 };

// One rule as written: its matchers and what it makes of a request that they match.
struct Rule : Matchers {
  std::string name;
  Action action = Action::kNone;  // kAllow, kChallenge or kDeny; kNone for one that weighs.
  std::uint8_t rank = 0;          // Of the level a challenge asks; 0 otherwise.
  std::int32_t weight = 0;        // What it adds if it weighs: -1,000 to 1,000; 0 if it doesn't.
  RuleMode mode = RuleMode::kEnforce;
  OnFault on_fault = OnFault::kStale;
  // How much of a budget a request takes, 0 to kMaxCost. Not said: 1 where it challenges, and
  // nothing for a static asset; 0 where it lets pass.
  std::optional<std::uint8_t> cost;
  // What each client may do here besides: this rule's own budget, of which a request takes 1.
  std::optional<Rate> budget;
  FilePlace place;  // Where it stands in its file. Not part of the digest.
};

// What becomes of a request whose weights sum up to `at` or more, if no rule decides.
struct Threshold {
  std::int32_t at = 0;
  Action action = Action::kNone;  // kAllow, kChallenge or kDeny.
  std::uint8_t rank = 0;          // Of the level a challenge asks; 0 otherwise.
};

// A policy as written, before it is compiled.
struct PolicySource {
  std::vector<Level> levels;          // Names and ranks unique. Built-in ones may be left out.
  std::vector<Agent> agents;          // Names unique. Built-in ones may be left out.
  std::vector<Rule> rules;            // In order; the first that matches and is enforced decides.
  std::vector<Threshold> thresholds;  // The greatest that is reached decides. At most 16.
  // What happens to a request that no rule matches.
  Action default_action = Action::kChallenge;
  // Of the level that a challenge asks where no rule says which.
  std::uint8_t default_rank = 2;
  std::optional<std::uint8_t> default_cost;  // As Rule::cost, where no rule matches.
  BudgetRules budgets;
  EffortOptions effort;
};

// What is known of the client when its request meets the policy, besides the request.
struct ClientFacts {
  std::uint8_t rank_held = 0;           // By a valid clearance.
  const ReverseNames* names = nullptr;  // Null: no reverse DNS; what it would say is unknown.
  UnixMillis now;
  std::optional<std::uint32_t> rate;     // Requests a minute of the client's prefix.
  std::optional<std::uint8_t> overload;  // Percent.
};

// What the rules of a policy look at. A door need not find out what isn't asked for.
struct PolicyNeeds {
  bool fields = false;
  bool country = false;
  bool asn = false;
  bool tls_fingerprint = false;
  bool reverse_names = false;
};

// What a policy says of one request, before the clearance is weighed.
struct PolicyMatch {
  Action action = Action::kDeny;  // kAllow, kChallenge or kDeny.
  // With kChallenge; 0 otherwise. A clearance passes if its rank is at least `rank`, which is what
  // the demanded level accepts. What to ask otherwise is LevelFor(level_rank), never
  // LevelFor(rank): `light` (2) accepts what its waiting alternative earns (1).
  std::uint8_t rank = 0;
  std::uint8_t level_rank = 0;
  std::uint16_t rule = 65535;  // Index in rules(); 65535: the default or a built-in exemption.
  std::uint16_t shadow_rule = 65535;  // The first shadow rule that matched before the decision.
  // The first rule that a switch has killed and that the request came to: it was passed over unread
  // and may or may not match.
  std::uint16_t killed_rule = 65535;
  std::uint16_t threshold = 65535;  // Index in thresholds() if that decided; `rule` is 65535.
  std::int32_t weight = 0;          // The sum of the weights met before the decision.
  // Index in agents() of one whose reverse DNS is worth asking for: the first that a rule up to the
  // one that decides names, that the client claims to be without being in its lists, and of which
  // nothing is recorded. 65535: none.
  std::uint16_t agent_to_ask = 65535;
  OnFault on_fault = OnFault::kStale;
  bool exempt = false;  // A built-in exemption or CORS preflight.
  bool attack = false;  // The rule is switched to kAttack, and challenges.
  // What the request takes of a budget if it passes. Static assets, which take nothing where
  // `static_is_free`, have not been looked for yet.
  std::uint8_t cost = 0;
  bool static_is_free = false;
  std::uint16_t own_budget = 65535;  // Index in budgets().own; 65535: the rule has none.
};

// Why one rule did or did not match a request.
struct RuleTrace {
  std::uint16_t rule;
  bool matched;
  std::string why;  // "path /docs/* matches /docs/a", "ip: 192.0.2.1 is in none of 3 ranges".
};

// One immutable generation of a policy, compiled for matching. Safe to share between threads.
class Policy {
 public:
  static constexpr std::size_t kMaxRules = 10'000;
  static constexpr std::size_t kMaxLevels = 64;

  // Returns every mistake: too many rules or levels (kOutOfRange), a rank that no level has, a name
  // or rank used twice, a challenge without level, an alternative that earns an unknown level or
  // another than its own and the one below (docs/decisions/002) or lies outside its limits, an
  // empty or overlong pattern, a path pattern that is not in its normal form, a range with bits
  // set after its prefix, a budget or a number of [effort] outside its limits, a cost where nothing
  // is charged. Adds the
  // built-in levels `wait` (rank 1), `light` (2) and `standard` (3) where the source doesn't define
  // them, and names rules without name by their number: "rule-3".
  [[nodiscard]] static tl::expected<std::shared_ptr<const Policy>, Errors> Compile(
      PolicySource source);

  // Returns the policy of a site that names none; docs/policy.md has its rules.
  [[nodiscard]] static std::shared_ptr<const Policy> Default();
  // Returns the built-in minimal policy: everything is challenged at `light`.
  [[nodiscard]] static std::shared_ptr<const Policy> Minimal();

  // Finds the first enforced rule that matches. An allow rule matches a path only if the path is
  // spelled in its normal form (no dot segments, empty segments, backslashes, control bytes, and
  // nothing percent-encoded that need not be); challenge and deny rules match a path as sent or
  // normalised. Challenge rules and the default pass over the exempt: exact /robots.txt and
  // /favicon.ico, and /.well-known/*, with GET, HEAD or OPTIONS, and a CORS preflight (OPTIONS with
  // Origin and Access-Control-Request-Method). A path over 8,192 bytes is denied, and a tangled one
  // (see docs/policy.md). Only rules that something in the request speaks for are weighed, so
  // 10,000 cost what 40 do: about 120 ns for a browser's request. Takes 35 KiB of stack.
  //
  // Rules that weigh decide nothing by themselves: their weights are summed up, and where no rule
  // decides, the greatest threshold that is reached does. Where a regular expression gives up, or a
  // field is too long to be searched, a rule that refuses and depends on it matches, and one that
  // lets pass doesn't.
  //
  // `switches` go before what the rules say of their own mode; null: none is turned.
  //
  // Does not block, log, throw or read a clock; allocates only inside RE2.
  [[nodiscard]] PolicyMatch Match(const Request& request, const ClientFacts& facts = {},
                                  const RuleSwitches* switches = nullptr) const noexcept;

  // How much Match may have to look at for `request`, in steps: one for each part of a rule that
  // something in the request speaks for, or that nothing has to, and kRegexSteps for one that is a
  // regular expression. At least what Match really takes, which stops at the rule that decides. For
  // admission, which runs it before a policy serves; costs what Match does.
  [[nodiscard]] std::size_t StepsOf(const Request& request) const noexcept;
  static constexpr std::size_t kRegexSteps = 16;

  [[nodiscard]] const PolicyNeeds& needs() const noexcept;

  // The level of exactly this rank, or the one of the next higher rank that exists, or the
  // highest. Never null.
  [[nodiscard]] const Level* LevelFor(std::uint8_t rank) const noexcept;
  // The name of the level with exactly this rank; empty if there is none.
  [[nodiscard]] std::string_view LevelName(std::uint8_t rank) const noexcept;

  [[nodiscard]] const std::vector<Level>& levels() const noexcept;
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept;
  [[nodiscard]] const std::vector<Threshold>& thresholds() const noexcept;
  // Those that the source defines and those built in.
  [[nodiscard]] const std::vector<Agent>& agents() const noexcept;
  // What ReverseNames keeps an agent's answers under: a hash of its reverse_names. 0 without any.
  [[nodiscard]] std::uint64_t AgentKey(std::size_t agent) const noexcept;
  // Of the level that is asked where no rule says which, also if the default asks nothing.
  [[nodiscard]] std::uint8_t default_rank() const noexcept;
  [[nodiscard]] const BudgetTerms& budgets() const noexcept;
  // How effort follows the load.
  [[nodiscard]] const EffortOptions& effort() const noexcept;
  // SHA-256 over the canonical form of the source, as 64 hex digits: the same everywhere.
  [[nodiscard]] const std::string& digest() const noexcept;
  // What the compiled rules take in memory, besides their source and what RE2 keeps.
  [[nodiscard]] std::size_t Bytes() const noexcept;

  ~Policy();

  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

 private:
  struct Compiled;
  friend std::vector<RuleTrace> Explain(const Policy& policy, const Request& request,
                                        const ClientFacts& facts);

  explicit Policy(std::unique_ptr<const Compiled> compiled);
  [[nodiscard]] static Errors CompileRules(const PolicySource& source, Compiled& compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// Says why each rule did or did not match, for `stile explain`: one trace per rule, in order, also
// after the one that decides. Slow; allocates.
[[nodiscard]] std::vector<RuleTrace> Explain(const Policy& policy, const Request& request,
                                             const ClientFacts& facts = {});

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_POLICY_H_
