#include "tool/simulation.h"

#include <algorithm>

#include "service/request_head.h"
#include "tool/request_field.h"
#include "verifier/policy/matcher_tree.h"

namespace stile {
namespace {

constexpr std::size_t kMaxForms = 10'000;
constexpr std::size_t kMaxFormPath = 256;

}  // namespace

Simulation::Simulation(SimulationOptions options)
    : options_(std::move(options)), clients_(options_.limits) {
  for (const SimulatedSite& about : options_.sites) {
    LearnPolicy(*about.before);
    std::optional<PolicyReplay> after;
    if (about.after != nullptr) {
      compares_ = true;
      LearnPolicy(*about.after);
      after.emplace(about.after, options_.clients_solve);
    }
    for (const std::string& host : about.hosts) (void)index_.Add(host, sites_.size());
    sites_.push_back(
        {about, PolicyReplay(about.before, options_.clients_solve), std::move(after), 0});
  }
  all_fields_seen_ = needed_fields_.empty();
}

void Simulation::LearnPolicy(const Policy& policy) {
  for (const Agent& agent : policy.agents()) {
    const auto same = std::find_if(claims_.begin(), claims_.end(), [&agent](const Claim& claim) {
      return claim.name == agent.name;
    });
    if (same != claims_.end()) continue;
    Rule rule;
    rule.name = "verified";
    rule.agents = {agent.name};
    rule.action = Action::kAllow;
    claims_.push_back({agent.name, agent.user_agents, RuleAlone(policy, rule), {}});
  }
  needs_country_ |= policy.needs().country;
  needs_asn_ |= policy.needs().asn;
  needs_fingerprint_ |= policy.needs().tls_fingerprint;
  for (const Rule& rule : policy.rules()) {
    if (rule.mode == RuleMode::kOff) continue;
    ForEachTable(rule, [this](const Matchers& table) { LearnNeeds(table); });
  }
}

void Simulation::LearnNeeds(const Matchers& matchers) {
  for (const FieldTest& test : matchers.headers) {
    const std::pair<std::string, bool> needed{test.name, false};
    if (std::find(needed_fields_.begin(), needed_fields_.end(), needed) == needed_fields_.end()) {
      needed_fields_.push_back(needed);
    }
  }
}

void Simulation::Fill(const LogLine& line, Entry& entry) {
  Request& request = entry.request;
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.field_count; ++i) {
    TakeField(line.fields[i], request);
    entry.fields[count++] = line.fields[i];
  }
  for (const auto& [name, value] : options_.assumed_fields) {
    const bool told = std::any_of(
        entry.fields.begin(), entry.fields.begin() + static_cast<std::ptrdiff_t>(count),
        [&name = name](const RequestField& field) { return EqualsLower(field.name, name); });
    if (told || count == entry.fields.size()) continue;
    entry.fields[count] = {name, value};
    TakeField(entry.fields[count++], request);
  }
  request.method = line.method;
  request.target = line.target;
  request.host = line.host;
  request.user_agent = line.user_agent;
  request.country = line.country;
  request.asn = line.asn;
  request.tls_fingerprint = line.tls_fingerprint;
  if (!line.address.empty()) request.address = IpAddress::Parse(line.address);
  if (request.address && request.country.empty() && options_.geo.country != nullptr) {
    request.country = options_.geo.country->CountryOf(*request.address);
  }
  if (request.address && request.asn == 0 && options_.geo.asn != nullptr) {
    request.asn = options_.geo.asn->AsnOf(*request.address);
  }
  if (!line.host.empty() && count < entry.fields.size())
    entry.fields[count++] = {"Host", line.host};
  request.fields = {entry.fields.data(), count};
}

std::optional<std::size_t> Simulation::SiteOf(const Request& request) const {
  const bool is_named = !request.host.empty();
  if (!options_.only_site) return is_named ? index_.Find(request.host) : index_.Find("");
  if (is_named && sites_.size() > 1 && index_.Find(request.host) != *options_.only_site) {
    return std::nullopt;
  }
  return *options_.only_site;
}

void Simulation::NoteWhatIsKnown(const LogLine& line, const Request& request) {
  without_address_ += request.address ? 0 : 1;
  without_user_agent_ += line.user_agent.empty() ? 1 : 0;
  without_host_ += line.host.empty() ? 1 : 0;
  has_country_ |= !request.country.empty();
  has_asn_ |= request.asn != 0;
  has_fingerprint_ |= !line.tls_fingerprint.empty();
  if (line.seconds) {
    first_second_ = std::min(first_second_.value_or(*line.seconds), *line.seconds);
    last_second_ = std::max(last_second_.value_or(*line.seconds), *line.seconds);
  } else {
    ++without_time_;
  }
  if (all_fields_seen_) return;
  all_fields_seen_ = true;
  for (auto& [name, seen] : needed_fields_) {
    for (const RequestField& field : request.fields) seen = seen || EqualsLower(field.name, name);
    all_fields_seen_ = all_fields_seen_ && seen;
  }
}

std::int32_t Simulation::ClaimOf(std::string_view user_agent) const {
  std::int32_t claimed = -1;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    for (const std::string& text : claims_[i].texts) {
      if (text.size() <= longest || user_agent.find(text) == std::string_view::npos) continue;
      longest = text.size();
      claimed = static_cast<std::int32_t>(i);
    }
  }
  return claimed;
}

void Simulation::CountForm(const Request& request) {
  std::string form(request.method);
  form += ' ';
  form += PathOf(request.target).substr(0, kMaxFormPath);
  if (forms_.size() < kMaxForms || forms_.contains(form)) ++forms_[std::move(form)];
}

void Simulation::Compare(std::size_t site, PolicyReplay::Step before, PolicyReplay::Step after,
                         ReplayedClient* client) {
  // A rule may have moved: it is the same as long as it is called the same.
  if (before.outcome == after.outcome &&
      sites_[site].before.rows()[before.row].name == sites_[site].after->rows()[after.row].name) {
    return;
  }
  const auto outcomes = static_cast<std::uint32_t>(before.outcome) * kReplayOutcomes +
                        static_cast<std::uint32_t>(after.outcome);
  const auto [at, is_new] =
      change_numbers_.try_emplace({static_cast<std::uint32_t>(site), before.row, after.row,
                                   static_cast<std::uint32_t>(outcomes)},
                                  static_cast<std::uint32_t>(changes_.size()));
  if (is_new) {
    changes_.push_back({static_cast<std::uint16_t>(site), before.row, after.row, before.outcome,
                        after.outcome, 0});
  }
  ++changes_[at->second].requests;
  if (client == nullptr || after.outcome <= before.outcome) return;
  // To pass with what one holds is no worse than to pass.
  if (after.outcome == ReplayOutcome::kCleared) return;
  if (client->worse++ == 0) client->worse_change = at->second;
}

void Simulation::Take(const LogLine& line) {
  Entry entry;
  Fill(line, entry);
  const Request& request = entry.request;
  const std::string_view path = PathOf(request.target);
  if (path.starts_with(options_.public_prefix) &&
      path.substr(options_.public_prefix.size()).starts_with('/')) {
    ++own_;
    return;
  }
  const std::optional<std::size_t> at = SiteOf(request);
  if (!at) return static_cast<void>(++other_sites_);
  Site& site = sites_[*at];
  ++requests_;
  ++site.requests;
  NoteWhatIsKnown(line, request);

  const std::optional<std::uint32_t> user_agent = clients_.FindUserAgent(request.user_agent);
  ReplayedClient* client = nullptr;
  std::int32_t claim = -1;
  if (user_agent) {
    client = clients_.Find(static_cast<std::uint16_t>(*at), request.address, *user_agent,
                           site.about.binding);
    ClientTable::UserAgent& known = clients_.user_agent(*user_agent);
    if (!known.is_claim_known) {
      known.claim = ClaimOf(known.text);
      known.is_claim_known = true;
    }
    claim = known.claim;
  } else {
    claim = ClaimOf(request.user_agent.substr(0, options_.limits.user_agent_bytes));
  }
  if (client != nullptr) ++client->requests;

  const bool is_form = !IsSafeMethod(request.method);
  const auto count = [is_form](SimulationTotals& totals, ReplayOutcome outcome) {
    ++totals.requests[static_cast<std::size_t>(outcome)];
    const bool is_lost = is_form && outcome == ReplayOutcome::kChallenged;
    totals.lost_forms += is_lost ? 1 : 0;
    return is_lost;
  };
  const auto before =
      site.before.Take(request, line.seconds, client != nullptr ? &client->before : nullptr);
  bool is_lost = count(before_, before.outcome);
  PolicyReplay::Step after = before;
  if (site.after) {
    after = site.after->Take(request, line.seconds, client != nullptr ? &client->after : nullptr);
    is_lost = count(after_, after.outcome) || is_lost;
    Compare(*at, before, after, client);
  }
  if (is_lost) CountForm(request);
  if (claim < 0) return;
  Claim& claimed = claims_[static_cast<std::size_t>(claim)];
  ++claimed.counts.requests;
  ++claimed.counts.before[static_cast<std::size_t>(before.outcome)];
  ++claimed.counts.after[static_cast<std::size_t>(after.outcome)];
  if (claimed.alone != nullptr && claimed.alone->Match(request).rule == 0) {
    ++claimed.counts.verified;
  }
}

std::map<std::string, CrawlerCounts> Simulation::crawlers() const {
  std::map<std::string, CrawlerCounts> claimed;
  for (const Claim& claim : claims_) {
    if (claim.counts.requests != 0) claimed[claim.name] = claim.counts;
  }
  return claimed;
}

std::vector<std::string> Simulation::missing_fields() const {
  std::vector<std::string> missing;
  for (const auto& [name, seen] : needed_fields_) {
    if (!seen) missing.push_back(name);
  }
  std::sort(missing.begin(), missing.end());
  return missing;
}

}  // namespace stile
