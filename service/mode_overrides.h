#ifndef STILE_SERVICE_MODE_OVERRIDES_H_
#define STILE_SERVICE_MODE_OVERRIDES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "service/boot_clock.h"
#include "service/mode_order.h"

namespace stile {

// An order that holds, or waits for what it names.
struct ModeOverride {
  std::optional<GateMode> mode;  // nullopt: as configured, whatever older orders say.
  std::string site;              // Empty: every site, also those that a reload brings.
  std::string rule;              // Empty: the site's own mode.
  ModeSource source = ModeSource::kOperator;
  std::string by;  // Who: "uid 0".
  UnixMillis since;
  std::optional<UnixMillis> until;            // nullopt: until it is taken back.
  std::optional<BootClock::time_point> ends;  // The same by a clock that nobody sets.

  friend bool operator==(const ModeOverride&, const ModeOverride&) = default;
};

// A site's mode, and where it comes from.
struct SiteMode {
  std::string site;
  GateMode configured = GateMode::kEnforce;
  std::optional<ModeOverride> override;  // With a mode.

  [[nodiscard]] GateMode effective() const {
    return override && override->mode ? *override->mode : configured;
  }
};

// One rule of one site that an order has switched.
struct SwitchedRule {
  std::string site;
  std::string rule;
  GateMode mode = GateMode::kEnforce;
  ModeSource source = ModeSource::kOperator;
};

// An order as /status tells it.
struct ToldOverride {
  ModeOverride order;
  std::string waits;  // Why it changes nothing now; empty: it does, or a later one goes before it.
};

// The orders about modes that hold beside the configuration. The latest that covers a site, or a
// rule of it, decides. One with a time limit lets those without come back when it ends, and takes
// the place of others with a limit: so a second order can shorten the first. Belongs to one thread.
class ModeOverrides {
 public:
  static constexpr std::size_t kMost = 256;

  // Adds an order, which is now the latest, and forgets those that can't decide any more. What a
  // file says forgets nothing of other sources, since it may be taken away again. Returns false if
  // there are kMost that it doesn't replace; one by signal always finds room.
  [[nodiscard]] bool Add(ModeOverride order);

  // Forgets what came by `source`.
  void Withdraw(ModeSource source);

  // Forgets what ends at `now` or before, and returns it.
  std::vector<ModeOverride> Expire(BootClock::time_point now);

  // When the next one ends.
  [[nodiscard]] std::optional<BootClock::time_point> next_end() const;

  // The order that decides about `site`, or about its rule; null: none does. It may say
  // "configured".
  [[nodiscard]] const ModeOverride* Of(std::string_view site, std::string_view rule = {}) const;

  // All of them, the latest last.
  [[nodiscard]] const std::vector<ModeOverride>& all() const { return orders_; }

 private:
  // Forgets what says "configured" with nothing older below it.
  void Tidy();

  std::vector<ModeOverride> orders_;
};

}  // namespace stile

#endif  // STILE_SERVICE_MODE_OVERRIDES_H_
