#ifndef STILE_SERVICE_REFUSAL_LOG_H_
#define STILE_SERVICE_REFUSAL_LOG_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "service/config.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// How many lines a second may still have. One for the process, shared by its loops. Any thread.
class RefusalBudget {
 public:
  // Takes one of the `limit` lines of `second`. Once they are gone it only reads.
  [[nodiscard]] bool Take(std::int64_t second, std::uint32_t limit) noexcept;

 private:
  std::atomic<std::uint64_t> taken_{0};  // The second, and how many of it.
};

// One event loop's lines about requests that were challenged or denied: a sample, never more than
// the configuration allows, so that a flood does not become a flood of lines. A line that is left
// out costs a load and an addition. Requests that pass never come here.
class RefusalLog {
 public:
  explicit RefusalLog(RefusalBudget& budget) : budget_(budget) {}

  // Notes that `request` got something else than the origin's answer. The line holds the path
  // without its query, and never a cookie, a token or another field. `reference` is the id that the
  // client was told; empty: none.
  void Note(const RefusalLogConfig& config, const Engine& engine, const Request& request,
            const Decision& decision, std::string_view reference, UnixMillis now) noexcept;

 private:
  void Write(const RefusalLogConfig& config, const Engine& engine, const Request& request,
             const Decision& decision, std::string_view reference);

  RefusalBudget& budget_;
  std::uint64_t suppressed_ = 0;  // Since this loop's last line.
};

}  // namespace stile

#endif  // STILE_SERVICE_REFUSAL_LOG_H_
