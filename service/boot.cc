#include "service/boot.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "engine/config/file_path.h"
#include "service/file_text.h"
#include "service/geo_files.h"
#include "service/group_id.h"
#include "service/last_good.h"
#include "service/redis_password.h"

namespace stile {
namespace {

constexpr const char* kDefaultState = "/var/lib/stile";

// Loopback, link-local addresses, and those of private networks: RFC 1918, 6598, 4193.
struct PrivateRange {
  std::string_view address;
  int length;
};
constexpr PrivateRange kPrivateRanges[] = {
    {"127.0.0.0", 8},    {"10.0.0.0", 8},    {"172.16.0.0", 12}, {"192.168.0.0", 16},
    {"169.254.0.0", 16}, {"100.64.0.0", 10}, {"fc00::", 7},      {"fe80::", 10},
};

// Of an address that is listened on. True of "0.0.0.0" and "[::]".
bool IsPublic(const SocketAddress& address) {
  const auto ip = IpAddress::Parse(address.host);
  if (address.is_unix || !ip || ip == IpAddress::Parse("::1")) return false;
  return std::none_of(std::begin(kPrivateRanges), std::end(kPrivateRanges),
                      [&ip](const PrivateRange& range) {
                        const auto first = IpAddress::Parse(range.address);
                        return first->is_v6() == ip->is_v6() &&
                               ip->Prefix(range.length) == first->Prefix(range.length);
                      });
}

void AddListenerWarnings(const ListenerConfig& listener, std::vector<std::string>& warnings) {
  const std::string& group = listener.address.socket_group;
  if (!group.empty() && !FindGroup(group)) {
    warnings.push_back(Concat("listener ", ToString(listener.address), ": there is no group \"",
                              group, "\" here: stiled doesn't start until there is"));
  }
  if (listener.mode == ListenerMode::kSiteverify && listener.tls.empty() &&
      IsPublic(listener.address)) {
    warnings.push_back(Concat("listener ", ToString(listener.address),
                              ": secrets would reach it unencrypted, and anybody may ask there: "
                              "let a siteverify listener have a loopback or private address, a "
                              "unix socket, or TLS"));
  }
}

Errors AllMistakes(const LoadedConfig& loaded) {
  Errors mistakes = loaded.config_errors;
  mistakes.insert(mistakes.end(), loaded.policy_errors.begin(), loaded.policy_errors.end());
  return mistakes;
}

// One section of a configuration that can't be read as a whole, such as "[state]", up to the next
// one: what it says is needed most when the file is damaged.
Config Salvage(const std::string& path, std::string_view header) {
  const std::string start = ReadStart(path, kMaxConfig);
  const std::string_view text = start;
  const std::size_t at = text.starts_with(header) ? 0 : text.find(Concat("\n", header));
  Config config;
  if (at == std::string_view::npos) return config;
  std::string_view section = text.substr(at == 0 ? 0 : at + 1);
  section = section.substr(0, section.find("\n["));
  (void)ReadConfig(section, path, config);
  return config;
}

std::string SalvagedStateDirectory(const std::string& path) {
  return PathUnder(DirectoryOf(path), Salvage(path, "[state]").state_directory);
}

std::string StateDirectory(const BootOptions& options, const LoadedConfig& loaded) {
  if (!options.state_directory.empty()) return options.state_directory;
  if (!loaded.config.state_directory.empty()) return loaded.config.state_directory;
  if (loaded.config_errors.empty()) return "";  // None is wanted.
  std::string salvaged = SalvagedStateDirectory(options.config_path);
  if (!salvaged.empty()) return salvaged;
  const char* from_system = std::getenv("STATE_DIRECTORY");  // systemd's; a list.
  if (from_system == nullptr || *from_system == '\0') return kDefaultState;
  const std::string_view directories = from_system;
  return std::string(directories.substr(0, directories.find(':')));
}

// Replaces `booted.loaded`, in which there are mistakes, by the next best. Returns whether there is
// anything.
bool FallBack(const BootOptions& options, Booted& booted) {
  if (booted.state_directory.empty()) return false;
  absl::StatusOr<ConfigTexts> recorded = LastGood(booted.state_directory).Recall();
  if (recorded.ok()) {
    recorded->name = options.config_path;
    LoadedConfig loaded = LoadTexts(*std::move(recorded));
    if (loaded.good()) {
      booted.loaded = std::move(loaded);
      booted.degradations.push_back(Degradation::kLastGood);
      return true;
    }
    booted.mistakes.push_back(Error{ErrorCode::kFailedPrecondition,
                                    LastGood(booted.state_directory).path(),
                                    Concat("what was recorded is not admitted any more: ",
                                           ToString(AllMistakes(loaded).front()))});
  } else {
    booted.mistakes.push_back(Error{ErrorCode::kFailedPrecondition,
                                    LastGood(booted.state_directory).path(),
                                    std::string(recorded.status().message())});
    if (absl::IsNotFound(recorded.status())) return false;
  }
  if (!booted.loaded.config_errors.empty()) return false;
  booted.degradations.push_back(Degradation::kMinimalPolicy);
  return true;
}

// Where the last run says that the files should not be served, replaces `booted.loaded` by what was
// recorded before them. A record of the run that can't be read says nothing.
void HeedLastRun(const BootOptions& options, UnixMillis now, Booted& booted) {
  booted.run.process = ProcessName::OfThisProcess();
  if (booted.state_directory.empty()) return;
  const AdmissionConfig& admission = booted.loaded.config.admission;
  const std::string digest = booted.loaded.good() ? DigestOf(booted.loaded.texts) : "";
  const RunRecord last = ReadRun(booted.state_directory).value_or(RunRecord{});
  booted.run =
      NextRun(last, last.process.IsAnotherAlive(), booted.run.process, digest, now, admission);
  const bool is_pinned = booted.run.IsPinned(now);
  // An override says that somebody expects to turn people away, and not that they were.
  const bool is_refused =
      !booted.run.refused.empty() && (booted.run.rolled_back || !admission.blast_radius_override);
  if (options.strict || digest.empty() || (!is_pinned && !is_refused)) return;
  absl::StatusOr<ConfigTexts> recorded = LastGood(booted.state_directory).Recall(digest);
  if (recorded.ok()) {
    recorded->name = options.config_path;
    LoadedConfig loaded = LoadTexts(*std::move(recorded));
    if (loaded.good()) {
      booted.loaded = std::move(loaded);
      booted.degradations.push_back(is_pinned ? Degradation::kGenerationPinned
                                              : Degradation::kLastGood);
      booted.mistakes.push_back(
          Error{ErrorCode::kFailedPrecondition, options.config_path,
                is_pinned ? "processes that served these files crashed: change them, or "
                            "`stile reload --force`"
                : booted.run.rolled_back
                    ? "these files were rolled back, for what they did to the clients that they "
                      "served: change them, or `stile reload --force`"
                    : "a reload refused these files: see what `stile reload` says, and "
                      "change them or set admission.blast_radius_override = true"});
      return;
    }
  }
  // There is nothing else to serve.
  booted.run.pinned_until = UnixMillis{};
}

}  // namespace

std::vector<std::string> KeyFileWarnings(const Keys& keys) {
  std::vector<std::string> warnings;
  if (keys.readable_by_others && !keys.file.empty()) {
    warnings.push_back(
        Concat(keys.file, ": others than its owner may read the keys: chmod 600 ", keys.file));
  }
  for (const SiteSecrets& secrets : keys.secrets) {
    if (!secrets.readable_by_others) continue;
    warnings.push_back(Concat(
        secrets.file, ": others than its owner may read the secrets: chmod 600 ", secrets.file));
  }
  for (const Keys& own : keys.own) {
    for (std::string& warning : KeyFileWarnings(own)) warnings.push_back(std::move(warning));
  }
  return warnings;
}

tl::expected<Booted, Errors> Boot(const BootOptions& options, UnixMillis now) {
  Booted booted;
  booted.loaded = LoadConfig(options.config_path);
  booted.mistakes = AllMistakes(booted.loaded);
  booted.state_directory = StateDirectory(options, booted.loaded);
  if (!booted.loaded.good()) {
    // Under --strict-boot the keys are read too, so that all is said at once.
    if (options.strict || !FallBack(options, booted)) {
      if (booted.loaded.config_errors.empty() || !booted.loaded.config.keys_file.empty()) {
        if (auto keys = LoadKeys(booted.loaded.config, now); !keys) {
          for (Error& error : keys.error()) booted.mistakes.push_back(std::move(error));
        }
      }
      return tl::unexpected(std::move(booted.mistakes));
    }
  }
  HeedLastRun(options, now, booted);
  auto keys = LoadKeysOrTemporary(booted.loaded.config, now, booted.mistakes);
  if (!keys) booted.mistakes.push_back(std::move(keys.error()));
  Errors geo_mistakes;
  booted.geo = OpenGeoDatabases(booted.loaded.config.geo, geo_mistakes);
  if (!geo_mistakes.empty()) booted.degradations.push_back(Degradation::kGeo);
  for (Error& error : geo_mistakes) booted.mistakes.push_back(std::move(error));
  Errors tls_mistakes;
  booted.tickets = std::make_shared<TicketKeys>();
  booted.tls = LoadTls(booted.loaded.config, now, booted.tickets, tls_mistakes);
  if (!tls_mistakes.empty()) booted.degradations.push_back(Degradation::kCertificates);
  for (Error& error : tls_mistakes) booted.mistakes.push_back(std::move(error));
  if (!keys || (options.strict && !booted.mistakes.empty())) {
    return tl::unexpected(std::move(booted.mistakes));
  }
  booted.keys = *std::move(keys);
  if (booted.keys.any_degraded()) booted.degradations.push_back(Degradation::kKeys);
  return booted;
}

std::string FindControlSocket(const std::string& config_path) {
  Config config;
  (void)ReadConfig(ReadStart(config_path, kMaxConfig), config_path, config);
  if (config.control_socket.empty()) config = Salvage(config_path, "[control]");
  return PathUnder(DirectoryOf(config_path), config.control_socket);
}

std::string ListAgeText(const RangeList& list, UnixMillis now) {
  std::string text = Concat("list ", list.name, ": ", list.ranges.size(),
                            list.ranges.size() == 1 ? " range, " : " ranges, ");
  if (!list.created) return text + "of an unknown age";
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(list.created->Seconds())));
  const std::chrono::year_month_day date(day);
  std::array<char, 32> made{};
  std::snprintf(made.data(), made.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  constexpr std::int64_t kDay = 86'400;
  // Clocks differ, and publishers err: nothing is younger than new.
  const std::int64_t days =
      std::max<std::int64_t>(0, (now.Seconds() - list.created->Seconds()) / kDay);
  return text + Concat("made ", std::string_view(made.data()), ", ", days,
                       days == 1 ? " day ago" : " days ago");
}

Errors CheckFiles(const std::string& path, UnixMillis now, std::vector<std::string>& warnings,
                  std::vector<std::string>* lists) {
  const LoadedConfig loaded = LoadConfig(path, now);
  if (lists != nullptr) {
    for (const auto& list : loaded.lists) lists->push_back(ListAgeText(*list, now));
  }
  Errors mistakes = AllMistakes(loaded);
  warnings.insert(warnings.end(), loaded.policy_warnings.begin(), loaded.policy_warnings.end());
  // Of a configuration that isn't even TOML, no key file is known.
  if (!loaded.config_errors.empty() && loaded.config.keys_file.empty()) return mistakes;
  for (const ListenerConfig& listener : loaded.config.listeners) {
    AddListenerWarnings(listener, warnings);
  }
  if (IsSet(loaded.config.control_address) && IsPublic(loaded.config.control_address)) {
    warnings.push_back(Concat("control.address ", ToString(loaded.config.control_address),
                              ": the token would reach it unencrypted: let it be a loopback or "
                              "private address"));
  }
  if (loaded.config.spend_backend == SpendBackend::kSharedFile &&
      loaded.config.state_tables.empty() && loaded.config.state_directory.empty()) {
    warnings.push_back(
        "spend.backend is \"shared-file\": unless stiled is started with "
        "--state-directory there is no file to share, and each process counts for "
        "itself: set state.tables, or state.directory");
  }
  auto keys = LoadKeys(loaded.config, now);
  if (!keys) {
    for (Error& error : keys.error()) mistakes.push_back(std::move(error));
  } else {
    for (std::string& warning : KeyFileWarnings(*keys)) warnings.push_back(std::move(warning));
  }
  (void)OpenGeoDatabases(loaded.config.geo, mistakes);
  if (const auto password = LoadRedisPassword(loaded.config.spend.redis); !password) {
    mistakes.push_back(password.error());
  } else if (const std::string& file = loaded.config.spend.redis.password_file; !file.empty()) {
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
      warnings.push_back(
          Concat(file, ": others than its owner may read the password: chmod 600 ", file));
    }
  }
  const LoadedTls tls = LoadTls(loaded.config, now, std::make_shared<TicketKeys>(), mistakes);
  warnings.insert(warnings.end(), tls.warnings.begin(), tls.warnings.end());
  return mistakes;
}

namespace {

// "a.toml:3:1: warning: ..." of "a.toml:3:1: ..."; "warning: ..." of what has no place.
std::string WarningLine(std::string_view warning) {
  const std::string_view place = warning.substr(0, warning.find(": "));
  const std::size_t column = place.rfind(':');
  const bool is_place = column != std::string_view::npos && column + 1 < place.size() &&
                        place.find_first_not_of("0123456789", column + 1) == place.npos &&
                        place.size() < warning.size();
  if (!is_place) return Concat("warning: ", warning);
  return Concat(place, ": warning", warning.substr(place.size()));
}

}  // namespace

int PrintCheck(const Errors& mistakes, const std::vector<std::string>& warnings,
               const std::vector<std::string>& lists, bool strict) {
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "%s\n", WarningLine(warning).c_str());
  }
  for (const std::string& list : lists) std::puts(list.c_str());
  if (!mistakes.empty()) {
    std::fprintf(stderr, "%s\n", ToString(mistakes).c_str());
    return 1;
  }
  if (strict && !warnings.empty()) return 1;
  std::puts("ok");
  return 0;
}

}  // namespace stile
