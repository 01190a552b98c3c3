#include "verifier/policy/mistake/matcher_cover.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/source_digest.h"

namespace stile {
namespace {

// More pairs of ranges than this are not compared.
constexpr std::size_t kMaxPairs = 100'000;

// Whether each of `narrow`, of which there is one at least, is covered by one of `wide`.
template <typename Value, typename Cover>
bool CoverEach(const std::vector<Value>& wide, const std::vector<Value>& narrow, Cover cover) {
  return !narrow.empty() && std::all_of(narrow.begin(), narrow.end(), [&](const Value& n) {
    return std::any_of(wide.begin(), wide.end(), [&](const Value& w) { return cover(w, n); });
  });
}

template <typename Value>
bool Include(const std::vector<Value>& wide, const std::vector<Value>& narrow) {
  return CoverEach(wide, narrow, [](const Value& w, const Value& n) { return w == n; });
}

template <typename Number>
bool IsAtMost(const Number& wide, const Number& narrow) {
  return narrow.has_value() && *wide <= *narrow;
}

bool CoversHost(std::string_view wide, std::string_view narrow) {
  if (wide == "*" || wide == narrow) return true;
  if (!wide.starts_with("*.")) return false;
  const std::string_view end = wide.substr(1);  // ".example.org"
  return narrow != "*" && narrow.size() > end.size() && narrow.ends_with(end);
}

bool CoversPath(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  const std::size_t wildcard = wide.find_first_of("*?");
  if (wildcard == std::string_view::npos || wildcard + 1 != wide.size() || wide.back() != '*') {
    return false;
  }
  return narrow.substr(0, narrow.find_first_of("*?")).starts_with(wide.substr(0, wildcard));
}

bool CoversTest(const FieldTest& wide, const FieldTest& narrow) {
  if (wide.name != narrow.name || wide.question != narrow.question) return false;
  return wide.values.empty() || Include(wide.values, narrow.values);
}

bool CoversRange(const Cidr& wide, const Cidr& narrow) {
  if (wide.address.is_v6() != narrow.address.is_v6() || wide.length > narrow.length) return false;
  for (int bit = 0; bit < wide.length; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((wide.address.bytes()[byte] & mask) != (narrow.address.bytes()[byte] & mask)) return false;
  }
  return true;
}

bool IsSameList(const std::shared_ptr<const RangeList>& a,
                const std::shared_ptr<const RangeList>& b) {
  return a == b || (a != nullptr && b != nullptr && a->digest == b->digest);
}

// Ranges and lists of ranges are one matcher: an address in any of them suffices.
bool CoversAddresses(const Matchers& wide, const Matchers& narrow) {
  if (narrow.ips.empty() && narrow.ip_lists.empty()) return false;
  if (wide.ips.size() * narrow.ips.size() > kMaxPairs) return false;
  return (narrow.ips.empty() || CoverEach(wide.ips, narrow.ips, CoversRange)) &&
         (narrow.ip_lists.empty() || CoverEach(wide.ip_lists, narrow.ip_lists, IsSameList));
}

bool CoversRequest(const Matchers& wide, const Matchers& narrow, bool may_differ) {
  // What has several readings, which `wide` takes more strictly than `narrow`, is not sure.
  if (may_differ && !(wide.paths.empty() && wide.path_regexes.empty() && wide.queries.empty() &&
                      wide.headers.empty())) {
    return false;
  }
  const auto contains = [](const std::string& part, const std::string& whole) {
    return whole.find(part) != std::string::npos;
  };
  const bool is_any_host = std::find(wide.hosts.begin(), wide.hosts.end(), "*") != wide.hosts.end();
  return (wide.hosts.empty() || is_any_host || CoverEach(wide.hosts, narrow.hosts, CoversHost)) &&
         (wide.paths.empty() || CoverEach(wide.paths, narrow.paths, CoversPath)) &&
         (wide.methods.empty() || Include(wide.methods, narrow.methods)) &&
         (wide.user_agents.empty() || CoverEach(wide.user_agents, narrow.user_agents, contains)) &&
         (wide.path_regexes.empty() || Include(wide.path_regexes, narrow.path_regexes)) &&
         (wide.user_agent_regexes.empty() ||
          Include(wide.user_agent_regexes, narrow.user_agent_regexes)) &&
         (wide.queries.empty() || CoverEach(wide.queries, narrow.queries, CoversTest)) &&
         (wide.headers.empty() || CoverEach(wide.headers, narrow.headers, CoversTest));
}

bool CoversClient(const Matchers& wide, const Matchers& narrow) {
  return (wide.countries.empty() || Include(wide.countries, narrow.countries)) &&
         (wide.asns.empty() || Include(wide.asns, narrow.asns)) &&
         (wide.agents.empty() || Include(wide.agents, narrow.agents)) &&
         (wide.tls_fingerprints.empty() ||
          Include(wide.tls_fingerprints, narrow.tls_fingerprints)) &&
         (!wide.rank_held || *wide.rank_held == 0 || IsAtMost(wide.rank_held, narrow.rank_held)) &&
         (!wide.rate || IsAtMost(wide.rate, narrow.rate)) &&
         (!wide.overload || IsAtMost(wide.overload, narrow.overload)) &&
         ((wide.ips.empty() && wide.ip_lists.empty()) || CoversAddresses(wide, narrow));
}

}  // namespace

bool Covers(const Matchers& wide, Reading wide_reading, const Matchers& narrow,
            Reading narrow_reading) {
  const bool may_differ = wide_reading == Reading::kStrict && narrow_reading == Reading::kLenient;
  if (!CoversRequest(wide, narrow, may_differ) || !CoversClient(wide, narrow)) return false;
  const auto covers = [&](const Matchers& table) {
    return Covers(table, wide_reading, narrow, narrow_reading);
  };
  const auto is_same = [may_differ](const std::vector<Matchers>& w,
                                    const std::vector<Matchers>& n) {
    return !may_differ && CanonicalFormOf(w) == CanonicalFormOf(n);
  };
  return (wide.any.empty() || std::any_of(wide.any.begin(), wide.any.end(), covers) ||
          is_same(wide.any, narrow.any)) &&
         (wide.all.empty() || std::all_of(wide.all.begin(), wide.all.end(), covers) ||
          is_same(wide.all, narrow.all)) &&
         (wide.negated.empty() || is_same(wide.negated, narrow.negated));
}

bool MayGiveUp(const Matchers& matchers) {
  const auto compares = [](const FieldTest& test) { return !test.values.empty(); };
  const auto any_of = [](const std::vector<Matchers>& tables) {
    return std::any_of(tables.begin(), tables.end(), MayGiveUp);
  };
  return !matchers.path_regexes.empty() || !matchers.user_agent_regexes.empty() ||
         std::any_of(matchers.queries.begin(), matchers.queries.end(), compares) ||
         std::any_of(matchers.headers.begin(), matchers.headers.end(), compares) ||
         any_of(matchers.any) || any_of(matchers.all) || any_of(matchers.negated);
}

bool IsAlwaysKnown(const Matchers& matchers) {
  Matchers rest = matchers;
  rest.hosts.clear();
  rest.paths.clear();
  rest.methods.clear();
  rest.user_agents.clear();
  rest.rank_held.reset();
  return rest.empty();
}

}  // namespace stile
