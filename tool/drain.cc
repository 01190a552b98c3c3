#include "tool/drain.h"

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <thread>

namespace stile {
namespace {

constexpr std::chrono::milliseconds kLook{250};

std::int64_t NumberOf(const ControlAnswer& answer, std::string_view name) {
  const auto* value = answer.body.if_contains(boost::json::string_view(name.data(), name.size()));
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

// Whether a process answers that still drains; another one may have taken its place.
bool IsDraining(const ControlAnswer& answer) {
  const auto* phase = answer.body.if_contains("phase");
  return phase != nullptr && phase->is_string() && phase->as_string() == "draining";
}

}  // namespace

int RunDrain(const DrainOptions& options) {
  const auto client = ControlClient::Create(options.control);
  if (!client) return 1;
  const auto begun = client->Ask("POST", "/drain");
  if (!begun) return 1;
  if (begun->status != 200) {
    PrintRefusal(*begun);
    return 1;
  }
  std::fprintf(stderr, "draining, for up to %lld s\n",
               static_cast<long long>(NumberOf(*begun, "drain_timeout_ms") / 1000));
  if (options.no_wait) return 0;
  std::int64_t told = -1;
  while (const auto answer = client->AskQuietly("GET", "/status")) {
    // It says so from the moment at which it takes the order.
    if (!IsDraining(*answer)) break;
    const std::int64_t left = NumberOf(*answer, "connections");
    if (left != told) std::fprintf(stderr, "%lld connections left\n", static_cast<long long>(left));
    told = left;
    std::this_thread::sleep_for(kLook);
  }
  std::puts("stopped");
  return 0;
}

}  // namespace stile
