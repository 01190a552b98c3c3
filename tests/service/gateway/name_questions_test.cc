#include "service/name_questions.h"

#include <poll.h>

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace stile {
namespace {

NameQuestion Question(std::uint64_t agent) { return {IpAddress::V4({192, 0, 2, 1}), agent}; }

bool IsReadable(const NameQuestions& questions) {
  pollfd polled = {questions.descriptor(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

TEST(NameQuestions, AreTakenInTheirOrder) {
  NameQuestions questions;
  for (std::uint64_t i = 0; i < 3; ++i) questions.Put(Question(i));
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(questions.Take()->agent, i);
  EXPECT_FALSE(questions.Take());
}

TEST(NameQuestions, FirstOneWakesAndTheRestDoNot) {
  NameQuestions questions;
  EXPECT_FALSE(IsReadable(questions));
  questions.Put(Question(1));
  EXPECT_TRUE(IsReadable(questions));
  questions.Heed();
  questions.Put(Question(2));
  EXPECT_FALSE(IsReadable(questions));
  while (questions.Take()) {
  }
  questions.Put(Question(3));
  EXPECT_TRUE(IsReadable(questions));
}

TEST(NameQuestions, WhatDoesNotFitIsDroppedAndCounted) {
  NameQuestions questions;
  for (std::size_t i = 0; i < NameQuestions::kRoom + 5; ++i) questions.Put(Question(i));
  EXPECT_EQ(questions.totals().dropped.load(), 5U);
  std::size_t taken = 0;
  while (questions.Take()) ++taken;
  EXPECT_EQ(taken, NameQuestions::kRoom);
  questions.Put(Question(1));
  EXPECT_EQ(questions.totals().dropped.load(), 5U);
}

TEST(NameQuestions, NoneIsLostUncountedBetweenThreads) {
  NameQuestions questions;
  constexpr std::size_t kEach = 20'000;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] {
      for (std::size_t n = 0; n < kEach; ++n) questions.Put(Question(n));
    });
  }
  std::size_t taken = 0;
  const auto all = [&] { return taken + questions.totals().dropped.load() == 3 * kEach; };
  while (!all()) {
    while (questions.Take()) ++taken;
    std::this_thread::yield();
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(all());
}

}  // namespace
}  // namespace stile
