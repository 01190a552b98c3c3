#include "tool/keygen.h"

#include <bitset>
#include <cstdio>

#include "challenge/key_file.h"
#include "service/engine_loader.h"
#include "service/keys.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

// The smallest id that the deployment's key file doesn't use; 1 where there is none to read.
int FreeId(const std::string& config_path, UnixMillis now) {
  const LoadedConfig loaded = LoadConfig(config_path);
  if (!loaded.config_errors.empty()) return 1;
  const auto keys = LoadKeys(loaded.config, now);
  if (!keys) return 1;
  std::bitset<256> used;
  for (const MasterKey& master : keys->masters) used.set(master.id);
  for (int id = 1; id < 256; ++id) {
    if (!used.test(static_cast<std::size_t>(id))) return id;
  }
  return 0;
}

}  // namespace

int RunKeygen(const KeygenOptions& options) {
  const UnixMillis now = WallClock();
  const int id = options.id != 0 ? options.id : FreeId(options.config, now);
  if (id == 0) {
    std::fputs("stile keygen: every id from 1 to 255 is used: remove an old key first\n", stderr);
    return 1;
  }
  const std::string entry = FormatNewKey(static_cast<std::uint8_t>(id), now);
  if (entry.empty()) {
    std::fputs("stile keygen: the system gives no randomness\n", stderr);
    return 1;
  }
  std::fputs(entry.c_str(), stdout);
  return 0;
}

}  // namespace stile
