#include "service/redis_contract.h"

#include <charconv>
#include <cstdint>

#include "challenge/concat.h"

namespace stile {
namespace {

std::int64_t NumberIn(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string_view InfoField(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::size_t end = info.find('\n');
    std::string_view line = info.substr(0, end);
    info = end == std::string_view::npos ? std::string_view() : info.substr(end + 1);
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    line.remove_prefix(name.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

std::vector<std::string> RedisContractMistakes(std::string_view info, UnixMillis now,
                                               std::chrono::milliseconds skew) {
  std::vector<std::string> mistakes;
  const std::string_view version = InfoField(info, "redis_version");
  if (NumberIn(version) < 7) {
    mistakes.push_back(Concat("its version is ", version.empty() ? "unknown" : version,
                              ": use Redis 7.0 or later"));
  }
  const std::string_view role = InfoField(info, "role");
  if (role != "master") {
    mistakes.push_back(Concat("its role is ", role.empty() ? "unknown" : role,
                              ": name the master's address, or one that follows it"));
  }
  const std::string_view policy = InfoField(info, "maxmemory_policy");
  if (policy != "noeviction") {
    mistakes.push_back(Concat("its maxmemory-policy is ", policy.empty() ? "unknown" : policy,
                              ": set it to noeviction, or it forgets what was spent"));
  }
  if (InfoField(info, "aof_enabled") != "1") {
    mistakes.emplace_back("appendonly is off: set appendonly yes");
  }
  const std::int64_t micros = NumberIn(InfoField(info, "server_time_usec"));
  const std::int64_t apart = micros / 1000 - now.value;
  if (apart > skew.count() || -apart > skew.count()) {
    mistakes.push_back(
        Concat("its clock is ", apart / 1000, " s from this machine's: set both by ", "NTP"));
  }
  return mistakes;
}

}  // namespace stile
