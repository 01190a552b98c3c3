// What becomes of events of a loop that find no memory: they end, one by one.
#include "service/memory_refusals.h"

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <new>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "service/handler_memory.h"
#include "service/reactor.h"
#include "service/stream_socket.h"
#include "service/timer_wheel.h"

namespace stile {
namespace {

constexpr int kPatience = 10'000;  // Milliseconds.

// How many refusals in a loop are noted while `act` runs.
template <typename Act>
std::uint64_t Noted(Act act) {
  const std::uint64_t before = MemoryRefusals(MemoryPlace::kLoop);
  act();
  return MemoryRefusals(MemoryPlace::kLoop) - before;
}

// A socket of the reactor, and its other end.
class Line {
 public:
  explicit Line(Reactor& reactor) : socket(reactor) {
    int pair[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    SocketError error;
    socket.assign(pair[0], error);
    EXPECT_FALSE(error);
    peer = pair[1];
    EXPECT_EQ(send(peer, "x", 1, 0), 1);
  }
  ~Line() { close(peer); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  StreamSocket socket;
  HandlerMemory memory;
  int peer = -1;
};

TEST(MemoryRefusals, TaskWithoutMemoryEndsAloneAndTheOthersRun) {
  Reactor reactor;
  std::vector<int> ran;
  reactor.Post([&] { ran.push_back(1); });
  reactor.Post([] { throw std::bad_alloc(); });
  reactor.Post([&] { ran.push_back(3); });
  EXPECT_EQ(Noted([&] { reactor.RunOwed(); }), 1U);
  EXPECT_EQ(ran, (std::vector<int>{1, 3}));
}

TEST(MemoryRefusals, ReadThatFindsNoRoomEndsWithAnError) {
  Reactor reactor;
  Line line(reactor);
  SocketError error;
  int done = 0;
  ReadSome(
      line.socket, []() -> std::span<char> { throw std::bad_alloc(); }, line.memory,
      [&](const SocketError& failure, std::size_t) {
        error = failure;
        ++done;
      });
  EXPECT_EQ(Noted([&] {
              reactor.Wait(kPatience);
              reactor.RunOwed();
            }),
            1U);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(error, boost::asio::error::no_memory);
}

TEST(MemoryRefusals, SocketsAreServedBesideOneWhoseHandlerFindsNoMemory) {
  Reactor reactor;
  Line first(reactor);
  Line second(reactor);
  char room[1];
  int served = 0;
  const auto fails = [&](const SocketError&, std::size_t) {
    ++served;
    throw std::bad_alloc();
  };
  ReadSome(first.socket, std::span<char>(room), first.memory, fails);
  ReadSome(second.socket, std::span<char>(room), second.memory, fails);
  EXPECT_EQ(Noted([&] {
              reactor.Wait(kPatience);
              reactor.Wait(0);
            }),
            2U);
  EXPECT_EQ(served, 2);
}

TEST(MemoryRefusals, ManySocketsThatCloseAtOnceEndTheirOperationsInTheNextTurn) {
  Reactor reactor;
  std::vector<std::unique_ptr<Line>> lines;
  char room[1];
  int aborted = 0;
  for (int i = 0; i < 200; ++i) {
    lines.push_back(std::make_unique<Line>(reactor));
    ReadSome(lines.back()->socket, std::span<char>(room), lines.back()->memory,
             [&](const SocketError& error, std::size_t) {
               if (error == boost::asio::error::operation_aborted) ++aborted;
             });
  }
  SocketError ignored;
  for (const auto& line : lines) line->socket.close(ignored);
  EXPECT_EQ(aborted, 0);
  reactor.RunOwed();
  EXPECT_EQ(aborted, 200);
  reactor.Wait(0);
}

class Due final : public TimerWheel::Node {
 public:
  explicit Due(std::function<void()> act) : act_(std::move(act)) {}
  void OnDeadline() override { act_(); }

 private:
  std::function<void()> act_;
};

TEST(MemoryRefusals, DeadlineWithoutMemoryEndsAloneAndThoseBehindItAreMet) {
  const Instant start = CoarseNow();
  TimerWheel wheel(start);
  int met = 0;
  Due first([] { throw std::bad_alloc(); });
  Due second([&] { ++met; });
  wheel.Arm(first, start + TimerWheel::kTick);
  wheel.Arm(second, start + TimerWheel::kTick);
  EXPECT_EQ(Noted([&] { wheel.Advance(start + 4 * TimerWheel::kTick); }), 1U);
  EXPECT_EQ(met, 1);
  EXPECT_TRUE(wheel.empty());
}

TEST(MemoryRefusals, WhoeverAsksIsToldOfEachButThoseOfTheMainThread) {
  int told = 0;
  const std::function<void()> hearer = [&] { ++told; };
  OnMemoryRefusal(&hearer);
  NoteMemoryRefusal(MemoryPlace::kLoop);
  NoteMemoryRefusal(MemoryPlace::kOperator);
  NoteMemoryRefusal(MemoryPlace::kMain);
  OnMemoryRefusal(nullptr);
  NoteMemoryRefusal(MemoryPlace::kLoop);
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace stile
