#include "challenge/puzzle/part_order.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "tests/challenge/order_secret.h"

namespace stile {
namespace {

TEST(PartOrder, IsThatOfItsSecret) {
  EXPECT_EQ(PartOrder::Of(SecretOf(0, 0), 16), (PartOrder{0, 1}));
  EXPECT_EQ(PartOrder::Of(SecretOf(5, 2), 16), (PartOrder{5, 3}));
  EXPECT_EQ(PartOrder::Of(SecretOf(16 * 7 + 9, 16 * 7 + 14), 16), (PartOrder{9, 15}));
  EXPECT_EQ(PartOrder::Of(SecretOf(0, 1), 16), (PartOrder{0, 3}));     // 2 has a divisor in common.
  EXPECT_EQ(PartOrder::Of(SecretOf(15, 15), 16), (PartOrder{15, 1}));  // 16 has too; 17 goes round.
  EXPECT_EQ(PartOrder::Of(SecretOf(~std::uint64_t{0}, std::uint64_t{1} << 32), 10),
            (PartOrder{5, 7}));
  EXPECT_EQ(PartOrder::Of(SecretOf(1, 1), 1), (PartOrder{0, 0}));
}

TEST(PartOrder, MeetsEveryPartOnceWhateverTheSecret) {
  for (std::uint32_t parts = 1; parts <= 64; ++parts) {
    std::set<std::uint32_t> starts;
    std::set<std::uint32_t> strides;
    for (std::uint64_t number = 0; number < parts; ++number) {
      const auto order = PartOrder::Of(SecretOf(number, number), parts);
      starts.insert(order.start);
      strides.insert(order.stride);
      std::set<std::uint32_t> met;
      for (std::uint32_t i = 0; i < parts; ++i) {
        met.insert((order.start + i * order.stride) % parts);
      }
      std::uint32_t part = order.start;
      for (std::uint32_t i = 0; i < parts; ++i) {
        EXPECT_EQ(part, (order.start + i * order.stride) % parts);
        part = order.Next(part, parts);
      }
      EXPECT_EQ(met.size(), parts) << number;
    }
    EXPECT_EQ(starts.size(), parts);
    // All that there are.
    std::size_t coprime = 0;
    for (std::uint32_t i = 0; i < parts; ++i) coprime += std::gcd(i, parts) == 1 ? 1 : 0;
    EXPECT_EQ(strides.size(), coprime) << parts;
  }
}

}  // namespace
}  // namespace stile
