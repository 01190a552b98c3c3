// What `stile simulate` prints for people.
#include <algorithm>
#include <string>
#include <utility>

#include "challenge/concat.h"
#include "tool/log_time.h"
#include "tool/simulation_report.h"
#include "tool/text_table.h"

namespace stile {
namespace {

constexpr std::size_t kMaxForms = 10;
constexpr std::size_t kMaxChanges = 20;
constexpr std::size_t kMaxUserAgentText = 120;

std::string PeriodText(std::int64_t seconds) {
  if (seconds < 120) return Concat(seconds, " s");
  if (seconds < 7200) return Concat(seconds / 60, " min");
  if (seconds < 2 * 86'400) return Concat(seconds / 3600, " h");
  return Concat(seconds / 86'400, " days");
}

std::string Counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return Concat(GroupedText(count), " ", count == 1 ? one : many);
}

std::string ReadingText(const Simulation& simulation, const LogReport& log) {
  TextTable table("ll");
  table.Add({"log", Concat(log.name, ": ", Counted(log.lines, "line", "lines"))});
  if (simulation.first_second()) {
    const std::int64_t first = *simulation.first_second();
    const std::int64_t last = *simulation.last_second();
    table.Add(
        {"span", Concat(UtcText(first), " to ", UtcText(last), ", ", PeriodText(last - first))});
  }
  std::string requests =
      Concat(Counted(simulation.requests(), "request", "requests"), " of ",
             Counted(simulation.clients().clients().size(), "client", "clients"));
  if (log.no_requests != 0) {
    requests += Concat("; ", Counted(log.no_requests, "line is", "lines are"), " no request");
  }
  table.Add({"read", std::move(requests)});
  if (log.unreadable != 0) {
    table.Add({"unreadable", Counted(log.unreadable, "line", "lines")});
    for (const auto& [line, reason] : log.first_unreadable) {
      table.Add({"", Concat(log.name, ":", line, ": ", reason)});
    }
    if (log.unreadable > log.first_unreadable.size()) table.Add({"", "..."});
  }
  return table.Text();
}

// "12  1.2 %" in two cells.
void AddShare(std::vector<std::string>& cells, std::uint64_t part, std::uint64_t whole) {
  cells.push_back(GroupedText(part));
  cells.push_back(PercentText(part, whole));
}

std::string TotalsText(const Simulation& simulation) {
  const ClientCounts clients = CountClients(simulation);
  const bool compares = simulation.compares();
  TextTable table(compares ? "lrrrrrr" : "lrrr");
  std::vector<std::string> head = {"", "requests", "", "clients"};
  if (compares) head = {"", "before", "", "clients", "after", "", "clients"};
  table.Add(head);
  for (std::size_t i = 0; i < kReplayOutcomes; ++i) {
    const auto outcome = static_cast<ReplayOutcome>(i);
    const bool is_refusal = outcome >= ReplayOutcome::kChallenged;
    const bool is_denial = outcome == ReplayOutcome::kDenied;
    std::vector<std::string> cells = {std::string(ReplayOutcomeName(outcome))};
    AddShare(cells, simulation.before().requests[i], simulation.requests());
    cells.push_back(is_refusal
                        ? GroupedText(is_denial ? clients.denied_before : clients.challenged_before)
                        : "");
    if (compares) {
      AddShare(cells, simulation.after().requests[i], simulation.requests());
      cells.push_back(is_refusal
                          ? GroupedText(is_denial ? clients.denied_after : clients.challenged_after)
                          : "");
    }
    table.Add(std::move(cells));
  }
  std::vector<std::string> lost = {"lost forms", GroupedText(simulation.before().lost_forms), "",
                                   ""};
  if (compares) {
    lost.insert(lost.end(), {GroupedText(simulation.after().lost_forms), "", ""});
  }
  table.Add(std::move(lost));
  return table.Text();
}

// The rows that something came to, and every rule: one that nothing comes to is news too.
std::string RowsText(const PolicyReplay& replay) {
  TextTable table("rlllrrrrr");
  table.Add(
      {"", "rule", "action", "mode", "allowed", "cleared", "challenged", "denied", "matched"});
  std::size_t number = 0;
  for (const ReplayRow& row : replay.rows()) {
    ++number;
    const bool is_rule = number <= replay.policy().rules().size();
    const bool is_used = std::any_of(row.counts.begin(), row.counts.end(),
                                     [](std::uint64_t count) { return count != 0; });
    if (!is_rule && !is_used) continue;
    const char* mode = row.mode == RuleMode::kShadow ? "shadow"
                       : row.mode == RuleMode::kOff  ? "off"
                                                     : "";
    std::vector<std::string> cells = {is_rule ? std::to_string(number) : "", row.name, row.action,
                                      mode};
    for (const std::uint64_t count : row.counts)
      cells.push_back(count != 0 ? GroupedText(count) : "-");
    cells.push_back(row.matched != 0 ? GroupedText(row.matched) : "-");
    table.Add(std::move(cells));
  }
  return table.Text();
}

std::string CrawlersText(const Simulation& simulation) {
  const auto crawlers = simulation.crawlers();
  if (crawlers.empty()) return "";
  const bool compares = simulation.compares();
  TextTable table(compares ? "lrrrrrrrrrr" : "lrrrrrr");
  std::vector<std::string> head = {"claims to be", "requests",   "verified", "allowed",
                                   "cleared",      "challenged", "denied"};
  if (compares) head.insert(head.end(), {"then allowed", "cleared", "challenged", "denied"});
  table.Add(std::move(head));
  const auto add = [](std::vector<std::string>& cells, const OutcomeCounts& counts) {
    for (const std::uint64_t count : counts) cells.push_back(GroupedText(count));
  };
  for (const auto& [name, counts] : crawlers) {
    std::vector<std::string> cells = {name, GroupedText(counts.requests),
                                      GroupedText(counts.verified)};
    add(cells, counts.before);
    if (compares) add(cells, counts.after);
    table.Add(std::move(cells));
  }
  return "\nCrawlers\n" + table.Text();
}

std::string FormsText(const Simulation& simulation) {
  const auto forms = LostForms(simulation, kMaxForms);
  if (forms.empty()) return "";
  TextTable table("rl");
  for (const auto& [form, count] : forms) {
    table.Add({GroupedText(count), OneLine(form, kMaxUserAgentText)});
  }
  return "\nForms that would be lost: sent by clients that are asked first\n" + table.Text();
}

std::string UserAgentText(const Simulation& simulation, const ReplayedClient& client) {
  const std::string& text = simulation.clients().user_agent(client.user_agent).text;
  return text.empty() ? "(no user agent)" : OneLine(text, kMaxUserAgentText);
}

std::string RefusedText(const Simulation& simulation, const ReportOptions& options) {
  const auto clients = RefusedClients(simulation, options.clients);
  if (clients.empty()) return "";
  TextTable table("rrrll");
  table.Add({"requests", "challenged", "denied", "address", "user agent"});
  for (const ReplayedClient* client : clients) {
    table.Add({GroupedText(client->requests), GroupedText(client->before.challenged),
               GroupedText(client->before.denied), ClientTable::AddressText(*client),
               UserAgentText(simulation, *client)});
  }
  return "\nClients that are challenged or denied most\n" + table.Text();
}

std::string ChangeText(const Simulation& simulation, const SimulatedChange& change) {
  const Simulation::Site& site = simulation.sites()[change.site];
  const ReplayRow& before = site.before.rows()[change.row_before];
  const ReplayRow& after = site.after->rows()[change.row_after];
  return Concat(before.name, " ", ReplayOutcomeName(change.before), " -> ", after.name, " ",
                ReplayOutcomeName(change.after));
}

std::string ChangesText(const Simulation& simulation, const ReportOptions& options) {
  if (!simulation.compares()) return "";
  const auto changes = SortedChanges(simulation);
  if (changes.empty()) return "\nNo request is treated differently.\n";
  TextTable table("rrl");
  for (std::size_t i = 0; i < std::min(changes.size(), kMaxChanges); ++i) {
    table.Add({GroupedText(changes[i].requests),
               PercentText(changes[i].requests, simulation.requests()),
               ChangeText(simulation, changes[i])});
  }
  if (changes.size() > kMaxChanges) {
    table.Add(
        {"", "", Concat("and ", changes.size() - kMaxChanges, " kinds more: --json has them")});
  }
  std::string text = "\nWhat changes, rule by rule\n" + table.Text();
  const auto clients = NoticingClients(simulation, options.clients);
  if (clients.empty()) return text + "\nNo client would get less.\n";
  TextTable noticing("rrlll");
  noticing.Add({"worse", "requests", "address", "how", "user agent"});
  for (const ReplayedClient* client : clients) {
    noticing.Add({GroupedText(client->worse), GroupedText(client->requests),
                  ClientTable::AddressText(*client),
                  ChangeText(simulation, simulation.changes()[client->worse_change]),
                  UserAgentText(simulation, *client)});
  }
  const std::uint64_t worse = CountClients(simulation).worse;
  return text + "\n" + Counted(worse, "client", "clients") + " would notice, greatest first\n" +
         noticing.Text();
}

}  // namespace

std::string SimulationText(const Simulation& simulation, const LogReport& log,
                           const ReportOptions& options) {
  std::string text = ReadingText(simulation, log) + "\n" + TotalsText(simulation);
  for (const Simulation::Site& site : simulation.sites()) {
    if (site.requests == 0 && simulation.sites().size() > 1) continue;
    const std::string title =
        Concat("\nSite ", site.about.name, ", ", Counted(site.requests, "request", "requests"));
    text += title + (site.after ? Concat(", before: ", options.before_name) : "") + "\n" +
            RowsText(site.before);
    if (site.after)
      text += title + Concat(", after: ", options.after_name, "\n") + RowsText(*site.after);
  }
  text += ChangesText(simulation, options);
  text += CrawlersText(simulation);
  text += FormsText(simulation);
  if (!simulation.compares()) text += RefusedText(simulation, options);
  text += "\n";
  for (const std::string& note : SimulationNotes(simulation, log, options)) {
    text += "note: " + note + "\n";
  }
  return text;
}

}  // namespace stile
