#include "tool/simulate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/engine_loader.h"
#include "service/geo_files.h"
#include "tool/log_file.h"
#include "tool/policy_on_disk.h"
#include "tool/progress_bar.h"
#include "tool/request_field.h"
#include "tool/simulation.h"
#include "tool/simulation_report.h"
#include "tool/text_table.h"

namespace stile {
namespace {

using Clock = std::chrono::steady_clock;

int Refuse(const std::string& message) {
  std::fprintf(stderr, "stile simulate: %s\n", message.c_str());
  return 2;
}

LogFormat FormatOf(std::string_view name) {
  if (name == "combined") return LogFormat::kCombined;
  if (name == "json") return LogFormat::kJson;
  if (name == "caddy") return LogFormat::kCaddy;
  return LogFormat::kAuto;
}

// Says on a terminal how far the reading is, about ten times a second.
class ReadingProgress {
 public:
  explicit ReadingProgress(const LogFile& file) : file_(file), bar_(stderr) {}

  void Show(std::uint64_t lines) {
    const Clock::time_point now = Clock::now();
    if (now - shown_at_ < std::chrono::milliseconds{100}) return;
    shown_at_ = now;
    const double seconds = std::chrono::duration<double>(now - begun_at_).count();
    const double per_second = static_cast<double>(lines) / std::max(seconds, 1e-3);
    const std::uint64_t done = file_.bytes_read();
    std::string text = Concat(GroupedText(static_cast<std::uint64_t>(per_second)), " lines/s");
    if (file_.size() == 0) return bar_.Say(Concat(GroupedText(lines), " lines, ", text));
    const double part = static_cast<double>(done) / static_cast<double>(file_.size());
    const auto left = static_cast<std::uint64_t>(seconds / std::max(part, 1e-6) * (1 - part) + 0.5);
    bar_.Show(part, Concat(done >> 20, " of ", file_.size() >> 20, " MiB, ", text, ", ", left,
                           " s left"));
  }

 private:
  const LogFile& file_;
  ProgressBar bar_;
  Clock::time_point begun_at_ = Clock::now();
  Clock::time_point shown_at_ = begun_at_;
};

void Replay(LogFile& file, LogFormat format, Simulation& simulation, LogReport& report) {
  ReadingProgress progress(file);
  LogLineReader reader(format);
  LogLine request;
  std::string_view line;
  constexpr std::uint64_t kLinesBetweenLooks = 4096;
  while (file.Next(line)) {
    if (++report.lines % kLinesBetweenLooks == 0) progress.Show(report.lines);
    switch (reader.Read(line, request)) {
      case LogReading::kRequest:
        simulation.Take(request);
        break;
      case LogReading::kNoRequest:
        ++report.no_requests;
        break;
      case LogReading::kUnreadable:
        if (++report.unreadable <= LogReport::kMaxNamed) {
          report.first_unreadable.push_back({report.lines, std::string(reader.reason())});
        }
        break;
    }
  }
  if (!file.status().ok()) report.broken_off = std::string(file.status().message());
}

// "Name: value", the name in lower case. nullopt if it isn't of that form.
std::optional<std::pair<std::string, std::string>> FieldOf(std::string_view header) {
  const auto field = ParseField(header);
  if (!field) return std::nullopt;
  std::string name(field->name);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::pair(std::move(name), std::string(field->value));
}

// What the options and the configuration make of a simulation; an exit status if nothing.
tl::expected<SimulationOptions, int> Prepare(const SimulateOptions& options) {
  SimulationOptions prepared;
  for (const std::string& header : options.headers) {
    auto field = FieldOf(header);
    if (!field) return tl::unexpected(Refuse("'" + header + "' is not like 'Name: value'"));
    prepared.assumed_fields.push_back(*std::move(field));
  }
  if (prepared.assumed_fields.size() > 16) {
    return tl::unexpected(Refuse("there are more than 16 headers: leave some out"));
  }
  const LoadedConfig loaded = LoadConfig(options.config);
  if (!loaded.good()) {
    Errors errors = loaded.config_errors;
    errors.insert(errors.end(), loaded.policy_errors.begin(), loaded.policy_errors.end());
    return std::fprintf(stderr, "%s\n", ToString(errors).c_str()), tl::unexpected(2);
  }
  Errors mistakes;
  prepared.geo = OpenGeoDatabases(loaded.config.geo, mistakes);
  if (!mistakes.empty()) std::fprintf(stderr, "%s\n", ToString(mistakes).c_str());
  prepared.public_prefix = loaded.config.public_prefix;
  prepared.clients_solve = !options.unsolved;
  for (const SiteConfig& site : loaded.config.sites) {
    const SiteOptions& about = site.options;
    if (about.name == options.site) prepared.only_site = prepared.sites.size();
    prepared.sites.push_back({about.name, about.hosts, about.binding,
                              about.policy != nullptr ? about.policy : Policy::Minimal(), nullptr});
  }
  if (!options.site.empty() && !prepared.only_site) {
    return tl::unexpected(Refuse("there is no site '" + options.site + "' in the configuration"));
  }
  if (options.against.empty()) return prepared;
  if (prepared.sites.size() > 1 && !prepared.only_site) {
    return tl::unexpected(Refuse("name the site whose policy is compared, with --site"));
  }
  auto other = PolicyOnDisk::Load(options.against);
  if (!other) {
    return std::fprintf(stderr, "%s\n", ToString(other.error()).c_str()), tl::unexpected(2);
  }
  prepared.sites[prepared.only_site.value_or(0)].after = std::move(other->policy);
  return prepared;
}

}  // namespace

int RunSimulate(const SimulateOptions& options) {
  auto prepared = Prepare(options);
  if (!prepared) return prepared.error();
  ReportOptions report_options;
  report_options.clients = options.clients;
  report_options.clients_solve = !options.unsolved;
  report_options.before_name = "as configured";
  report_options.after_name = options.against;
  Simulation simulation(*std::move(prepared));

  absl::StatusOr<LogFile> file = LogFile::Open(options.log);
  if (!file.ok()) return Refuse(Concat(options.log, ": ", std::string(file.status().message())));
  LogReport log;
  log.name = options.log == "-" ? "standard input" : options.log;
  Replay(*file, FormatOf(options.format), simulation, log);
  const std::string report = options.json ? SimulationJson(simulation, log, report_options)
                                          : SimulationText(simulation, log, report_options);
  std::fwrite(report.data(), 1, report.size(), stdout);
  if (simulation.requests() == 0 && simulation.own_requests() == 0) {
    std::fprintf(stderr, "stile simulate: %s: there is no request in it that can be read\n",
                 log.name.c_str());
    return 1;
  }
  return log.broken_off.empty() ? 0 : 1;
}

}  // namespace stile
