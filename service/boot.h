#ifndef STILE_SERVICE_BOOT_H_
#define STILE_SERVICE_BOOT_H_

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "service/degradation.h"
#include "service/engine_loader.h"
#include "service/geo_database.h"
#include "service/keys.h"
#include "service/run_record.h"
#include "service/ticket_keys.h"
#include "service/tls_contexts.h"

namespace stile {

struct BootOptions {
  std::string config_path;
  std::string state_directory;  // Overrides the configuration's; empty: as configured.
  bool strict = false;          // Refuse to start over any mistake.
};

// What a start found to serve.
struct Booted {
  LoadedConfig loaded;  // Without config_errors.
  Keys keys;
  GeoDatabases geo;
  std::shared_ptr<TicketKeys> tickets;  // Of every LoadTls that follows, too.
  LoadedTls tls;
  std::vector<Degradation> degradations;
  Errors mistakes;              // Of the configured files, all of them.
  std::string state_directory;  // Where to record; empty: nowhere.
  RunRecord run;                // Of the run that begins.
};

// Finds what to serve: the configured files if all is right with them; else what was recorded
// last; else, if something was recorded once and only policies are wrong now, the configuration
// with the built-in minimal policy in their place. Keys that can't be used are replaced by
// temporary ones, each file's for itself; a database or a certificate that can't be used is left
// out. Returns every
// mistake if there is nothing to serve, or if there is any under `strict`.
//
// Files without a mistake are not served either, unless under `strict`, if what was recorded
// differs from them and they are pinned by NextRun, or a reload refused them and they don't say
// admission.blast_radius_override.
[[nodiscard]] tl::expected<Booted, Errors> Boot(const BootOptions& options, UnixMillis now);

// Every mistake of the configuration at `path`, its policies, keys, databases and certificates;
// empty if there is none. Adds to `warnings` what is not wrong but should be changed, and to
// `lists`, if it isn't null, what ListAgeText says of each list.
[[nodiscard]] Errors CheckFiles(const std::string& path, UnixMillis now,
                                std::vector<std::string>& warnings,
                                std::vector<std::string>* lists = nullptr);

// "list lists/google.json: 120 ranges, made 2026-03-01, 12 days ago".
[[nodiscard]] std::string ListAgeText(const RangeList& list, UnixMillis now);

// The control socket that the configuration at `config_path` names, also where the file is damaged;
// empty if none can be made out.
[[nodiscard]] std::string FindControlSocket(const std::string& config_path);

// Prints what a check found: each warning, as file:line:column: warning: and a sentence where it
// has a place, and each mistake on stderr; the lists and, where there is no mistake, "ok" on
// stdout. Returns the exit status: 1 if there is a mistake or, under `strict`, a warning, else 0.
[[nodiscard]] int PrintCheck(const Errors& mistakes, const std::vector<std::string>& warnings,
                             const std::vector<std::string>& lists = {}, bool strict = false);

// What to say of each file of `keys` that can be read by others.
[[nodiscard]] std::vector<std::string> KeyFileWarnings(const Keys& keys);

}  // namespace stile

#endif  // STILE_SERVICE_BOOT_H_
