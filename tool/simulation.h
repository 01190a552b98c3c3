#ifndef STILE_TOOL_SIMULATION_H_
#define STILE_TOOL_SIMULATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "challenge/binding.h"
#include "engine/site_index.h"
#include "service/geo_database.h"
#include "tool/client_table.h"
#include "tool/log_line.h"
#include "tool/policy_replay.h"
#include "verifier/policy/policy.h"

namespace stile {

// One site whose requests are replayed.
struct SimulatedSite {
  std::string name;
  std::vector<std::string> hosts;
  BindingOptions binding;
  std::shared_ptr<const Policy> before;
  std::shared_ptr<const Policy> after;  // Null: nothing to compare with.
};

struct SimulationOptions {
  std::vector<SimulatedSite> sites;
  std::optional<std::size_t> only_site;  // Requests for hosts of others are passed over.
  std::string public_prefix = "/.stile";
  bool clients_solve = true;
  GeoDatabases geo;  // Say where addresses are, for lines that don't.
  ClientTable::Limits limits;
  // Fields that every request has besides those that the log tells.
  std::vector<std::pair<std::string, std::string>> assumed_fields;
};

// Sums over all requests under one policy of each site.
struct SimulationTotals {
  OutcomeCounts requests{};
  // Requests with an unsafe method that are challenged: what was sent with them is lost.
  std::uint64_t lost_forms = 0;
};

// What became of the requests that claim to come from one agent.
struct CrawlerCounts {
  std::uint64_t requests = 0;
  std::uint64_t verified = 0;  // From an address that its lists have.
  OutcomeCounts before{};
  OutcomeCounts after{};
};

// How many requests went from one rule and outcome to another.
struct SimulatedChange {
  std::uint16_t site = 0;
  std::uint32_t row_before = 0, row_after = 0;
  ReplayOutcome before = ReplayOutcome::kAllowed, after = ReplayOutcome::kAllowed;
  std::uint64_t requests = 0;
};

// Replays the requests of a log. Bounded in memory: ClientTable::Limits, 10,000 forms.
class Simulation {
 public:
  explicit Simulation(SimulationOptions options);

  // Counts one request that the log tells of.
  void Take(const LogLine& line);

  struct Site {
    SimulatedSite about;
    PolicyReplay before;
    std::optional<PolicyReplay> after;
    std::uint64_t requests = 0;
  };

  [[nodiscard]] bool compares() const noexcept { return compares_; }
  [[nodiscard]] const std::vector<Site>& sites() const noexcept { return sites_; }
  [[nodiscard]] const ClientTable& clients() const noexcept { return clients_; }
  [[nodiscard]] const SimulationTotals& before() const noexcept { return before_; }
  [[nodiscard]] const SimulationTotals& after() const noexcept { return after_; }
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
  [[nodiscard]] std::uint64_t own_requests() const noexcept { return own_; }
  [[nodiscard]] std::uint64_t other_sites() const noexcept { return other_sites_; }
  [[nodiscard]] std::uint64_t without_address() const noexcept { return without_address_; }
  [[nodiscard]] std::uint64_t without_user_agent() const noexcept { return without_user_agent_; }
  [[nodiscard]] std::uint64_t without_host() const noexcept { return without_host_; }
  [[nodiscard]] std::uint64_t without_time() const noexcept { return without_time_; }
  [[nodiscard]] std::optional<std::int64_t> first_second() const noexcept { return first_second_; }
  [[nodiscard]] std::optional<std::int64_t> last_second() const noexcept { return last_second_; }
  // By the agent's name; those alone that were claimed.
  [[nodiscard]] std::map<std::string, CrawlerCounts> crawlers() const;
  // By "POST /path"; what was lost beyond the limit is in the totals alone.
  [[nodiscard]] const std::unordered_map<std::string, std::uint64_t>& forms() const noexcept {
    return forms_;
  }
  [[nodiscard]] const std::vector<SimulatedChange>& changes() const noexcept { return changes_; }
  // Names of header fields that rules look at and no request had, in order.
  [[nodiscard]] std::vector<std::string> missing_fields() const;
  // True if rules look at it and no request had it.
  [[nodiscard]] bool lacks_country() const noexcept { return needs_country_ && !has_country_; }
  [[nodiscard]] bool lacks_asn() const noexcept { return needs_asn_ && !has_asn_; }
  [[nodiscard]] bool lacks_fingerprint() const noexcept {
    return needs_fingerprint_ && !has_fingerprint_;
  }

 private:
  // An agent of any of the policies.
  struct Claim {
    std::string name;
    std::vector<std::string> texts;
    std::shared_ptr<const Policy> alone;  // Allows what is verified. Null: nothing is.
    CrawlerCounts counts;
  };
  // What one request is, before it is counted.
  struct Entry {
    Request request;
    std::array<RequestField, LogLine::kMaxFields + 16> fields;
  };

  void LearnPolicy(const Policy& policy);
  void LearnNeeds(const Matchers& matchers);
  void Fill(const LogLine& line, Entry& entry);
  [[nodiscard]] std::optional<std::size_t> SiteOf(const Request& request) const;
  void NoteWhatIsKnown(const LogLine& line, const Request& request);
  [[nodiscard]] std::int32_t ClaimOf(std::string_view user_agent) const;
  void CountForm(const Request& request);
  void Compare(std::size_t site, PolicyReplay::Step before, PolicyReplay::Step after,
               ReplayedClient* client);

  SimulationOptions options_;
  bool compares_ = false;
  std::vector<Site> sites_;
  SiteIndex index_;
  ClientTable clients_;
  SimulationTotals before_, after_;
  std::uint64_t requests_ = 0, own_ = 0, other_sites_ = 0, without_address_ = 0,
                without_user_agent_ = 0, without_host_ = 0, without_time_ = 0;
  std::optional<std::int64_t> first_second_, last_second_;
  std::vector<Claim> claims_;
  std::unordered_map<std::string, std::uint64_t> forms_;
  std::map<std::array<std::uint32_t, 4>, std::uint32_t> change_numbers_;
  std::vector<SimulatedChange> changes_;
  std::vector<std::pair<std::string, bool>> needed_fields_;  // And whether one was seen.
  bool all_fields_seen_ = true;
  bool needs_country_ = false, has_country_ = false, needs_asn_ = false, has_asn_ = false,
       needs_fingerprint_ = false, has_fingerprint_ = false;
};

}  // namespace stile

#endif  // STILE_TOOL_SIMULATION_H_
