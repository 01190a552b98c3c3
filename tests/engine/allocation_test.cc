#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "challenge/context.h"
#include "tests/engine/door.h"

namespace {

// Allocations of this thread, whoever made them.
thread_local std::size_t allocations = 0;

void* Allocate(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void* AllocateAligned(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void* operator new(std::size_t size, std::align_val_t align) {
  return AllocateAligned(size, align);
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return AllocateAligned(size, align);
}
// A sanitizer brings these of its own, which must not be mixed with ours.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
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

using fixture::Door;

// Decides and answers once, and returns how much was allocated meanwhile.
std::size_t AllocationsOf(Door& door, const Request& request, std::string_view body, int status) {
  Answer answer;
  const std::size_t before = allocations;
  const Engine& engine = door.slot().Enter(door.worker());
  const Decision decision = engine.Decide(request, door.now, door.worker());
  engine.Respond(request, decision, body, door.now, door.worker(), answer);
  const std::size_t after = allocations;
  EXPECT_EQ(answer.status, status) << request.target;
  return after - before;
}

TEST(Allocation, IsCounted) {
  const std::size_t before = allocations;
  // Kept alive past the optimizer.
  std::string* volatile text = new std::string(100, 'a');
  delete text;
  EXPECT_GE(allocations - before, 2u);
}

TEST(Allocation, HappensInNoDecisionOrAnswer) {
  Door door;
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/docs"), {}, 403), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Fetch("/api"), {}, 403), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/private/x"), {}, 403), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/free/x"), {}, 0), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/.stile/challenge"), {}, 200), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Fetch("/.stile/challenge"), {}, 200), 0u);
  EXPECT_EQ(AllocationsOf(door, fixture::Fetch("/.stile/none"), {}, 404), 0u);
}

TEST(Allocation, HappensInNeitherHop) {
  Door door;
  for (const char* target : {"/docs", "/private/x", "/free/x"}) {
    const Request request = fixture::Navigate(target);
    Answer answer;
    const std::size_t before = allocations;
    const Engine& engine = door.slot().Enter(door.worker());
    const Decision decision = engine.Decide(request, door.now, door.worker());
    const std::string_view context = engine.SealHop(request, decision, door.now, door.worker());
    char carried[Context::kMaxTextSize];
    const std::size_t size = context.copy(carried, sizeof(carried));
    engine.RespondToHop(request, {carried, size}, door.now, door.worker(), answer);
    EXPECT_EQ(allocations - before, 0u) << target;
    EXPECT_EQ(answer.status, 403);
  }
}

TEST(Allocation, HappensInNoRedemption) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  const std::string good = "challenge=" + challenge + "&solution=" + fixture::Solve(challenge);
  const std::string early = "challenge=" + challenge + "&solution=" + fixture::WaitSolution();
  const Request form = fixture::RedeemWith(fixture::kForm);
  EXPECT_EQ(AllocationsOf(door, form, early, 403), 0u);
  EXPECT_EQ(AllocationsOf(door, form, good, 303), 0u);
  EXPECT_EQ(AllocationsOf(door, form, good, 303), 0u);  // A repeat.
  EXPECT_EQ(AllocationsOf(door, form, "challenge=x&solution=y", 403), 0u);
  EXPECT_EQ(AllocationsOf(door, form, "nonsense", 400), 0u);
}

TEST(Allocation, HappensInNoCheckOfAClearance) {
  Door door;
  const std::string cookie = "a=1; __Host-stile=" + fixture::Seal(fixture::Earned());
  Request request = fixture::Navigate("/docs");
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(AllocationsOf(door, request, {}, 0), 0u);
  std::string stripped(cookie.size(), ' ');
  const std::size_t before = allocations;
  const std::size_t length = door.engine().StripClearance(cookie, 0, stripped);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(length, 3u);
}

TEST(Allocation, HappensInNoRenewal) {
  Door door;
  const std::string cookie = "__Host-stile=" + fixture::Seal(fixture::Earned());
  Request request = fixture::Navigate("/docs");
  request.cookies[request.cookie_count++] = cookie;
  const Engine& engine = door.engine();
  const Decision decision = engine.Decide(request, door.now, door.worker());
  const std::size_t before = allocations;
  const std::string_view renewal = engine.Renew(request, decision, door.now, door.worker());
  const std::size_t after = allocations;
  EXPECT_FALSE(renewal.empty());
  EXPECT_EQ(after - before, 0u);
}

TEST(Allocation, HappensInNoRequestThatMeetsANewEngine) {
  Door door;
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/docs"), {}, 403), 0u);
  door.slot().Publish(fixture::MakeEngine());
  EXPECT_EQ(AllocationsOf(door, fixture::Navigate("/docs"), {}, 403), 0u);
}

}  // namespace
}  // namespace stile
