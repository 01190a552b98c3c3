// Records of orders about modes: the input as it is, and as the rest of a record whose checksum is
// right, which a mutation would hardly ever be. One is damaged, or says again what it says when it
// is written anew; and no order of it outlasts what was left.

#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "service/clearance_id_text.h"
#include "service/mode_record.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

void Judge(std::string_view text) {
  const auto record = ParseModeRecord(text);
  if (!record.ok()) {
    Reach("damaged record");
    return;
  }
  Reach("whole record");
  if (record->file) Reach("taken file");
  const auto again = ParseModeRecord(FormatModeRecord(*record));
  STILE_REQUIRE(again.ok() && again->orders == record->orders && again->file == record->file);
  const UnixMillis now = UnixMillis::FromSeconds(1'790'000'000);
  const BootClock::time_point boot_now{std::chrono::hours{1}};
  for (const ModeOverride& order : OrdersThatHold(*record, now, "", boot_now)) {
    Reach("order that holds");
    if (!order.ends) continue;
    STILE_REQUIRE(*order.ends > boot_now && *order.until > now);
    STILE_REQUIRE(*order.until - now <= *order.ends - boot_now);
  }
}

}  // namespace

void FuzzModeRecord(FuzzInput input) {
  const std::string_view text = TextOf(input);
  Judge(text);
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(input.data(), input.size(), digest.data());
  Judge("stile-modes 1 " + HexText(digest) + "\n" + std::string(text));
}

}  // namespace stile
