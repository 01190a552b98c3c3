#ifndef STILE_SERVICE_BOOT_H_
#define STILE_SERVICE_BOOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "service/engine_loader.h"

namespace stile {

// Why stiled serves something else than its files say.
enum class Degradation : std::uint8_t {
  kLastGood = 0,       // The files are wrong: what was recorded last is served.
  kMinimalPolicy = 1,  // A policy is wrong and nothing usable was recorded: all is challenged.
  kKeys = 2,           // The keys can't be used: temporary ones took their place.
  kState = 3,          // What is served can't be recorded.
};
inline constexpr std::size_t kDegradationCount = 4;
// The name that metrics and logs use, such as "last-good".
[[nodiscard]] std::string_view DegradationName(Degradation degradation) noexcept;

struct BootOptions {
  std::string config_path;
  std::string state_directory;  // Overrides the configuration's; empty: as configured.
  bool strict = false;          // Refuse to start over any mistake.
};

// What a start found to serve.
struct Booted {
  LoadedConfig loaded;  // Without config_errors.
  Keys keys;
  bool keys_degraded = false;
  std::vector<Degradation> degradations;
  Errors mistakes;              // Of the configured files, all of them.
  std::string state_directory;  // Where to record; empty: nowhere.
};

// Finds what to serve: the configured files if all is right with them; else what was recorded
// last; else, if something was recorded once and only policies are wrong now, the configuration
// with the built-in minimal policy in their place. Keys that can't be used are replaced by
// temporary ones. Returns every mistake if there is nothing to serve, or if there is any under
// `strict`.
[[nodiscard]] tl::expected<Booted, Errors> Boot(const BootOptions& options, UnixMillis now);

// Every mistake of the configuration at `path`, its policies and its keys; empty if there is none.
// Adds to `warnings` what is not wrong but should be changed.
[[nodiscard]] Errors CheckFiles(const std::string& path, UnixMillis now,
                                std::vector<std::string>& warnings);

// The control socket that the configuration at `config_path` names, also where the file is damaged;
// empty if none can be made out.
[[nodiscard]] std::string FindControlSocket(const std::string& config_path);

// Prints what a check found: each warning and mistake on stderr, or "ok" on stdout where there is
// no mistake. Returns the exit status, 0 or 1.
[[nodiscard]] int PrintCheck(const Errors& mistakes, const std::vector<std::string>& warnings);

// What to say of `keys` if their file can be read by others; nullopt if there is nothing to say.
[[nodiscard]] std::optional<std::string> KeyFileWarning(const Keys& keys);

}  // namespace stile

#endif  // STILE_SERVICE_BOOT_H_
