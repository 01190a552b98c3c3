#include "service/refusal_log.h"

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "service/log.h"
#include "verifier/policy/policy.h"
#include "verifier/rule_name.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

// Bytes of what a client wrote.
constexpr std::size_t kMaxMethod = 16;
constexpr std::size_t kMaxHost = 128;
constexpr std::size_t kMaxPath = 256;

constexpr int kCountBits = 24;
constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;

// What may be said of a client's address; empty: nothing.
std::string AddressText(const Request& request, LoggedAddress logged) {
  if (!request.address || logged == LoggedAddress::kNone) return "";
  if (logged == LoggedAddress::kFull) return request.address->ToString();
  IpAddress::Bytes16 bytes = request.address->bytes();
  if (request.address->is_v6()) {
    for (std::size_t i = 7; i < bytes.size(); ++i) bytes[i] = 0;
    return Concat(IpAddress::V6(bytes).ToString(), "/56");
  }
  return Concat(IpAddress::V4({bytes[0], bytes[1], bytes[2], 0}).ToString(), "/24");
}

}  // namespace

bool RefusalBudget::Take(std::int64_t second, std::uint32_t limit) noexcept {
  const std::uint64_t wanted = static_cast<std::uint64_t>(second) << kCountBits;
  std::uint64_t seen = taken_.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t count = (seen & ~kCountMask) == wanted ? seen & kCountMask : 0;
    if (count >= limit) return false;
    if (taken_.compare_exchange_weak(seen, wanted | (count + 1), std::memory_order_relaxed)) {
      return true;
    }
  }
}

void RefusalLog::Note(const RefusalLogConfig& config, const Engine& engine, const Request& request,
                      const Decision& decision, std::string_view reference,
                      UnixMillis now) noexcept {
  if (config.per_second == 0) return;
  if (!budget_.Take(now.Seconds(), config.per_second)) {
    ++suppressed_;
    return;
  }
  try {
    Write(config, engine, request, decision, reference);
  } catch (const std::exception&) {  // The line is lost, and no request with it.
    ++suppressed_;
  }
}

void RefusalLog::Write(const RefusalLogConfig& config, const Engine& engine, const Request& request,
                       const Decision& decision, std::string_view reference) {
  const std::size_t site = engine.SiteOf(request);
  std::vector<LogField> fields = {
      {"site", engine.site_options(site).name},
      {"action", ActionName(decision.action)},
      {"verdict", VerdictName(decision.verdict)},
      {"rule", RuleName(engine.policy(site), decision)},
      {"method", request.method.substr(0, kMaxMethod)},
      {"host", request.host.substr(0, kMaxHost)},
      {"path", PathOf(request.target).substr(0, kMaxPath)},
  };
  if (const std::string address = AddressText(request, config.addresses); !address.empty()) {
    fields.emplace_back("address", address);
  }
  if (!reference.empty()) fields.emplace_back("reference", reference);
  fields.emplace_back("suppressed", std::exchange(suppressed_, 0));
  Log(LogLevel::kInfo, "refused", fields);
}

}  // namespace stile
