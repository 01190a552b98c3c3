#include "tool/status.h"

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/concat.h"

namespace stile {
namespace {

using boost::json::object;

std::string Text(const object& from, const char* name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr) return "";
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  if (const auto* number = value->if_int64()) return std::to_string(*number);
  return "";
}

std::int64_t Number(const object& from, const char* name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

// The objects, or for texts nothing, of a list.
std::vector<object> Objects(const object& from, const char* name) {
  std::vector<object> objects;
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_array()) return objects;
  for (const auto& element : value->as_array()) {
    if (element.is_object()) objects.push_back(element.as_object());
  }
  return objects;
}

object Child(const object& from, const char* name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_object() ? value->as_object() : object();
}

// "3d 4h", "12m", "40s".
std::string Span(std::int64_t seconds) {
  constexpr struct {
    std::int64_t seconds;
    char unit;
  } kUnits[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}};
  seconds = std::max<std::int64_t>(seconds, 0);
  for (std::size_t i = 0; i < std::size(kUnits); ++i) {
    if (seconds < kUnits[i].seconds) continue;
    std::string span = Concat(seconds / kUnits[i].seconds, std::string(1, kUnits[i].unit));
    const std::int64_t rest = seconds % kUnits[i].seconds;
    if (i + 2 < std::size(kUnits) && rest >= kUnits[i + 1].seconds) {
      span += Concat(" ", rest / kUnits[i + 1].seconds, std::string(1, kUnits[i + 1].unit));
    }
    return span;
  }
  return "0s";
}

// Seconds from now to a time of the answer; negative: it lies behind.
std::int64_t FromNow(const std::string& time) {
  absl::Time parsed;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, time.c_str(), &parsed, &ignored)) return 0;
  return absl::ToInt64Seconds(parsed - absl::Now());
}

// Rows of columns, each as wide as its widest cell.
void PrintTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] + 2 - row[i].size(), ' ');
    }
    std::printf("%s\n", line.c_str());
  }
}

void PrintProblems(const object& status) {
  for (const object& problem : Objects(status, "problems")) {
    std::printf("\n! %s: %s\n  do: %s\n", Text(problem, "reason").c_str(),
                Text(problem, "message").c_str(), Text(problem, "do").c_str());
    std::printf("  Stile: %s\n", Text(problem, "doing").c_str());
    const std::string since = Text(problem, "since");
    if (!since.empty()) {
      std::printf("  since: %s, %s ago\n", since.c_str(), Span(-FromNow(since)).c_str());
    }
    const auto* requests = problem.if_contains("requests");
    if (requests != nullptr && requests->is_int64()) {
      std::printf("  requests touched: %s\n", Concat(requests->as_int64()).c_str());
    }
  }
  const object reload = Child(status, "last_reload");
  const auto* errors = reload.if_contains("errors");
  if (errors == nullptr || !errors->is_array() || errors->as_array().empty()) return;
  std::printf("\nMISTAKES\n");
  for (const auto& error : errors->as_array()) {
    if (const auto* text = error.if_string()) std::printf("  %s\n", text->c_str());
  }
  const object last = Child(Child(status, "admission"), "last");
  const auto* shift = last.if_contains("shift");
  if (shift == nullptr || !shift->is_array() || shift->as_array().empty()) return;
  std::printf("\nTHE LAST CANDIDATE\n");
  for (const auto& change : shift->as_array()) {
    if (const auto* text = change.if_string()) std::printf("  %s\n", text->c_str());
  }
}

std::string ModeNote(const object& site) {
  const object override = Child(site, "override");
  if (override.empty()) return "as configured";
  const std::string until = Text(override, "until");
  return Concat("by ", Text(override, "by"), " ", Span(-FromNow(Text(override, "since"))), " ago, ",
                until.empty() ? "until taken back" : Concat("for ", Span(FromNow(until)), " more"),
                "; configured: ", Text(site, "configured_mode"));
}

std::string Limit(const std::string& until) {
  return until.empty() ? "until taken back" : Concat("for ", Span(FromNow(until)), " more");
}

// Every order about modes; nothing if there is none.
void PrintOrders(const object& status) {
  std::vector<std::vector<std::string>> rows = {{"ORDER", "SITE", "RULE", "BY", "SINCE", "HOLDS"}};
  for (const object& order : Objects(status, "orders")) {
    const std::string waits = Text(order, "waits");
    rows.push_back({Text(order, "mode"), Text(order, "site"), Text(order, "rule"),
                    Concat(Text(order, "by"), " (", Text(order, "source"), ")"),
                    Concat(Span(-FromNow(Text(order, "since"))), " ago"),
                    waits.empty() ? Limit(Text(order, "until")) : Concat("waits: ", waits)});
  }
  if (rows.size() == 1) return;
  std::printf("\n");
  PrintTable(rows);
}

void PrintSites(const object& status) {
  std::vector<std::vector<std::string>> rows = {{"SITE", "MODE", "RULES", "POLICY", "SET"}};
  for (const object& site : Objects(status, "sites")) {
    rows.push_back({Text(site, "name"), Text(site, "mode"), Text(site, "rules"),
                    Text(site, "policy").substr(0, 12), ModeNote(site)});
  }
  std::printf("\n");
  PrintTable(rows);
}

void PrintKeys(const object& status) {
  std::vector<std::vector<std::string>> rows = {{"KEY", "SIGNS FROM", "GOOD UNTIL"}};
  for (const object& key : Objects(status, "keys")) {
    const std::string until = Text(key, "verify_until");
    rows.push_back({Text(key, "id"), Text(key, "sign_from"),
                    until.empty()        ? "for good"
                    : FromNow(until) > 0 ? Concat(until, " (", Span(FromNow(until)), " left)")
                                         : Concat(until, " (over)")});
  }
  std::printf("\n");
  PrintTable(rows);
}

// Who has used up half a budget or more of late; nothing if nobody has.
void PrintHeaviest(const object& status) {
  constexpr struct {
    const char* table;
    const char* id;
    const char* label;
  } kTables[] = {{"clearances", "clearance", "clearance"},
                 {"cleared_prefixes", "prefix", "cleared prefix"},
                 {"uncleared_prefixes", "prefix", "uncleared prefix"}};
  std::vector<std::vector<std::string>> rows = {{"TAKES MOST", "WHO", "SITE", "WEIGHT"}};
  const object budgets = Child(status, "budgets");
  for (const auto& table : kTables) {
    for (const object& hitter : Objects(Child(budgets, table.table), "heaviest")) {
      rows.push_back(
          {table.label, Text(hitter, table.id), Text(hitter, "site"), Text(hitter, "weight")});
    }
  }
  if (rows.size() == 1) return;
  std::printf("\n");
  PrintTable(rows);
}

// What is served, and whether it has proved good.
std::string FilesNote(const object& status) {
  const object admission = Child(status, "admission");
  const std::string digest = Text(admission, "digest");
  const std::string until = Text(admission, "soaks_until");
  std::string note = digest.substr(0, 12);
  const std::string trial = Text(admission, "trial");
  if (!trial.empty()) return Concat(note, ", and ", trial.substr(0, 12), " on trial");
  if (!until.empty()) {
    return Concat(note, ", soaking for ", Span(std::max<std::int64_t>(FromNow(until), 0)),
                  " more or longer");
  }
  if (!digest.empty() && Text(admission, "last_good") == digest) note += ", recorded as good";
  return note;
}

void PrintStatus(const object& status) {
  const object reload = Child(status, "last_reload");
  const auto* successful = reload.if_contains("successful");
  const bool good = successful != nullptr && successful->is_bool() && successful->as_bool();
  PrintTable({
      {"stiled", Concat(Text(status, "version"), ", ", Text(status, "phase"), ", up ",
                        Span(Number(status, "uptime_seconds")), ", pid ", Text(status, "pid"))},
      {"generation", Concat(Text(status, "generation"), ", last load ", good ? "good" : "REFUSED",
                            " ", Span(-FromNow(Text(reload, "at"))), " ago")},
      {"files", FilesNote(status)},
      {"connections", Text(status, "connections")},
      {"loops", Concat(Text(status, "loops_answering"), " of ", Text(status, "loops"), " answer")},
  });
  PrintProblems(status);
  PrintSites(status);
  PrintOrders(status);
  PrintKeys(status);
  PrintHeaviest(status);
}

}  // namespace

int RunStatus(const StatusOptions& options) {
  const auto client = ControlClient::Create(options.control);
  if (!client) return 1;
  const auto answer = client->Ask("GET", "/status", {}, std::chrono::seconds{30});
  if (!answer) return 1;
  if (answer->status != 200) {
    PrintRefusal(*answer);
    return 1;
  }
  if (options.live) {
    return Number(answer->body, "loops_answering") == Number(answer->body, "loops") ? 0 : 1;
  }
  if (options.json) {
    std::fputs(answer->text.c_str(), stdout);
  } else {
    PrintStatus(answer->body);
  }
  const bool ready = Text(answer->body, "phase") == "ready";
  return ready && Objects(answer->body, "problems").empty() ? 0 : 1;
}

}  // namespace stile
