#ifndef STILE_VERIFIER_POLICY_POLICY_H_
#define STILE_VERIFIER_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/ip_address.h"
#include "verifier/level.h"
#include "verifier/request.h"
#include "verifier/verdict.h"

namespace stile {

// Whether a rule acts, is only counted, or sleeps.
enum class RuleMode : std::uint8_t { kEnforce = 0, kShadow = 1, kOff = 2 };

// What a route does while its policy or keys cannot be used.
enum class OnFault : std::uint8_t { kStale = 0, kOpen = 1, kClosed = 2, kChallenge = 3 };

struct Cidr {
  IpAddress address;
  int length = 0;  // Bits of the address's own family, up to 128.
};

// One rule as written. Within a matcher any value suffices; every matcher present must hold. A rule
// without matchers matches every request.
struct Rule {
  std::string name;
  std::vector<std::string> hosts;    // "example.org", "*.example.org" or "*"; lower case.
  std::vector<std::string> paths;    // "/exact", "/prefix/*", or a glob with * and ?.
  std::vector<std::string> methods;  // "GET", upper case.
  std::vector<Cidr> ips;
  std::vector<std::string> user_agents;  // Substrings, compared byte for byte.
  Action action = Action::kNone;         // kAllow, kChallenge or kDeny.
  std::uint8_t rank = 0;                 // Of the level a challenge asks; 0 otherwise.
  RuleMode mode = RuleMode::kEnforce;
  OnFault on_fault = OnFault::kStale;
};

// A policy as written, before it is compiled.
struct PolicySource {
  std::vector<Level> levels;  // Names and ranks unique. Built-in ones may be left out.
  std::vector<Rule> rules;    // In order; the first that matches and is enforced decides.
  // What happens to a request that no rule matches.
  Action default_action = Action::kChallenge;
  // Of the level that a challenge asks where no rule says which.
  std::uint8_t default_rank = 2;
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
  OnFault on_fault = OnFault::kStale;
  bool exempt = false;  // A built-in exemption or CORS preflight.
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
  // set after its prefix. Adds the built-in levels `wait` (rank 1), `light` (2) and `standard` (3)
  // where the source doesn't define them, and names rules without name by their number: "rule-3".
  [[nodiscard]] static tl::expected<std::shared_ptr<const Policy>, Errors> Compile(
      PolicySource source);

  // Returns the built-in minimal policy: everything is challenged at `light`.
  [[nodiscard]] static std::shared_ptr<const Policy> Minimal();

  // Finds the first enforced rule that matches. An allow rule matches a path only if the path is
  // spelled in its normal form (no dot segments, empty segments, backslashes, control bytes, and
  // nothing percent-encoded that need not be); challenge and deny rules match a path as sent or
  // normalised. Challenge rules and the default pass over the exempt: exact /robots.txt and
  // /favicon.ico, and /.well-known/*, with GET, HEAD or OPTIONS, and a CORS preflight (OPTIONS with
  // Origin and Access-Control-Request-Method). A path over 8,192 bytes is denied. Costs a few
  // nanoseconds per rule tried and about 1 ns per byte of path and user agent.
  //
  // `shadow`, if not null, receives the index of the first shadow rule that matched before the
  // decision, or 65535. Does not allocate, block, log, throw or read a clock.
  [[nodiscard]] PolicyMatch Match(const Request& request,
                                  std::uint16_t* shadow = nullptr) const noexcept;

  // The level of exactly this rank, or the one of the next higher rank that exists, or the
  // highest. Never null.
  [[nodiscard]] const Level* LevelFor(std::uint8_t rank) const noexcept;
  // The name of the level with exactly this rank; empty if there is none.
  [[nodiscard]] std::string_view LevelName(std::uint8_t rank) const noexcept;

  [[nodiscard]] const std::vector<Level>& levels() const noexcept;
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept;
  // Of the level that is asked where no rule says which, also if the default asks nothing.
  [[nodiscard]] std::uint8_t default_rank() const noexcept;
  // SHA-256 over the canonical form of the source, as 64 hex digits: the same everywhere.
  [[nodiscard]] const std::string& digest() const noexcept;

  ~Policy();

  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

 private:
  struct Compiled;
  friend std::vector<RuleTrace> Explain(const Policy& policy, const Request& request);

  explicit Policy(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// Says why each rule did or did not match, for `stile explain`: one trace per rule, in order, also
// after the one that decides. Slow; allocates.
[[nodiscard]] std::vector<RuleTrace> Explain(const Policy& policy, const Request& request);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_POLICY_H_
