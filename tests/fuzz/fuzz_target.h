#ifndef STILE_TESTS_FUZZ_FUZZ_TARGET_H_
#define STILE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

// One target: reads any bytes and ends the process if a property of the parser behind it doesn't
// hold. libFuzzer drives it in the fuzz preset, corpus_replay.cc in every other.
using FuzzInput = std::span<const std::uint8_t>;

void FuzzRequestHead(FuzzInput input);
void FuzzHeadBeast(FuzzInput input);
void FuzzToken(FuzzInput input);
void FuzzReference(FuzzInput input);
void FuzzCookie(FuzzInput input);
void FuzzRedeemBody(FuzzInput input);
void FuzzSiteverify(FuzzInput input);
void FuzzBudgetMessage(FuzzInput input);
void FuzzRunRecord(FuzzInput input);
void FuzzConfig(FuzzInput input);
void FuzzKeys(FuzzInput input);
void FuzzPolicy(FuzzInput input);
void FuzzProxyHeader(FuzzInput input);
void FuzzRangeList(FuzzInput input);
void FuzzLogLine(FuzzInput input);
void FuzzAnubisPolicy(FuzzInput input);
void FuzzHandover(FuzzInput input);
void FuzzHashwx(FuzzInput input);
void FuzzCheckRequest(FuzzInput input);
void FuzzGrpcSession(FuzzInput input);
void FuzzModeFile(FuzzInput input);
void FuzzModeRecord(FuzzInput input);
void FuzzSourceBundle(FuzzInput input);
void FuzzEmbeddedRequest(FuzzInput input);
void FuzzSpop(FuzzInput input);
void FuzzHashwxModule(FuzzInput input);

struct FuzzTarget {
  std::string_view name;  // Also of the folder in corpus/.
  void (*run)(FuzzInput);
  // What the named corpus alone must reach, so that it can't silently lose its depth.
  std::span<const std::string_view> milestones;
};
std::span<const FuzzTarget> FuzzTargets();

// Notes that an input came as far as `milestone`, one of the target's.
void Reach(std::string_view milestone);
bool IsReached(std::string_view milestone);

// Ends the process, and says what and where, unless `holds`.
void Require(bool holds, const char* property, int line);
#define STILE_REQUIRE(condition) ::stile::Require((condition), #condition, __LINE__)

inline std::string_view TextOf(FuzzInput input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// A number that depends on every byte of `input`: for choices inside a target, such as where to
// split.
std::uint64_t HashOf(FuzzInput input);

}  // namespace stile

#endif  // STILE_TESTS_FUZZ_FUZZ_TARGET_H_
