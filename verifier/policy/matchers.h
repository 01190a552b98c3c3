#ifndef STILE_VERIFIER_POLICY_MATCHERS_H_
#define STILE_VERIFIER_POLICY_MATCHERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verifier/policy/cidr.h"
#include "verifier/policy/range_list.h"

namespace stile {

// What is asked of one header field or one parameter of the query.
enum class FieldQuestion : std::uint8_t {
  kPresent = 0,
  kAbsent = 1,
  kEquals = 2,    // One of `values`, byte for byte.
  kContains = 3,  // Has one of `values` in it, byte for byte.
  kRegex = 4,     // One of `values` is found in it (RE2).
};

struct FieldTest {
  // A header field's name in lower case. A parameter's name, byte for byte; empty: the whole query.
  std::string name;
  FieldQuestion question = FieldQuestion::kPresent;
  std::vector<std::string> values;  // Empty for kPresent and kAbsent.
};

// One table of matchers, as a policy file has it. Within a matcher any value suffices; every
// matcher present must hold. A table without matchers matches every request.
//
// A matcher is true, false or unknown. Unknown are: country, asn, tls_fingerprint, ip, ip_list,
// agent, rate and overload while nobody knows; a value "unknown" (0 for asn) asks for just that.
// What can't be searched is unknown, and true where it refuses. `all` and the table itself are
// false if anything in them is false, else unknown if anything is; `any` is true if anything in it
// is true, else unknown if anything is; `not` leaves unknown unknown.
//
// Where what a client sent can be read in several ways (a path, a parameter of the query, a field
// sent twice), a matcher that helps to let a request pass holds only if it holds in every reading,
// one that helps to refuse it if it does in any; `not` swaps the two.
struct Matchers {
  std::vector<std::string> hosts;         // "example.org", "*.example.org" or "*"; lower case.
  std::vector<std::string> paths;         // "/exact", "/prefix/*", or a glob with * and ?.
  std::vector<std::string> path_regexes;  // RE2, found anywhere unless anchored.
  std::vector<std::string> methods;       // "GET", upper case.
  std::vector<FieldTest> queries;
  std::vector<FieldTest> headers;
  std::vector<std::string> user_agents;         // Substrings, compared byte for byte.
  std::vector<std::string> user_agent_regexes;  // RE2.
  std::vector<Cidr> ips;                        // With ip_lists one matcher: any of both.
  std::vector<std::shared_ptr<const RangeList>> ip_lists;
  std::vector<std::string> countries;         // "NO", or "unknown".
  std::vector<std::uint32_t> asns;            // 0: unknown.
  std::vector<std::string> agents;            // Names of agents: verified ones.
  std::vector<std::string> tls_fingerprints;  // Byte for byte, or "unknown".
  std::optional<std::uint8_t> rank_held;      // Held, at least. 0 is held by everybody.
  std::optional<std::uint32_t> rate;          // Requests a minute of the prefix, at least.
  std::optional<std::uint8_t> overload;       // Of this machine in percent, at least.

  std::vector<Matchers> any;      // One of them holds; empty: no such matcher.
  std::vector<Matchers> all;      // Each of them holds.
  std::vector<Matchers> negated;  // `not`: none or one. It doesn't hold.

  // How deeply any, all and not may be nested below a rule.
  static constexpr std::size_t kMaxDepth = 8;

  // True if there is no matcher.
  [[nodiscard]] bool empty() const noexcept;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MATCHERS_H_
