#include "tool/simulation_report.h"

#include <algorithm>
#include <utility>

#include "challenge/concat.h"
#include "tool/text_table.h"

namespace stile {
namespace {

std::uint64_t Refusals(const ReplayedClient& client) {
  return std::uint64_t{client.before.challenged} + client.before.denied;
}

// The first `limit` of `clients` in the order of `weight`, those without any left out; equal ones
// in the order of the log.
template <typename Weight>
std::vector<const ReplayedClient*> Greatest(const ClientTable& table, std::size_t limit,
                                            Weight weight) {
  std::vector<const ReplayedClient*> chosen;
  for (const ReplayedClient& client : table.clients()) {
    if (weight(client) != 0) chosen.push_back(&client);
  }
  std::stable_sort(chosen.begin(), chosen.end(),
                   [weight](const ReplayedClient* a, const ReplayedClient* b) {
                     return weight(*a) > weight(*b);
                   });
  if (chosen.size() > limit) chosen.resize(limit);
  return chosen;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool LooksAt(const Matchers& matchers, const std::string& field) {
  const auto any = [&field](const std::vector<Matchers>& tables) {
    return std::any_of(tables.begin(), tables.end(),
                       [&field](const Matchers& table) { return LooksAt(table, field); });
  };
  return std::any_of(matchers.headers.begin(), matchers.headers.end(),
                     [&field](const FieldTest& test) { return test.name == field; }) ||
         any(matchers.any) || any(matchers.all) || any(matchers.negated);
}

// The rules of a policy that look at a header field, with what came to each.
void AddRulesThatLookAt(const PolicyReplay& replay, const std::string& field,
                        std::vector<std::string>& rules) {
  for (std::size_t i = 0; i < replay.policy().rules().size(); ++i) {
    const Rule& rule = replay.policy().rules()[i];
    if (rule.mode == RuleMode::kOff || !LooksAt(rule, field)) continue;
    const ReplayRow& row = replay.rows()[i];
    std::uint64_t requests = row.matched;
    for (const std::uint64_t count : row.counts) requests += count;
    std::string text = Concat("rule ", rule.name, " matched ", GroupedText(requests));
    if (std::find(rules.begin(), rules.end(), text) == rules.end()) {
      rules.push_back(std::move(text));
    }
  }
}

// "accept (rule a matched 7)"
std::string MissingFieldText(const Simulation& simulation, const std::string& field) {
  constexpr std::size_t kMaxRules = 8;
  std::vector<std::string> rules;
  for (const Simulation::Site& site : simulation.sites()) {
    AddRulesThatLookAt(site.before, field, rules);
    if (site.after) AddRulesThatLookAt(*site.after, field, rules);
  }
  if (rules.size() > kMaxRules) {
    rules.resize(kMaxRules);
    rules.emplace_back("...");
  }
  return Concat(field, " (", Joined(rules), ")");
}

void NoteAbsentFacts(const Simulation& simulation, std::vector<std::string>& notes) {
  const auto part = [&simulation](std::uint64_t count, std::string_view what) {
    return Concat(count == simulation.requests() ? std::string("no request has ")
                                                 : Concat(GroupedText(count), " requests have no "),
                  what);
  };
  if (auto missing = simulation.missing_fields(); !missing.empty()) {
    for (std::string& field : missing) field = MissingFieldText(simulation, field);
    notes.push_back(
        Concat("do not trust what rules make of header fields that the log does not have: in all ",
               GroupedText(simulation.requests()),
               " requests they count as absent, which absent = true matches: ", Joined(missing),
               "; --header 'Name: value' gives each request one"));
  }
  if (simulation.lacks_country()) {
    notes.push_back("rules look at the country, which the log does not have: unknown to them");
  }
  if (simulation.lacks_asn()) {
    notes.push_back("rules look at the network, which the log does not have: unknown to them");
  }
  if (simulation.lacks_fingerprint()) {
    notes.push_back("rules look at TLS fingerprints, which the log does not have: unknown to them");
  }
  if (simulation.without_address() != 0) {
    notes.push_back(part(simulation.without_address(), "address"));
  }
  if (simulation.without_user_agent() == simulation.requests() && simulation.requests() != 0) {
    notes.push_back(part(simulation.without_user_agent(), "user agent"));
  }
  if (simulation.without_time() != 0) {
    notes.push_back(Concat(part(simulation.without_time(), "time"),
                           ": what a client earns there lasts to the end of the log"));
  }
}

}  // namespace

std::vector<const ReplayedClient*> RefusedClients(const Simulation& simulation, std::size_t limit) {
  return Greatest(simulation.clients(), limit, Refusals);
}

std::vector<const ReplayedClient*> NoticingClients(const Simulation& simulation,
                                                   std::size_t limit) {
  return Greatest(simulation.clients(), limit,
                  [](const ReplayedClient& client) { return client.worse; });
}

ClientCounts CountClients(const Simulation& simulation) {
  ClientCounts counts;
  for (const ReplayedClient& client : simulation.clients().clients()) {
    ++counts.clients;
    counts.challenged_before += client.before.challenged != 0 ? 1 : 0;
    counts.denied_before += client.before.denied != 0 ? 1 : 0;
    counts.challenged_after += client.after.challenged != 0 ? 1 : 0;
    counts.denied_after += client.after.denied != 0 ? 1 : 0;
    counts.worse += client.worse != 0 ? 1 : 0;
  }
  return counts;
}

std::vector<std::pair<std::string, std::uint64_t>> LostForms(const Simulation& simulation,
                                                             std::size_t limit) {
  std::vector<std::pair<std::string, std::uint64_t>> forms(simulation.forms().begin(),
                                                           simulation.forms().end());
  std::sort(forms.begin(), forms.end(), [](const auto& a, const auto& b) {
    return std::pair(b.second, a.first) < std::pair(a.second, b.first);
  });
  if (forms.size() > limit) forms.resize(limit);
  return forms;
}

std::vector<SimulatedChange> SortedChanges(const Simulation& simulation) {
  std::vector<SimulatedChange> changes = simulation.changes();
  std::stable_sort(
      changes.begin(), changes.end(),
      [](const SimulatedChange& a, const SimulatedChange& b) { return a.requests > b.requests; });
  return changes;
}

std::vector<std::string> SimulationNotes(const Simulation& simulation, const LogReport& log,
                                         const ReportOptions& options) {
  std::vector<std::string> notes;
  if (!log.broken_off.empty()) {
    notes.push_back(Concat("the log could not be read to its end: ", log.broken_off));
  }
  notes.emplace_back(options.clients_solve
                         ? "each client answers the first challenge and holds what that earns"
                         : "no client answers a challenge");
  if (simulation.own_requests() != 0) {
    notes.push_back(Concat(GroupedText(simulation.own_requests()),
                           " requests to Stile's own endpoints are left out"));
  }
  if (simulation.other_sites() != 0) {
    notes.push_back(
        Concat(GroupedText(simulation.other_sites()), " requests to other sites are left out"));
  }
  NoteAbsentFacts(simulation, notes);
  if (simulation.clients().was_full()) {
    notes.push_back(Concat("the table of clients is full: those after the first ",
                           GroupedText(simulation.clients().clients().size()),
                           " are taken for new ones at each request, and are not named"));
  }
  for (const Simulation::Site& site : simulation.sites()) {
    if (site.before.lacks_probes() || (site.after && site.after->lacks_probes())) {
      notes.push_back(Concat("site ", site.about.name, " has more than ", PolicyReplay::kMaxProbes,
                             " rules that weigh or only count: the rest of them is not counted"));
    }
  }
  return notes;
}

}  // namespace stile
