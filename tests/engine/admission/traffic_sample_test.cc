#include "engine/admission/traffic_sample.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::kNow;
using fixture::Navigate;

Decision Passed() {
  Decision decision;
  decision.action = Action::kAllow;
  return decision;
}
Decision Cleared() {
  Decision decision = Passed();
  decision.rank_held = 2;
  decision.finding.clearance.rank = 2;
  return decision;
}
Decision Challenged() {
  Decision decision;
  decision.action = Action::kChallenge;
  return decision;
}

// Puts `count` such requests before the samples.
void Meet(TrafficSample& samples, const Request& request, const Decision& decision,
          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (samples.IsDue(decision)) samples.Take(request, decision, 0);
  }
}

std::vector<RequestSample> All(const TrafficSample& samples) {
  std::vector<RequestSample> all;
  samples.AppendTo(all);
  return all;
}

TEST(TrafficSample, KeepsWhatAPolicyLooksAt) {
  const auto samples = std::make_unique<TrafficSample>();
  Request request = Navigate("/a?b=c");
  const RequestField fields[] = {{"Cookie", "s=secret"},
                                 {"Authorization", "secret"},
                                 {"X-Api-Key", "secret"},
                                 {"Accept-Encoding", "gzip"}};
  request.fields = fields;
  request.cookies[request.cookie_count++] = "s=secret";
  request.country = "NO";
  request.asn = 64'500;
  Meet(*samples, request, Cleared(), 1);
  const std::vector<RequestSample> all = All(*samples);
  ASSERT_EQ(all.size(), 1u);
  RequestSample::FieldRoom room;
  const Request kept = all[0].View(room);
  EXPECT_EQ(kept.method, "GET");
  EXPECT_EQ(kept.target, "/a?b=c");
  EXPECT_EQ(kept.host, "example.org");
  EXPECT_EQ(kept.user_agent, fixture::kBrowser);
  EXPECT_EQ(kept.accept, fixture::kHtml);
  EXPECT_EQ(kept.country, "NO");
  EXPECT_EQ(kept.asn, 64'500u);
  EXPECT_EQ(kept.address, request.address);
  EXPECT_TRUE(kept.https);
  EXPECT_EQ(all[0].standing().rank, 2);
  EXPECT_EQ(kept.cookie_count, 0u);
  bool has_encoding = false;
  for (const RequestField& field : kept.fields) {
    EXPECT_EQ(field.value.find("secret"), std::string_view::npos) << field.name;
    has_encoding = has_encoding || field.name == "Accept-Encoding";
  }
  EXPECT_TRUE(has_encoding);
}

TEST(TrafficSample, KeepsIPv6AndUnknownAddresses) {
  RequestSample sample;
  RequestSample::FieldRoom room;
  Request request = Navigate("/");
  for (const char* address : {"2001:db8::7", "192.0.2.200"}) {
    request.address = fixture::Address(address);
    ASSERT_TRUE(sample.Take(request, {}, 0));
    EXPECT_EQ(sample.View(room).address, request.address);
  }
  request.address.reset();
  ASSERT_TRUE(sample.Take(request, {}, 0));
  EXPECT_FALSE(sample.View(room).address.has_value());
}

TEST(TrafficSample, LeavesOutWhatDoesNotFit) {
  const auto samples = std::make_unique<TrafficSample>();
  const std::string longer(RequestSample::kMaxText, 'a');
  Meet(*samples, Navigate("/" + longer), Cleared(), 3);
  EXPECT_TRUE(All(*samples).empty());
}

TEST(TrafficSample, TakesEachUntilItsPlaceIsFullAndThenOneInMany) {
  const auto samples = std::make_unique<TrafficSample>();
  Meet(*samples, Navigate("/old"), Cleared(), TrafficSample::kPlaces[0]);
  EXPECT_EQ(All(*samples).size(), TrafficSample::kPlaces[0]);
  Meet(*samples, Navigate("/new"), Cleared(), 10 * TrafficSample::kEvery);
  std::size_t fresh = 0;
  RequestSample::FieldRoom room;
  for (const RequestSample& sample : All(*samples)) {
    fresh += sample.View(room).target == "/new" ? 1 : 0;
  }
  EXPECT_EQ(fresh, 10u);
  EXPECT_EQ(All(*samples).size(), TrafficSample::kPlaces[0]);
}

TEST(TrafficSample, AFloodOfOneKindKeepsTheOthers) {
  const auto samples = std::make_unique<TrafficSample>();
  Meet(*samples, Navigate("/cleared"), Cleared(), 5);
  Meet(*samples, Navigate("/passed"), Passed(), 5);
  Meet(*samples, Navigate("/flood"), Challenged(), 100'000);
  EXPECT_EQ(All(*samples).size(), 10u + TrafficSample::kPlaces[2]);
}

TEST(TrafficSample, TakesNothingOfStilesOwnEndpoints) {
  fixture::Door door;
  (void)door.Decide(Navigate("/.stile/challenge"));
  EXPECT_TRUE(All(door.worker().samples()).empty());
  (void)door.Decide(Navigate("/"));
  EXPECT_EQ(All(door.worker().samples()).size(), 1u);
}

TEST(TrafficSample, MayBeReadWhileItIsWritten) {
  const auto samples = std::make_unique<TrafficSample>();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    const std::string texts[] = {std::string(200, 'a'), std::string(300, 'b')};
    for (std::size_t i = 0; i < 200'000; ++i) {
      Request request;
      request.method = "GET";
      request.target = texts[i % 2];
      request.host = texts[i % 2];
      samples->Take(request, Challenged(), 0);
    }
    done.store(true);
  });
  std::size_t torn = 0;
  std::vector<RequestSample> all;
  while (!done.load()) {
    all.clear();
    samples->AppendTo(all);
    RequestSample::FieldRoom room;
    for (const RequestSample& sample : all) {
      const Request request = sample.View(room);
      const bool whole =
          request.target == request.host &&
          request.target.find_first_not_of(request.target.front()) == std::string_view::npos;
      torn += whole ? 0 : 1;
    }
  }
  writer.join();
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(All(*samples).size(), TrafficSample::kPlaces[2]);
}

}  // namespace
}  // namespace stile
