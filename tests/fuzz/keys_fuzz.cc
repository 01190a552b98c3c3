// Key files. They are accepted, or every mistake has a place and a sentence; no message repeats
// what could be a secret; what is accepted makes a ring or says why not.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "challenge/key_file.h"
#include "challenge/key_ring.h"
#include "tests/fuzz/error_property.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

// True if `message` repeats 24 characters of a secret's alphabet in a row from `text`.
bool Repeats(std::string_view message, std::string_view text) {
  constexpr std::size_t kRun = 24;
  const auto in_secret = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  };
  for (std::size_t i = 0; i + kRun <= message.size(); ++i) {
    const std::string_view run = message.substr(i, kRun);
    if (std::all_of(run.begin(), run.end(), in_secret) && text.find(run) != text.npos) return true;
  }
  return false;
}

}  // namespace

void FuzzKeys(FuzzInput input) {
  const std::string_view text = TextOf(input);
  auto masters = ParseKeyFile(text, "keys.toml");
  if (!masters.has_value()) {
    Reach("refused keys");
    RequireGoodErrors(masters.error(), "keys.toml");
    for (const Error& error : masters.error()) STILE_REQUIRE(!Repeats(error.message, text));
    return;
  }
  Reach("valid keys");
  STILE_REQUIRE(text.size() <= 64 * 1024);
  for (const MasterKey& master : *masters) {
    STILE_REQUIRE(master.id != 0 && master.secret.size() >= KeyRing::kMinSecret &&
                  master.secret.size() <= KeyRing::kMaxSecret);
  }
  const std::size_t count = masters->size();
  const auto ring = KeyRing::Create(std::move(*masters), UnixMillis::FromSeconds(1'800'000'000),
                                    std::chrono::hours{24});
  if (!ring.has_value()) {
    RequireGoodErrors(ring.error(), "");
    return;
  }
  Reach("ring");
  STILE_REQUIRE(ring->Validities().size() == count && ring->Fingerprints().size() == count);
}

}  // namespace stile
