#ifndef STILE_SERVICE_MODE_OVERRIDES_H_
#define STILE_SERVICE_MODE_OVERRIDES_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "service/config.h"
#include "verifier/gate.h"

namespace stile {

// The name that the configuration, metrics and logs use, such as "enforce".
[[nodiscard]] std::string_view GateModeName(GateMode mode) noexcept;

// A mode that an operator set at run time.
struct ModeOverride {
  GateMode mode = GateMode::kEnforce;
  std::string by;  // Who: "uid 0".
  UnixMillis since;
  std::optional<UnixMillis> until;  // nullopt: until it is taken back.
};

// A site's mode, and where it comes from.
struct SiteMode {
  std::string site;
  GateMode configured = GateMode::kEnforce;
  std::optional<ModeOverride> override;

  [[nodiscard]] GateMode effective() const { return override ? override->mode : configured; }
};

// The modes that operators have set beside the configuration: for every site, or for one, which
// goes first. They outlive reloads and end with the process. Belongs to one thread.
class ModeOverrides {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // Sets the mode of `site`, or of all sites, also of those that a reload brings, if it is empty.
  // What was set before for the same is replaced; setting all forgets what was set for each.
  // `ends` is when it ends by a clock that nobody sets; nullopt: never.
  void Set(const std::string& site, ModeOverride override, std::optional<Instant> ends);

  // Goes back to the configured mode of `site`, or of all sites if it is empty.
  void Clear(const std::string& site);

  // Forgets what ends at `now` or before. Returns the sites for which something ended; "" stands
  // for all of them.
  std::vector<std::string> Expire(Instant now);

  // When the next one ends.
  [[nodiscard]] std::optional<Instant> next_end() const;

  // The override that holds for `site`.
  [[nodiscard]] std::optional<ModeOverride> Of(const std::string& site) const;

  // `config` with the modes that hold in place of the configured ones.
  [[nodiscard]] Config Applied(Config config) const;

  // Each site of `config`, in its order.
  [[nodiscard]] std::vector<SiteMode> Modes(const Config& config) const;

 private:
  struct Entry {
    std::optional<ModeOverride> override;  // nullopt: as configured, whatever holds for all.
    std::optional<Instant> ends;
  };
  std::map<std::string, Entry> entries_;  // "": all.
};

}  // namespace stile

#endif  // STILE_SERVICE_MODE_OVERRIDES_H_
