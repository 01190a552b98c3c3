#include "bench/flood/origin_model.h"

#include <gtest/gtest.h>

#include "bench/flood/dice.h"

namespace stile::bench {
namespace {

OriginModel::Options Small() { return {.capacity = 100, .latency = 0.05, .queue_seconds = 2}; }

TEST(OriginModelTest, WhatItCanBearIsServedAtOnce) {
  OriginModel origin(Small());
  origin.Serve(50, 1);
  EXPECT_EQ(origin.served(), 50);
  EXPECT_EQ(origin.failed(), 0);
  EXPECT_NEAR(origin.latency(), 0.1, 1e-9);
}

TEST(OriginModelTest, WhatFindsNoRoomFails) {
  OriginModel origin(Small());
  origin.Serve(400, 1);  // 100 are served, 200 wait.
  EXPECT_EQ(origin.served(), 100);
  EXPECT_EQ(origin.waiting(), 200);
  EXPECT_EQ(origin.failed(), 100);
  EXPECT_EQ(origin.error_share(), 0.25);
  EXPECT_GE(origin.latency(), 2);
}

TEST(OriginModelTest, EveryRequestIsServedWaitsOrFails) {
  OriginModel origin(Small());
  Dice dice(7);
  double offered = 0, served = 0, failed = 0;
  for (int i = 0; i < 1'000; ++i) {
    const double requests = dice.Uniform() * 60;
    origin.Serve(requests, 0.25);
    offered += requests;
    served += origin.served();
    failed += origin.failed();
  }
  EXPECT_GT(failed, 0);
  EXPECT_NEAR(offered, served + failed + origin.waiting(), 1e-6 * offered);
}

}  // namespace
}  // namespace stile::bench
