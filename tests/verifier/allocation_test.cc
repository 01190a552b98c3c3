#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "challenge/unix_millis.h"
#include "tests/verifier/site_fixture.h"
#include "verifier/gate.h"
#include "verifier/redeemer.h"

namespace {

thread_local long allocations = 0;

void* Allocate(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}

void* Allocate(std::size_t size, std::align_val_t alignment) noexcept {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return OrThrow(Allocate(size)); }
void* operator new[](std::size_t size) { return OrThrow(Allocate(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new(std::size_t size, std::align_val_t at) { return OrThrow(Allocate(size, at)); }
void* operator new[](std::size_t size, std::align_val_t at) { return OrThrow(Allocate(size, at)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace stile {
namespace {

using fixture::Earned;
using fixture::FlipTag;
using fixture::Get;
using fixture::Issue;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Seal;
using fixture::Visitor;

TEST(AllocationTest, CounterCounts) {
  const long before = allocations;
  const std::vector<int> something(100);
  EXPECT_EQ(allocations - before, 1);
  struct alignas(64) Line {
    char bytes[64];
  };
  const std::vector<Line> lines(3);
  EXPECT_EQ(allocations - before, 2);
}

Gate ChargingGate() {
  return {ClearanceCheck(Keys(), std::string(kCookieName)), Policy::Minimal(), GateMode::kEnforce,
          nullptr, *Budgets::Create({})};
}

TEST(AllocationTest, DecidingAllocatesNothing) {
  const Gate gate = ChargingGate();
  Clearance expired = Earned();
  expired.expires_at = kNowSeconds - 1;
  const std::string other = "a=1; " + std::string(200, 'b') + "=2; " + std::string(kCookieName);
  const std::vector<std::pair<std::string, Verdict>> cookies = {
      {other + "=" + Seal(Earned()), Verdict::kValid},
      {other + "=" + FlipTag(Seal(Earned())), Verdict::kForged},
      {other + "=" + Seal(expired), Verdict::kExpired},
      {other + "=x", Verdict::kMalformed},
      {other, Verdict::kAbsent}};
  for (const auto& [cookie, verdict] : cookies) {
    const std::vector<std::string> fields{cookie};
    for (const std::string_view method : {"GET", "POST"}) {
      Request request = Get("/some/../page%41?q=1", fields);
      request.method = method;
      const long before = allocations;
      const Decision decision = gate.Decide(request, kNow);
      EXPECT_EQ(allocations - before, 0) << VerdictName(verdict);
      EXPECT_EQ(decision.verdict, verdict);
    }
  }
}

TEST(AllocationTest, DecidingManyAllocatesNothing) {
  const Gate gate = ChargingGate();
  const std::vector<std::string> valid{std::string(kCookieName) + "=" + Seal(Earned())};
  const std::vector<std::string> two{valid[0] + "; " + valid[0]};
  std::vector<Request> requests(40, Get("/", valid));
  requests[7] = Get("/", two);
  std::vector<Decision> decisions(requests.size());
  const long before = allocations;
  gate.DecideAll(requests, kNow, decisions);
  EXPECT_EQ(allocations - before, 0);
  for (const Decision& decision : decisions) EXPECT_EQ(decision.verdict, Verdict::kValid);
}

TEST(AllocationTest, RedeemingAllocatesNothing) {
  const Redeemer redeemer(Keys(), fixture::Tables());
  const std::string challenge = Issue();
  const std::string waited = Issue();
  const std::string forged =
      fixture::Patched(challenge, nullptr, [](std::vector<std::uint8_t>& b) { b.back() ^= 1; });
  const std::string solution = fixture::Solve(challenge);
  const std::string bad = fixture::SolveBadly(challenge, 0);
  const std::string wait = fixture::WaitSolution();
  SealedChallenge scratch;
  const auto count = [&](std::string_view text, std::string_view answer, Verdict verdict) {
    const UnixMillis now = kNow + std::chrono::seconds{10};
    const long before = allocations;
    const Redemption redemption = redeemer.Redeem(text, answer, Visitor(), now, scratch);
    EXPECT_EQ(allocations - before, 0) << VerdictName(verdict);
    EXPECT_EQ(redemption.verdict, verdict);
  };
  count(challenge, bad, Verdict::kUnsolved);
  count(challenge, solution, Verdict::kValid);
  count(challenge, solution, Verdict::kValid);
  count(waited, wait, Verdict::kValid);
  for (int i = 0; i < 9; ++i) count(Issue(), wait, Verdict::kValid);
  const std::string limited = Issue();
  count(limited, wait, Verdict::kLimited);
  count(forged, solution, Verdict::kForged);
  count("", solution, Verdict::kAbsent);
}

}  // namespace
}  // namespace stile
