#ifndef STILE_SERVICE_STATUS_PAGE_H_
#define STILE_SERVICE_STATUS_PAGE_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "challenge/unix_millis.h"
#include "engine/engine_slot.h"
#include "service/metrics.h"

namespace stile {

// How often a query of /status, such as "refresh=10", has the page load itself again, in seconds
// from 2 to 3,600; nullopt: never, which is also what anything else means.
[[nodiscard]] std::optional<int> RefreshOf(std::string_view query);

// What /status says, as a page for a person: what is wrong, since when, how many requests it
// touched, what Stile does about it and what to do; then what is served. English, without scripts;
// nobody's address or clearance is in it. `refresh` is RefreshOf's. Any thread.
[[nodiscard]] std::string StatusPage(const Metrics& metrics, EngineSlot& engines, UnixMillis now,
                                     std::optional<int> refresh);

// The header lines that go with it: a policy under which the page can load nothing and run nothing.
[[nodiscard]] std::string_view StatusPageFields();

// "3 h 5 min": a length of time in two units.
[[nodiscard]] std::string SpanText(std::chrono::milliseconds span);

}  // namespace stile

#endif  // STILE_SERVICE_STATUS_PAGE_H_
