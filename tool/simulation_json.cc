// What `stile simulate --json` prints. docs/policy-tools.md lists the members.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>

#include "tool/log_time.h"
#include "tool/simulation_report.h"
#include "tool/utf8_text.h"

namespace stile {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxForms = 100;

// A string of JSON, whatever bytes the log has: what isn't UTF-8 becomes U+FFFD.
json::string Text(std::string_view text) { return json::string(ValidUtf8(text)); }

json::object CountsJson(const OutcomeCounts& counts) {
  json::object object;
  for (std::size_t i = 0; i < kReplayOutcomes; ++i) {
    object[ReplayOutcomeName(static_cast<ReplayOutcome>(i))] = counts[i];
  }
  return object;
}

json::value TimeJson(std::optional<std::int64_t> seconds) {
  return seconds ? json::value(UtcText(*seconds)) : json::value(nullptr);
}

json::object LogJson(const Simulation& simulation, const LogReport& log) {
  json::array bad;
  for (const auto& [line, reason] : log.first_unreadable) {
    bad.push_back(json::object{{"line", line}, {"reason", reason}});
  }
  return {{"name", Text(log.name)},
          {"lines", log.lines},
          {"no_requests", log.no_requests},
          {"unreadable", log.unreadable},
          {"first_unreadable", std::move(bad)},
          {"complete", log.broken_off.empty()},
          {"from", TimeJson(simulation.first_second())},
          {"to", TimeJson(simulation.last_second())}};
}

json::object TotalsJson(const SimulationTotals& totals, std::uint64_t challenged,
                        std::uint64_t denied) {
  json::object object = CountsJson(totals.requests);
  object["lost_forms"] = totals.lost_forms;
  object["clients_challenged"] = challenged;
  object["clients_denied"] = denied;
  return object;
}

json::array RowsJson(const PolicyReplay& replay) {
  static constexpr const char* kModes[] = {"enforce", "shadow", "off"};
  json::array rows;
  for (const ReplayRow& row : replay.rows()) {
    json::object object{{"name", Text(row.name)},
                        {"kind", row.kind},
                        {"action", Text(row.action)},
                        {"mode", kModes[static_cast<std::size_t>(row.mode)]}};
    for (auto& [name, count] : CountsJson(row.counts)) object[name] = count;
    object["matched"] = row.matched;
    rows.push_back(std::move(object));
  }
  return rows;
}

json::array SitesJson(const Simulation& simulation) {
  json::array sites;
  for (const Simulation::Site& site : simulation.sites()) {
    json::object object{{"name", Text(site.about.name)},
                        {"requests", site.requests},
                        {"rules", RowsJson(site.before)}};
    if (site.after) object["rules_after"] = RowsJson(*site.after);
    sites.push_back(std::move(object));
  }
  return sites;
}

json::object ClientJson(const Simulation& simulation, const ReplayedClient& client) {
  return {{"site", Text(simulation.sites()[client.site].about.name)},
          {"address", ClientTable::AddressText(client)},
          {"user_agent", Text(simulation.clients().user_agent(client.user_agent).text)},
          {"requests", client.requests},
          {"challenged", client.before.challenged},
          {"denied", client.before.denied}};
}

json::object ChangeJson(const Simulation& simulation, const SimulatedChange& change) {
  const Simulation::Site& site = simulation.sites()[change.site];
  return {{"site", Text(site.about.name)},
          {"rule_before", Text(site.before.rows()[change.row_before].name)},
          {"before", ReplayOutcomeName(change.before)},
          {"rule_after", Text(site.after->rows()[change.row_after].name)},
          {"after", ReplayOutcomeName(change.after)},
          {"requests", change.requests}};
}

void AddComparison(const Simulation& simulation, const ReportOptions& options,
                   json::object& report) {
  json::array changes;
  for (const SimulatedChange& change : SortedChanges(simulation)) {
    changes.push_back(ChangeJson(simulation, change));
  }
  report["changes"] = std::move(changes);
  json::array noticing;
  for (const ReplayedClient* client : NoticingClients(simulation, options.clients)) {
    json::object object = ClientJson(simulation, *client);
    object["challenged_after"] = client->after.challenged;
    object["denied_after"] = client->after.denied;
    object["worse"] = client->worse;
    object["how"] = ChangeJson(simulation, simulation.changes()[client->worse_change]);
    noticing.push_back(std::move(object));
  }
  report["noticing_clients"] = std::move(noticing);
}

json::object CrawlersJson(const Simulation& simulation) {
  json::object crawlers;
  for (const auto& [name, counts] : simulation.crawlers()) {
    json::object object{{"requests", counts.requests}, {"verified", counts.verified}};
    object["before"] = CountsJson(counts.before);
    if (simulation.compares()) object["after"] = CountsJson(counts.after);
    crawlers[name] = std::move(object);
  }
  return crawlers;
}

}  // namespace

std::string SimulationJson(const Simulation& simulation, const LogReport& log,
                           const ReportOptions& options) {
  const ClientCounts clients = CountClients(simulation);
  json::object report;
  report["log"] = LogJson(simulation, log);
  report["requests"] = simulation.requests();
  report["own_requests"] = simulation.own_requests();
  report["other_sites"] = simulation.other_sites();
  report["clients"] = clients.clients;
  report["clients_solve"] = options.clients_solve;
  report["totals"] =
      TotalsJson(simulation.before(), clients.challenged_before, clients.denied_before);
  if (simulation.compares()) {
    report["totals_after"] =
        TotalsJson(simulation.after(), clients.challenged_after, clients.denied_after);
    report["clients_worse"] = clients.worse;
  }
  report["sites"] = SitesJson(simulation);
  report["crawlers"] = CrawlersJson(simulation);
  json::array forms;
  for (const auto& [form, count] : LostForms(simulation, kMaxForms)) {
    forms.push_back(json::object{{"request", Text(form)}, {"count", count}});
  }
  report["lost_forms"] = std::move(forms);
  json::array refused;
  for (const ReplayedClient* client : RefusedClients(simulation, options.clients)) {
    refused.push_back(ClientJson(simulation, *client));
  }
  report["refused_clients"] = std::move(refused);
  if (simulation.compares()) AddComparison(simulation, options, report);
  json::array notes;
  for (const std::string& note : SimulationNotes(simulation, log, options))
    notes.push_back(Text(note));
  report["notes"] = std::move(notes);
  return json::serialize(report) + "\n";
}

}  // namespace stile
