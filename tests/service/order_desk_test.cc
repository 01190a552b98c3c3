#include "service/order_desk.h"

#include <chrono>
#include <future>
#include <new>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

PlainReply Reply(std::string body) { return {200, "text/plain", std::move(body)}; }

TEST(OrderDeskTest, OrderIsCarriedOutByWhoeverServes) {
  std::promise<void> woken;
  OrderDesk desk([&woken] { woken.set_value(); });
  std::thread::id carried_out_by;
  auto asked = std::async(std::launch::async, [&] {
    return desk.Ask(
        [&] {
          carried_out_by = std::this_thread::get_id();
          return Reply("done");
        },
        minutes{1});
  });
  woken.get_future().wait();
  desk.Serve();
  const std::optional<PlainReply> reply = asked.get();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "done");
  EXPECT_EQ(carried_out_by, std::this_thread::get_id());
}

TEST(OrderDeskTest, OrderThatTookTooLongIsNeverBegun) {
  OrderDesk desk([] {});
  bool begun = false;
  EXPECT_FALSE(desk.Ask(
      [&begun] {
        begun = true;
        return Reply("");
      },
      milliseconds{1}));
  desk.Serve();
  EXPECT_FALSE(begun);
}

TEST(OrderDeskTest, OrderThatFindsNoMemoryIsTurnedAwayAndTheNextIsCarriedOut) {
  OrderDesk desk([] {});
  std::promise<void> first_waits;
  auto first = std::async(std::launch::async, [&] {
    return desk.Ask(
        [&]() -> PlainReply {
          first_waits.set_value();
          throw std::bad_alloc();
        },
        minutes{1});
  });
  auto waits = first_waits.get_future();
  while (waits.wait_for(milliseconds{1}) != std::future_status::ready) desk.Serve();
  desk.Serve();
  EXPECT_FALSE(first.get());
  auto second = std::async(std::launch::async,
                           [&] { return desk.Ask([] { return Reply("done"); }, minutes{1}); });
  while (second.wait_for(milliseconds{1}) != std::future_status::ready) desk.Serve();
  EXPECT_TRUE(second.get());
}

TEST(OrderDeskTest, ClosedDeskTurnsAwayWhoWaitsAndWhoComes) {
  std::promise<void> woken;
  OrderDesk desk([&woken] { woken.set_value(); });
  auto asked = std::async(std::launch::async,
                          [&] { return desk.Ask([] { return Reply(""); }, minutes{1}); });
  woken.get_future().wait();
  desk.Close();
  EXPECT_FALSE(asked.get());
  EXPECT_FALSE(desk.Ask([] { return Reply(""); }, minutes{1}));
}

}  // namespace
}  // namespace stile
