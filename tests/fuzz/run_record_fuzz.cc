// What a process wrote about its run: what is read is written the same, and what follows from it
// stays within its limits. The checksum is mended first, or hardly an input would get past it.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "challenge/sha256.h"
#include "service/run_record.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/policy/hex_digest.h"

namespace stile {
namespace {

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

void CheckRecord(std::string_view text) {
  const auto record = ParseRun(text);
  if (!record.ok()) return Reach("damaged record");
  STILE_REQUIRE(FormatRun(*record) == text || ParseRun(FormatRun(*record)).value() == *record);
  const AdmissionConfig config;
  const RunRecord next = NextRun(*record, false, ProcessName{7, 8}, record->digest, kNow, config);
  STILE_REQUIRE(next.crashes.size() <= RunRecord::kMaxCrashes);
  STILE_REQUIRE(next.pinned_until <= kNow + config.pin_for);
  STILE_REQUIRE(ParseRun(FormatRun(next)).value() == next);
  Reach(next.IsPinned(kNow) ? "pinned run" : "free run");
}

}  // namespace

void FuzzRunRecord(FuzzInput input) {
  const std::string_view text = TextOf(input);
  CheckRecord(text);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  const std::string_view body = text.substr(end + 1);
  const auto bytes = std::span(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
  CheckRecord("stile-run 1 " + HexOf(Sha256(bytes)) + "\n" + std::string(body));
}

}  // namespace stile
