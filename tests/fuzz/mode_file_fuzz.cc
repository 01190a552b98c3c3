// Mode files. One is refused with its line and a sentence, or its orders are within their bounds.

#include <chrono>
#include <string_view>

#include "service/mode_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {

void FuzzModeFile(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const auto orders = ParseModeFile(text);
  if (!orders.has_value()) {
    Reach("refused file");
    STILE_REQUIRE(orders.error().starts_with("line ") && orders.error().size() < 200);
    return;
  }
  STILE_REQUIRE(text.size() <= kMaxModeFile && orders->size() <= kMaxModeFileOrders);
  if (orders->empty()) Reach("no order");
  for (const ModeFileOrder& order : *orders) {
    STILE_REQUIRE(order.site.size() <= ModeOrder::kMaxName);
    STILE_REQUIRE(order.rule.size() <= ModeOrder::kMaxName);
    STILE_REQUIRE(!order.until || !order.period);
    STILE_REQUIRE(order.mode || (!order.until && !order.period));
    STILE_REQUIRE(!order.period || (*order.period >= std::chrono::seconds{1} &&
                                    *order.period <= ModeOrder::kLongest));
    if (order.until || order.period) Reach("order with a limit");
    Reach(order.rule.empty() ? "order for all" : "order for a rule");
  }
}

}  // namespace stile
